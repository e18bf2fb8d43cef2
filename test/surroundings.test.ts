/** Where the tap is started, and where its output goes: what does not matter changes nothing, and what does is said in one line. */
import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { startSandbox } from '../src/sandbox/server.ts';
import { run } from './support/commands.ts';
import { executable, readMessages, workFolder } from './support/tap.ts';

// Most of the time is spent waiting for processes.
t.jobs = 4;

const folder = workFolder();
const sandbox = await startSandbox({
  synthetic: { transactions: { rows: 2000, from: '2026-01-01T00:00:00Z', to: '2026-03-01T00:00:00Z' } },
});
t.teardown(() => Promise.all([sandbox.close(), folder.remove()]));

const settings = { TAP_PAYSTACK_SECRET_KEY: sandbox.secretKey, TAP_PAYSTACK_API_URL: sandbox.url };

/** Runs a script of bash's, in which `tap` is the tap. */
function bash(script: string, env: Readonly<Record<string, string>> = {}) {
  const tap = `tap() { '${process.execPath}' '${executable}' "$@"; }`;
  return run(['bash', '-c', `${tap}\n${script}`], { cwd: folder.path, env: { ...settings, ...env } });
}

const sync = 'tap --streams transactions';
const written = async (script: string, env: Readonly<Record<string, string>> = {}) => {
  const { code, stdout, stderr } = await bash(script, env);
  return { code, stderr, rows: readMessages(stdout).records['transactions']?.length };
};

/** Without network, and one that asks for it. */
const answers = ['--version', '--discover', '--help', '--about', 'load-sql duckdb', '--discover --log-level info'];
const asking = ['--plan --streams customers', '--test=schema', sync.replace('tap ', '')];

t.test('what cannot be written is a failure', { skip: !existsSync('/dev/full') }, async (t) => {
  for (const args of [...answers, ...asking]) {
    const { code, stderr } = await bash(`tap ${args} > /dev/full`);
    t.equal(code, 1, args);
    const lines = stderr.split('\n').filter((line) => line.startsWith('CRITICAL'));
    t.strictSame(lines, ['CRITICAL the output cannot be written (ENOSPC): no space is left where stdout goes'], args);
  }
});

t.test('a reader that has seen enough of an answer is no failure', async (t) => {
  for (const args of answers) {
    const { code, stdout, stderr } = await bash(`set -o pipefail; tap ${args} | head -1`);
    t.strictSame([code, stderr], [0, ''], args);
    t.equal(stdout.split('\n').length, 2);
  }
});

t.test('a log that cannot be written ends nothing', async (t) => {
  const places = ['2> >(head -1 > /dev/null)', ...(existsSync('/dev/full') ? ['2> /dev/full'] : [])];
  for (const place of places) {
    t.strictSame(await written(`${sync} --log-level debug ${place}`), { code: 0, stderr: '', rows: 2000 }, place);
  }
  const { code } = await bash(`${sync} 2> >(head -1 > /dev/null)`, { TAP_PAYSTACK_SECRET_KEY: 'sk_test_other' });
  t.equal(code, 1, 'what fails still fails');
});

t.test('a folder that is gone is named', async (t) => {
  mkdirSync(join(folder.path, 'gone'));
  const { code, stdout, stderr } = await bash(`cd gone; rmdir ../gone; ${sync}`);
  t.strictSame([code, stdout], [1, '']);
  t.match(stderr, /^CRITICAL the folder that the tap was started in is gone: start it in another\n$/);
});

t.test('surroundings that are none of its business', async (t) => {
  for (const [script, env] of [
    [`env -u HOME -u USER -u LANG ${process.execPath} ${executable} --streams transactions`, {}],
    [sync, { LANG: 'C', LC_ALL: 'C', TZ: 'None/Such', TERM: 'none' }],
    [sync, { HTTP_PROXY: 'http://127.0.0.1:1', http_proxy: 'http://127.0.0.1:1' }],
    [`cd /proc; ${sync}`, {}],
    [`${sync} < /dev/null`, { NO_COLOR: '', FORCE_COLOR: '1' }],
  ] as const) {
    const { code, rows, stderr } = await written(script, env);
    t.strictSame([code, rows], [0, 2000], script);
    t.match(stderr, '2,000 records of 1 stream written');
  }
});
