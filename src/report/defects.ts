/** Errors in words. What the tap foresees says what happened; anything else is a mistake in the tap, and is called one. */
import { isDefect, messageOf } from '../errors.ts';
import type { Log, Subject } from './log.ts';

/**
 * What an error says, in one line. Where a defect comes from is logged as well, at DEBUG.
 *
 * @returns the line, for whoever has more to say, or to log it
 */
export function explained(error: unknown, log: Log, subject?: Subject): string {
  if (!isDefect(error)) return messageOf(error);
  const stack = error instanceof Error ? (error.stack ?? '') : '';
  for (const line of stack.split('\n').filter(Boolean)) log('DEBUG', line, subject);
  const what = error instanceof Error ? `${error.name}: ${messageOf(error)}` : messageOf(error);
  return `a defect of tap-paystack: ${what} (--log-level debug shows where)`;
}
