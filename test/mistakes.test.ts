/** Mistakes that people make: each gets one line that names the remedy, and nothing is on stdout. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { runTap, selecting, workFolder } from './support/tap.ts';

// Most of the time is spent waiting for processes.
t.jobs = 4;

const folder = workFolder();
t.teardown(() => folder.remove());

const secret_key = 'sk_test_4f9f0c2b';
const good = folder.file('good.json', { secret_key, api_url: 'http://127.0.0.1:1' });

interface Mistake {
  readonly args?: readonly string[];
  /** A config file with this in it. */
  readonly config?: unknown;
  readonly state?: unknown;
  readonly catalog?: unknown;
  readonly environment?: Readonly<Record<string, string>>;
  readonly code?: number;
  /** What the line says. */
  readonly says: RegExp;
}

const date = '2026-01-31T00:00:00.000Z';
const bookmarks = { transactions: { createdAt: date } };

const mistakes: Readonly<Record<string, Mistake>> = {
  'a flag that is mistyped': { args: ['--confg', good], code: 2, says: /no flag --confg; did you mean --config\?/ },
  'two flags that are mistyped': {
    args: ['--catlog=x', '-c', good],
    code: 2,
    says: /--catlog; did you mean --catalog\?/,
  },
  'a setting for a flag': {
    args: ['--start-date', '2024-01-01'],
    code: 2,
    says: /put "start_date" into the config file/,
  },
  'a file without its flag': { args: ['config.json'], code: 2, says: /--config config\.json/ },
  'a flag without its value': { args: ['--config'], code: 2, says: /following: config/ },
  'a word for the log that there is none of': { args: ['--log-format', 'yaml'], code: 2, says: /"text", "json"/ },
  'a config that is not there': { args: ['--config', 'conf.json'], says: /config file "conf\.json".*no such file/ },
  'the word for the environment in small letters': {
    args: ['--config', 'env'],
    says: /ENOENT\); for the .* write ENV$/m,
  },
  'a path that no file can have': {
    args: ['--config', 'c'.repeat(5000)],
    says: /cannot be read \(ENAMETOOLONG\); check/,
  },
  'a list for a config': { config: [], says: /must hold a JSON object, not a list/ },
  'a word for a config': { config: '"ENV"', says: /must hold a JSON object, not a single value/ },
  'a folder for a config': { args: ['--config', folder.path], says: /it is a folder/ },
  'no key at all': { config: {}, says: /secret_key is missing: set it, or TAP_PAYSTACK_SECRET_KEY/ },
  'no key in the environment': { args: ['--config', 'ENV'], says: /secret_key is missing/ },
  'the key under another name': { config: { api_key: secret_key }, says: /"api_key"; did you mean "secret_key"\?/ },
  'the key in another variable': {
    environment: { TAP_PAYSTACK_API_KEY: secret_key },
    says: /no variable TAP_PAYSTACK_API_KEY; did you mean "TAP_PAYSTACK_SECRET_KEY"\?/,
  },
  'the public key': { config: { secret_key: 'pk_test_1' }, says: /public key/ },
  'a key in quotes': { environment: { TAP_PAYSTACK_SECRET_KEY: `"${secret_key}"` }, says: /in quotes: remove them/ },
  'a key with a line break': { config: { secret_key: 'sk_test_4f9f\n0c2b' }, says: /line break/ },
  'the key of an example': { config: { secret_key: 'sk_live_xxxxxxxxxxxx' }, says: /example/ },
  'a date as people write it': { config: { secret_key, start_date: '31/12/2024' }, says: /"31\/12\/2024".*2024-01-31/ },
  'a start in the future': {
    config: { secret_key, start_date: '2999-01-01' },
    says: /"2999-01-01".*future|future.*2999/,
  },
  'an end before the start': {
    config: { secret_key, start_date: '2024-02-01', end_date: '2024-01-01' },
    says: /end_date is not after start_date/,
  },
  'a number that is none': {
    config: { secret_key, page_size: 'many' },
    says: /page_size must be .*1 to 1000, not "many"/,
  },
  'plain http': { config: { secret_key, api_url: 'http://api.paystack.co' }, says: /api_url must be an https URL/ },
  'a stream that is mistyped': {
    config: { secret_key, streams: ['custmers'] },
    says: /"custmers"; did you mean "customers"\?/,
  },
  'a flag with a stream of that kind': { args: ['-c', good, '--streams', 'transaction,-refund'], says: /did you mean/ },
  'no stream left': { args: ['-c', good, '--streams', 'refunds,-refunds'], says: /leaves no stream/ },
  'a comment in JSON': {
    config: '{\n  "secret_key": "x", // mine\n}',
    says: /line 2, column 22: JSON has no comments/,
  },
  'a comma too many': { config: '{\n  "secret_key": "x",\n}', says: /line 3, column 1: remove the comma/ },
  'a comma missing': {
    config: '{\n  "secret_key": "x"\n  "page_size": 3\n}',
    says: /line 3, column 3: is a comma missing/,
  },
  'single quotes': { config: "{'secret_key': 'x'}", says: /line 1, column 2: .*double quotes/ },
  'names without quotes': { config: '{secret_key: "x"}', says: /line 1, column 2: .*double quotes/ },
  'quotes of a text processor': { config: '{“secret_key”: “x”}', says: /double quotes/ },
  'a date without quotes': { config: '{"start_date": 2024-01-31}', says: /column 20: .*double quotes/ },
  'words of Python': { config: '{"activate_version": True}', says: /Python/ },
  'YAML for JSON': { config: 'secret_key: x\n', says: /YAML/ },
  'a .env file for JSON': { config: 'TAP_PAYSTACK_SECRET_KEY=x\n', says: /\.env file.*--config ENV/ },
  'half a file': { config: '{"secret_key": "x"', says: /ends too early/ },
  'a text that is not ended': { config: '{"secret_key": "x\n}', says: /not ended/ },
  'UTF-16': { config: Buffer.from('\uFEFF{"a": 1}', 'utf16le'), says: /UTF-8/ },
  'a catalog for a config': { config: selecting(['refunds']), says: /it is a catalog, not a config/ },
  'a state for a config': { config: { bookmarks }, says: /it is a state, not a config/ },
  'a config for a state': { state: { secret_key }, says: /it is a config, not a state/ },
  'an empty state': { state: '', says: /state file .*empty.*leave --state away/ },
  'all the states that a target printed': {
    state: `${JSON.stringify({ bookmarks })}\n${JSON.stringify({ bookmarks })}\n`,
    says: /2 states, one a line.*tail -n 1/,
  },
  'a state over several lines, cut': { state: '{"bookmarks":\n{}', says: /ends too early/ },
  'a whole STATE message': { state: { type: 'STATE', value: { bookmarks } }, says: /"value"/ },
  'a state in something': {
    state: { singer_state: { bookmarks } },
    says: /"singer_state\.bookmarks".*\{"bookmarks": \{"transactions"/,
  },
  'a state of the Meltano SDK': {
    state: { bookmarks: { transactions: { replication_key: 'createdAt', replication_key_value: date } } },
    says: /"transactions" has "replication_key".*must have "createdAt"/,
  },
  'a state of another tap': {
    state: { bookmarks: { users: { id: 1 } } },
    says: /of "users": is it the state of another tap\?/,
  },
  'a bookmark that is no date': { state: { bookmarks: { transactions: { createdAt: 'soon' } } }, says: /no date/ },
  'a config for a catalog': { catalog: { secret_key }, says: /no Singer catalog.*--discover/ },
  'a stream that there is none of': { catalog: selecting(['refundz']), says: /"refundz".*did you mean "refunds"\?/ },
  'HTTP debugging by Node': { args: ['-c', good], environment: { NODE_DEBUG: 'http' }, says: /NODE_DEBUG.*secret key/ },
};

let files = 0;

/** A file with what is to be in it, bytes and texts as they stand. */
function file(content: unknown): string {
  const path = join(folder.path, `input${files++}.json`);
  const isText = typeof content === 'string' || Buffer.isBuffer(content);
  writeFileSync(path, isText ? content : JSON.stringify(content), { mode: 0o600 });
  return path;
}

for (const [name, mistake] of Object.entries(mistakes)) {
  t.test(name, { buffered: true }, async (t) => {
    const { config, state, catalog, environment, code = 1, says } = mistake;
    const args = [...(mistake.args ?? [])];
    if (config !== undefined) args.push('--config', file(config));
    if (state !== undefined) args.push('--config', good, '--state', file(state));
    if (catalog !== undefined) args.push('--config', good, '--catalog', file(catalog));
    const run = await runTap(args, environment);
    t.equal(run.code, code, run.stderr);
    t.equal(run.stdout, '');
    t.match(run.stderr, says);
    const isTwo = name.endsWith('of that kind');
    t.equal(run.stderr.trimEnd().split('\n').length, isTwo ? 2 : 1, run.stderr);
    t.match(run.stderr, /^(?:CRITICAL [^\n]+\n)+$/);
    t.notMatch(run.stderr, /4f9f|: config file ".*": config file/);
  });
}
