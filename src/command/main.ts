/**
 * Turns a command line into work, and errors into exit codes. What asks Paystack is loaded only where a call needs it. To
 * divide the rest would take longer than to load it: each file takes its time.
 */
import { systemClock } from '../clock.ts';
import { messageOf, UserError } from '../errors.ts';
import { builtCatalog } from '../package.ts';
import { explained } from '../report/defects.ts';
import { createLog, type Log } from '../report/log.ts';
import { chosenFormat, chosenLevel, wantsColour } from '../report/log-options.ts';
import { createDisplay, type Display } from '../report/progress.ts';
import { print } from '../sync/output.ts';
import { aboutText } from './about.ts';
import { type Args, parse } from './arguments.ts';
import { endIfDefect } from './defect-end.ts';
import { firstSteps } from './first-steps.ts';
import { loadSqlText } from './load-sql.ts';
import { writeSchemas } from './schemas.ts';

/** 1 for whatever went wrong, 2 for a command line that cannot be understood. Signals have theirs in `signals.ts`. */
const exitCodes = { failure: 1, usage: 2 } as const;

/** For people who try the tap at a terminal first. */
const pipeHint = 'what follows is for a target to load: tap-paystack … | target-jsonl (stop with Ctrl-C)';

const toStderr = (text: string) => process.stderr.write(text);

process.exitCode = await main(process.argv.slice(2), process.env);
// A connection that hangs must not keep the process alive. Before the end, all output has been taken, or its reader is gone.
process.stdout.write('', () => process.stderr.write('', () => process.exit()));

async function main(argv: readonly string[], environment: NodeJS.ProcessEnv): Promise<number> {
  const looks = { isColoured: wantsColour(process.stderr, environment) };
  let log = createLog(toStderr, 'INFO', looks);
  // The log is replaced below: an error that no code catches goes to the one of its time.
  endIfDefect(() => log, exitCodes.failure);
  try {
    const { args, shown, mistakes } = await parse(argv);
    if (shown !== undefined) return await answered(shown);
    const format = chosenFormat(args.logFormat, environment);
    log = createLog(toStderr, 'INFO', { ...looks, format });
    for (const mistake of mistakes) log('CRITICAL', mistake);
    if (mistakes.length > 0) return exitCodes.usage;
    const level = chosenLevel(args.logLevel, environment);
    log = createLog(toStderr, level ?? 'INFO', { ...looks, format });
    if (isFirstCall(argv, environment)) {
      toStderr(firstSteps);
      return exitCodes.usage;
    }
    if (args.about || args.discover || args.test !== undefined || args.plan || args.loadSql)
      return await answer(args, environment, log);
    const display = format === 'text' ? displayOn(process.stderr, environment) : undefined;
    // On a terminal the display shows what goes well, so the log has only warnings and errors.
    if (display) log = createLog(display.write, level ?? 'WARNING', looks);
    if (process.stdout.isTTY) log('INFO', pipeHint);
    const { run } = await import('./asking.ts');
    const metricsLevel = process.stderr.isTTY && format === 'text' && !environment['CI'] ? 'DEBUG' : 'INFO';
    return await run({ ...args, environment, stdout: process.stdout, log, display, metricsLevel });
  } catch (error) {
    const lines = error instanceof UserError ? error.mistakes.map(messageOf) : [explained(error, log)];
    for (const line of lines) log('CRITICAL', line, error instanceof Error ? { error } : {});
    return exitCodes.failure;
  }
}

/** Does whatever was asked for other than a sync. */
async function answer(args: Args, environment: NodeJS.ProcessEnv, log: Log): Promise<number> {
  if (args.about) return answered(aboutText(args.format));
  if (args.discover) return answered(builtCatalog());
  const options = { ...args, environment, stdout: process.stdout, log };
  if (args.loadSql) return answered(loadSqlText(options, args.loadSql));
  if (args.test === 'schema') return writeSchemas(options);
  const { planSync, testConnection } = await import('./asking.ts');
  return args.plan ? planSync(options) : testConnection(options);
}

async function answered(text: string): Promise<number> {
  if (text !== '') await print(text);
  return 0;
}

/** True for the call of somebody who has just installed the tap: no arguments, no key, and a terminal on both sides. */
function isFirstCall(argv: readonly string[], { TAP_PAYSTACK_SECRET_KEY }: NodeJS.ProcessEnv): boolean {
  return argv.length === 0 && !TAP_PAYSTACK_SECRET_KEY && process.stdin.isTTY && process.stdout.isTTY;
}

/** A display where a person looks at stderr and the messages go elsewhere, else undefined. */
function displayOn(stderr: NodeJS.WriteStream, environment: NodeJS.ProcessEnv): Display | undefined {
  const { TERM, CI } = environment;
  if (!stderr.isTTY || process.stdout.isTTY || TERM === 'dumb' || CI) return undefined;
  return createDisplay(stderr, systemClock);
}
