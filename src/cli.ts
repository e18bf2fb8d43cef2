/** The command line: argv, signals, exit codes. What a call does not need is not loaded. */
import yargs from 'yargs';
import { messageOf } from './errors.ts';
import { createLog, type Log } from './log.ts';
import { packageVersion } from './package.ts';

/** Exit codes: 1 whatever went wrong, 2 a command line that is none, 128 + n for a signal. */
const exitCodes = { failure: 1, usage: 2 } as const;

const debug = process.env['TAP_PAYSTACK_DEBUG'];
const log = createLog((line) => process.stderr.write(line), debug ? 'DEBUG' : 'INFO');

/** A command line that cannot be understood; `usage` says what can. */
class UsageError extends Error {
  override readonly name = 'UsageError';
}

// Whoever writes is told through its own callback; without a listener, Node would print a stack.
process.stdout.on('error', () => {});
await main(process.argv.slice(2), log);
// A connection that hangs must not keep the process. What was written has been taken first, or its reader is gone.
process.stdout.write('', () => process.stderr.write('', () => process.exit()));

async function main(argv: readonly string[], log: Log): Promise<void> {
  try {
    const args = await parse(argv);
    if (args === undefined) return;
    if (args.discover) {
      const { discover } = await import('./discover.ts');
      process.stdout.write(`${JSON.stringify({ streams: discover() }, null, 2)}\n`);
      return;
    }
    const { run } = await import('./run.ts');
    process.exitCode = await run({ ...args, environment: process.env, stdout: process.stdout, log });
  } catch (error) {
    if (error instanceof UsageError) {
      process.stderr.write(`${error.message}\n`);
      process.exitCode = exitCodes.usage;
      return;
    }
    log('CRITICAL', messageOf(error));
    if (debug && error instanceof Error) for (const line of (error.stack ?? '').split('\n')) log('DEBUG', line);
    process.exitCode = exitCodes.failure;
  }
}

interface Args {
  readonly config: readonly string[];
  readonly state: string | undefined;
  readonly catalog: string | undefined;
  readonly discover: boolean;
}

/** Undefined if the call was for help or for the version, which has been printed then. */
async function parse(argv: readonly string[]): Promise<Args | undefined> {
  let shown = '';
  let mistake = '';
  const args = await commandLine()
    .fail((message, error) => {
      mistake ||= message ?? error.message;
    })
    .parse([...argv], {}, (_error, _args, output) => {
      shown = output;
    });
  if (mistake !== '') throw new UsageError(`${await commandLine().getHelp()}\n\n${mistake}`);
  if (shown !== '') {
    process.stdout.write(`${shown}\n`);
    return undefined;
  }
  return {
    config: args.config,
    state: lastOf(args.state),
    catalog: lastOf(args.catalog ?? args.properties),
    discover: args.discover,
  };
}

function commandLine() {
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
      state: { alias: 's', type: 'string', requiresArg: true, describe: 'State file: where to resume' },
      catalog: { type: 'string', requiresArg: true, describe: 'Catalog file: what to sync' },
      properties: { alias: 'p', type: 'string', requiresArg: true, describe: 'The same, by its old name' },
      discover: { alias: 'd', type: 'boolean', default: false, describe: 'Print the catalog; needs no key' },
      dev: { type: 'boolean', hidden: true },
    })
    .version(packageVersion())
    .help()
    .strict()
    .exitProcess(false);
}

/** A flag that is given twice counts as given last. */
function lastOf(value: string | readonly string[] | undefined): string | undefined {
  return typeof value === 'string' ? value : value?.at(-1);
}
