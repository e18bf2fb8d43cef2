/** Errors in words. A foreseen error says what happened. Any other is a mistake in the tap, and is called a defect. */
import { isDefect, messageOf } from '../errors.ts';
import type { Log, Subject } from './log.ts';

/**
 * What an error says, in one line. Where a defect comes from is logged as well, at DEBUG.
 *
 * @returns the line, for the caller to log
 */
export function explained(error: unknown, log: Log, subject?: Subject): string {
  if (!isDefect(error)) return messageOf(error);
  const stack = error instanceof Error ? (error.stack ?? '') : '';
  for (const line of stack.split('\n').filter(Boolean)) log('DEBUG', line, subject);
  const what = error instanceof Error ? `${error.name}: ${messageOf(error)}` : messageOf(error);
  return `a defect of tap-paystack: ${what} (--log-level debug shows where)`;
}
