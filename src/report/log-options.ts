/**
 * The wished format, level and colour of the log. A flag comes first, then the tap's own variable, then the variables of
 * others: `LOGLEVEL`, and the one by which Meltano configures the taps of its SDK.
 */
import { readFileSync } from 'node:fs';
import { UserError } from '../errors.ts';
import { type Level, type LogFormat, levelNamed, levelNames, logFormats } from './log.ts';

/** @throws UserError for a format that the tap's own variable names and the tap does not know */
export function chosenFormat(flag: string | undefined, environment: NodeJS.ProcessEnv): LogFormat {
  const named = (name: string | undefined) => logFormats.find((format) => format === name?.toLowerCase());
  const format = named(flag) ?? ownWord('TAP_PAYSTACK_LOG_FORMAT', environment, named, logFormats);
  return format ?? (meltanoLogging(environment).includes('singer_sdk.logging.StructuredFormatter') ? 'json' : 'text');
}

/**
 * @returns undefined if nobody said
 * @throws UserError for a level that the tap's own variable names and the tap does not know
 */
export function chosenLevel(flag: string | undefined, environment: NodeJS.ProcessEnv): Level | undefined {
  return (
    levelNamed(flag ?? '') ??
    ownWord('TAP_PAYSTACK_LOGLEVEL', environment, levelNamed, levelNames) ??
    // Many programs read this variable: a word that the tap does not know is meant for another program.
    levelNamed(environment['LOGLEVEL'] ?? '') ??
    levelNamed(/"root"\s*:\s*\{[^}]*"level"\s*:\s*"(\w+)"/.exec(meltanoLogging(environment))?.[1] ?? '')
  );
}

/** Decided as Node does it: by `FORCE_COLOR`, then by `NO_COLOR` (no-color.org), else by what the terminal can. */
export function wantsColour(stderr: { readonly isTTY?: boolean }, environment: NodeJS.ProcessEnv): boolean {
  const { NO_COLOR, FORCE_COLOR, TERM } = environment;
  if (FORCE_COLOR) return !['0', 'false'].includes(FORCE_COLOR);
  if (NO_COLOR) return false;
  return stderr.isTTY === true && TERM !== 'dumb';
}

function ownWord<Value>(
  variable: string,
  environment: NodeJS.ProcessEnv,
  named: (name: string) => Value | undefined,
  names: readonly string[],
): Value | undefined {
  const text = environment[variable];
  if (!text) return undefined;
  const value = named(text);
  if (value === undefined) throw new UserError(`${variable} must be one of ${names.join(', ')}, not "${text}"`);
  return value;
}

/**
 * The file in which Meltano configures the log of taps, in the form of Python's `logging.config`. It names the SDK's class
 * for lines of JSON where the plugin has the capability `structured-logging`. Observed (Meltano 4.4).
 */
function meltanoLogging({ SINGER_SDK_LOG_CONFIG: path }: NodeJS.ProcessEnv): string {
  if (!path) return '';
  try {
    return readFileSync(path, 'utf8');
  } catch {
    // The variable is meant for programs in Python, and may be set where there is no such file.
    return '';
  }
}
