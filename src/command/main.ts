/** From argv to work, and from errors to exit codes. What a call does not need is not loaded. */

import { isDefect, messageOf } from '../errors.ts';
import { builtCatalog } from '../package.ts';
import { clean, createLog, type Log } from '../report/log.ts';
import { chosenFormat, chosenLevel } from '../report/log-options.ts';
import type { Display } from '../report/progress.ts';
import { type Args, parse, usage } from './arguments.ts';

/** Exit codes: 1 whatever went wrong, 2 a command line that is none, 128 + n for a signal. */
const exitCodes = { failure: 1, usage: 2 } as const;

const toStderr = (text: string) => process.stderr.write(text);

let log = createLog(toStderr, 'INFO');

// An error that nobody waits for is a defect. Node would print it with all that hangs from it.
process.on('uncaughtException', (error) => {
  log('CRITICAL', messageOf(error), { error });
  process.exit(exitCodes.failure);
});
process.exitCode = await main(process.argv.slice(2), process.env);
// A connection that hangs must not keep the process. What was written has been taken first, or its reader is gone.
process.stdout.write('', () => process.stderr.write('', () => process.exit()));

async function main(argv: readonly string[], environment: NodeJS.ProcessEnv): Promise<number> {
  try {
    const { args, shown, mistake } = await parse(argv);
    if (shown !== undefined) return print(shown);
    const format = chosenFormat(args.logFormat, environment);
    log = createLog(toStderr, 'INFO', format);
    if (mistake !== '') {
      if (format === 'json') log('CRITICAL', `${messageOf(mistake)}; see --help`);
      else toStderr(`${await usage()}\n\n${clean(mistake)}\n`);
      return exitCodes.usage;
    }
    const level = chosenLevel(args.logLevel, environment);
    log = createLog(toStderr, level ?? 'INFO', format);
    if (isFirstCall(argv, environment)) {
      const { firstSteps } = await import('./first-steps.ts');
      toStderr(firstSteps);
      return exitCodes.usage;
    }
    if (args.about || args.discover || args.test !== undefined) return await tell(args, environment, log);
    const display = format === 'text' ? await displayOn(process.stderr, environment) : undefined;
    // On a terminal, what goes well is seen in the display.
    if (display) log = createLog(display.write, level ?? 'WARNING');
    if (process.stdout.isTTY) log('INFO', 'the messages on stdout are meant for a target: … | target-jsonl');
    const { run } = await import('./run.ts');
    return await run({ ...args, environment, stdout: process.stdout, log, display });
  } catch (error) {
    log('CRITICAL', messageOf(error), isDefect(error) ? { error } : {});
    if (error instanceof Error) for (const line of (error.stack ?? '').split('\n')) log('DEBUG', line);
    return exitCodes.failure;
  }
}

/** All that is no sync. */
async function tell(args: Args, environment: NodeJS.ProcessEnv, log: Log): Promise<number> {
  if (args.about) {
    const { aboutText } = await import('./about.ts');
    return print(aboutText(args.format));
  }
  if (args.discover) return print(builtCatalog());
  const { testConnection, writeSchemas } = await import('./run.ts');
  const options = { ...args, environment, stdout: process.stdout, log, display: undefined };
  return args.test === 'schema' ? writeSchemas(options) : testConnection(options);
}

function print(text: string): number {
  if (text !== '') process.stdout.write(`${text}\n`);
  return 0;
}

/** A call by somebody who has just installed the tap: nothing is given, and nothing reads it. */
function isFirstCall(argv: readonly string[], { TAP_PAYSTACK_SECRET_KEY }: NodeJS.ProcessEnv): boolean {
  return argv.length === 0 && !TAP_PAYSTACK_SECRET_KEY && process.stdin.isTTY && process.stdout.isTTY;
}

/** A display, where a person looks at stderr, and the messages go elsewhere. */
async function displayOn(stderr: NodeJS.WriteStream, environment: NodeJS.ProcessEnv): Promise<Display | undefined> {
  const { TERM, CI } = environment;
  if (!stderr.isTTY || process.stdout.isTTY || TERM === 'dumb' || CI) return undefined;
  const [{ createDisplay }, { systemClock }] = await Promise.all([
    import('../report/progress.ts'),
    import('../clock.ts'),
  ]);
  return createDisplay(stderr, systemClock);
}
