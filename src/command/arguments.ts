/** The command line, read by yargs. */
import yargs from 'yargs';
import { otherNames, settingNames, variableOf } from '../config.ts';
import { messageOf } from '../errors.ts';
import { nearest, suggestion } from '../nearest.ts';
import { packageVersion } from '../package.ts';
import { levelNamed, levelNames, logFormats } from '../report/log.ts';
import { databases, describeLoadSql, type LoadSql, loadSqlCommand, loadSqlFlags, loadSqlIn } from './load-sql-flags.ts';

export interface Args {
  readonly config: readonly string[];
  readonly state: readonly string[];
  readonly catalog: string | undefined;
  readonly streams: readonly string[];
  readonly discover: boolean;
  readonly test: (typeof tests)[number] | undefined;
  readonly plan: boolean;
  readonly about: boolean;
  readonly format: (typeof formats)[number];
  readonly report: string | undefined;
  readonly logFormat: string | undefined;
  readonly logLevel: string | undefined;
  /** Set where the call is for SQL. */
  readonly loadSql: LoadSql | undefined;
}

export interface CommandLine {
  readonly args: Args;
  /** What is to be printed where the call was for help, version or completion. */
  readonly shown: string | undefined;
  /** Why the command line cannot be understood; none if it can. */
  readonly mistakes: readonly string[];
}

const tests = ['all', 'schema'] as const;
const formats = ['text', 'json', 'markdown'] as const;
const completionCommand = 'completion';

/** The flags, as `--help` shows them. */
const flags = {
  config: {
    alias: 'c',
    type: 'array',
    string: true,
    requiresArg: true,
    default: [] as string[],
    defaultDescription: 'ENV',
    describe: 'Config file, or ENV for TAP_PAYSTACK_* variables; repeatable, later wins',
  },
  state: {
    alias: 's',
    type: 'array',
    string: true,
    requiresArg: true,
    default: [] as string[],
    defaultDescription: 'none',
    describe: 'State file: where to resume; may be repeated, for runs that shared the work',
  },
  catalog: { type: 'string', requiresArg: true, describe: 'Catalog file: what to sync' },
  properties: { alias: 'p', type: 'string', requiresArg: true, describe: 'The same, by its old name' },
  streams: {
    type: 'array',
    string: true,
    requiresArg: true,
    default: [] as string[],
    defaultDescription: 'those by default',
    describe: 'What to sync without a catalog: names, patterns, -name to leave out',
  },
  discover: { alias: 'd', type: 'boolean', default: false, describe: 'Print the catalog; needs no key' },
  test: {
    type: 'string',
    coerce: (word: string) => (word || 'all') as (typeof tests)[number],
    choices: tests,
    describe: 'Try key and streams, one request each; schema: print the SCHEMA messages; needs no key',
  },
  plan: {
    type: 'boolean',
    default: false,
    describe:
      'Print what a sync would cost, with --state the next one: records, requests, minutes; about one request each',
  },
  about: { type: 'boolean', default: false, describe: 'Print what the tap is and can do; needs no key' },
  format: {
    type: 'string',
    requiresArg: true,
    choices: formats,
    defaultDescription: 'text',
    describe: 'How --about and --plan print it',
  },
  report: {
    type: 'string',
    requiresArg: true,
    describe: 'JSON file for a receipt of the sync, with SQL that proves that the target lost nothing',
  },
  'log-format': { type: 'string', requiresArg: true, choices: logFormats, describe: 'How stderr is written' },
  'log-level': {
    type: 'string',
    requiresArg: true,
    coerce: (word: string) => levelNamed(word)?.toLowerCase() ?? word,
    choices: levelNames,
    describe: 'What of it is written',
  },
  dev: { type: 'boolean', hidden: true },
} as const;

const examples = `Examples:
  tap-paystack --test
  tap-paystack --config config.json --streams 'trans*,refunds' | target-jsonl`;

/** The names that a mistyped flag may have meant. */
const flagNames = [...Object.keys(flags), ...Object.keys(loadSqlFlags), 'version', 'help'];

const commandNames = ['demo', 'sandbox', loadSqlCommand];

/** Flags whose values are paths, by all their names. */
const fileFlags: readonly (string | undefined)[] = [
  '--config',
  '-c',
  '--state',
  '-s',
  '--catalog',
  '--properties',
  '-p',
  '--report',
  '--input',
];

export async function parse(written: readonly string[]): Promise<CommandLine> {
  const argv = joinedWords(written);
  let shown = '';
  let mistake = '';
  const args = await options(argv)
    .fail((message, error) => {
      mistake ||= message ?? error.message;
    })
    .parse([...argv], {}, (_error, _args, output) => {
      shown = output;
    });
  // yargs prints the script, and then finds its own command unknown.
  if (args._[0] === completionCommand) mistake = '';
  const isAsked = shown !== '' || argv.includes('--get-yargs-completions');
  return {
    args: {
      config: args.config,
      state: args.state,
      catalog: lastOf(args.catalog ?? args.properties),
      streams: args.streams.flatMap((words) => words.split(/[\s,]+/)).filter(Boolean),
      discover: args.discover,
      test: lastOf(args.test),
      plan: args.plan,
      about: args.about,
      format: lastOf(args.format) ?? 'text',
      report: lastOf(args.report),
      logFormat: lastOf(args['log-format']),
      logLevel: lastOf(args['log-level']),
      loadSql: isAsked || mistake !== '' ? undefined : loadSqlIn(args),
    },
    shown: isAsked && mistake === '' ? shown : undefined,
    mistakes: mistake === '' ? [] : mistakesOf(mistake, argv),
  };
}

