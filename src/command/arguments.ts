/** What was asked for: argv, by yargs. */
import yargs from 'yargs';
import { packageVersion } from '../package.ts';
import { levelNamed, levelNames, logFormats } from '../report/log.ts';

export interface Args {
  readonly config: readonly string[];
  readonly state: readonly string[];
  readonly catalog: string | undefined;
  readonly discover: boolean;
  readonly test: (typeof tests)[number] | undefined;
  readonly about: boolean;
  readonly format: (typeof aboutFormats)[number];
  readonly logFormat: string | undefined;
  readonly logLevel: string | undefined;
}

export interface CommandLine {
  readonly args: Args;
  /** What is to be printed where the call was for help, version or completion. */
  readonly shown: string | undefined;
  /** Why the command line cannot be understood; empty if it can. */
  readonly mistake: string;
}

const tests = ['all', 'schema'] as const;
const completionCommand = 'completion';
const aboutFormats = ['text', 'json', 'markdown'] as const;

/** Flags whose values are paths, by all their names. */
const fileFlags: readonly (string | undefined)[] = [
  '--config',
  '-c',
  '--state',
  '-s',
  '--catalog',
  '--properties',
  '-p',
];

export async function parse(argv: readonly string[]): Promise<CommandLine> {
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
      discover: args.discover,
      test: lastOf(args.test),
      about: args.about,
      format: lastOf(args.format) ?? 'text',
      logFormat: lastOf(args['log-format']),
      logLevel: lastOf(args['log-level']),
    },
    shown: isAsked && mistake === '' ? shown : undefined,
    mistake,
  };
}

/** The flags, as `--help` shows them. */
export function usage(): Promise<string> {
  return options([]).getHelp();
}

function options(argv: readonly string[]) {
  return yargs()
    .scriptName('tap-paystack')
    .usage('$0 --config config.json [--catalog catalog.json] [--state state.json] | target-…')
    .parserConfiguration({ 'greedy-arrays': false, 'boolean-negation': false, 'camel-case-expansion': false })
    .options({
      config: {
        alias: 'c',
        type: 'array',
        string: true,
        requiresArg: true,
        default: [] as string[],
        defaultDescription: 'ENV',
        describe: 'Config file, or ENV for TAP_PAYSTACK_* variables; may be repeated, later wins',
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
      discover: { alias: 'd', type: 'boolean', default: false, describe: 'Print the catalog; needs no key' },
      test: {
        type: 'string',
        coerce: (told: string) => (told || 'all') as (typeof tests)[number],
        choices: tests,
        describe: 'Try key and streams, one request each; schema: print the SCHEMA messages; needs no key',
      },
      about: { type: 'boolean', default: false, describe: 'Print what the tap is and can do; needs no key' },
      format: {
        type: 'string',
        requiresArg: true,
        choices: aboutFormats,
        defaultDescription: 'text',
        describe: 'How --about prints it',
      },
      'log-format': { type: 'string', requiresArg: true, choices: logFormats, describe: 'How stderr is written' },
      'log-level': {
        type: 'string',
        requiresArg: true,
        coerce: (told: string) => levelNamed(told)?.toLowerCase() ?? told,
        choices: levelNames,
        describe: 'What of it is written',
      },
      dev: { type: 'boolean', hidden: true },
    })
    .check(({ about, format }) => {
      if (format !== undefined && !about) throw new Error('--format goes with --about only');
      return true;
    })
    .completion(completionCommand, 'Print a script that completes flags in your shell', completeFor(argv))
    .version(packageVersion())
    .help()
    .strict()
    .exitProcess(false);
}

type OnWords = (error: Error | null, words: string[] | undefined) => void;

/** A shell that gets no words completes file names. */
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
    // yargs offers the one-letter flags with two dashes.
    else complete((_error, words = []) => done(words.filter((word) => !/^--\w(?!\w)/.test(word))));
  };
}

/** A flag that is given twice counts as given last. */
function lastOf<Value>(value: Value | readonly Value[] | undefined): Value | undefined {
  return Array.isArray(value) ? (value as readonly Value[]).at(-1) : (value as Value | undefined);
}