/** `--streams -refunds` leaves a stream out: the word is no flag. */
function joinedWords(argv: readonly string[]): string[] {
  return argv.flatMap((word, at) => {
    if (word === '--streams' && /^-\w\w/.test(argv[at + 1] ?? '')) return [`${word}=${argv[at + 1]}`];
    return argv[at - 1] === '--streams' && /^-\w\w/.test(word) ? [] : [word];
  });
}

/** The mistakes that yargs found, each with the flag or setting that was probably meant. */
function mistakesOf(message: string, argv: readonly string[]): string[] {
  const [, unknown] = /^Unknown arguments?: (.*)$/s.exec(message) ?? [];
  if (unknown === undefined) return [`${sentenceOf(message)}; see --help`];
  // yargs also names parts of a word as unknown, such as its letters.
  const words = new Set(unknown.split(', ').map((name) => argv.find((word) => nameOf(word) === name) ?? name));
  return [...words].map(unknownText);
}

/** A message of yargs in one line: it may have several. */
function sentenceOf(message: string): string {
  const text = messageOf(message)
    .replace(/:\s*(?=Argument:)/, ': ')
    .trim();
  return text.charAt(0).toLowerCase() + text.slice(1);
}

function nameOf(word: string): string {
  return word.replace(/^-+/, '').replace(/=.*$/s, '');
}

function unknownText(word: string): string {
  const name = nameOf(word);
  if (!word.startsWith('-')) {
    const isFile = /\.json$/.test(word);
    const command = nearest(name, commandNames);
    if (command !== undefined && command !== name) return `there is no command "${word}"${suggestion(command)}`;
    return `"${word}" is not understood: ${isFile ? `a file stands behind its flag, as in --config ${word}` : 'there are flags only; see --help'}`;
  }
  if (Object.hasOwn(loadSqlFlags, name)) return `--${name} goes with ${loadSqlCommand} only`;
  const flag = nearest(name, flagNames);
  const setting = nearest(name, settingNames, otherNames);
  if (setting !== undefined && (flag === undefined || plainly(name) === setting)) {
    return `there is no flag --${name}: put "${setting}" into the config file, or ${variableOf(setting)} into the environment`;
  }
  return `there is no flag --${name}${flag === undefined ? '; see --help' : `; did you mean --${flag}?`}`;
}

function plainly(name: string): string {
  return name.toLowerCase().replaceAll('-', '_');
}

function options(argv: readonly string[]) {
  return (
    yargs()
      .scriptName('tap-paystack')
      .usage('$0 --config config.json [--state state.json] | target-…')
      .epilogue(examples)
      .wrap(80)
      .parserConfiguration({ 'greedy-arrays': false, 'boolean-negation': false, 'camel-case-expansion': false })
      .options(flags)
      // Both are run by `cli.ts`; here they are for the help text.
      .command('demo', 'Show two syncs on a small Paystack of its own')
      .command('sandbox', 'Start that small Paystack; see sandbox --help')
      .command(`${loadSqlCommand} [database]`, 'Print SQL that loads the messages', describeLoadSql)
      .check((args) => {
        const { about, plan, format, discover, test, report, _ } = args;
        if (_[0] === 'demo') throw new Error('demo goes alone, without flags');
        loadSqlIn(args);
        if (format !== undefined && !about && !plan) throw new Error('--format goes with --about and --plan only');
        if (report !== undefined && (about || plan || discover || test !== undefined))
          throw new Error('--report goes with a sync only');
        return true;
      })
      .completion(completionCommand, 'Print a script that completes flags in your shell', completeFor(argv))
      .version(packageVersion())
      .help()
      .alias('help', 'h')
      .strict()
      .exitProcess(false)
  );
}

type OnWords = (error: Error | null, words: string[] | undefined) => void;

/** Completes flags. Where a file is to follow, it gives no words: then a shell completes file names. */
function completeFor(argv: readonly string[]) {
  return (
    _current: string,
    _args: unknown,
    complete: (onWords: OnWords) => void,
    done: (words: string[]) => void,
  ): void => {
    // A shell may take the = of --config=FILE for a word.
    const flag = argv.at(-2) === '=' ? argv.at(-3) : argv.at(-2);
    if (fileFlags.includes(flag)) done([]);
    else if (flag === loadSqlCommand) done([...databases]);
    // yargs offers the one-letter flags with two dashes.
    else complete((_error, words = []) => done(words.filter((word) => !/^--\w(?!\w)/.test(word))));
  };
}

/** A flag that is given twice counts as given last. */
function lastOf<Value>(value: Value | readonly Value[] | undefined): Value | undefined {
  return Array.isArray(value) ? (value as readonly Value[]).at(-1) : (value as Value | undefined);
}
