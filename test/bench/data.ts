/** What the measured lists hold. */
import type { StreamName } from '../../src/paystack/streams.ts';
import type { SandboxOptions } from '../../src/sandbox/server.ts';

export const coreStreams: readonly StreamName[] = [
  'customers',
  'disputes',
  'invoices',
  'refunds',
  'settlements',
  'subscriptions',
  'transactions',
  'transfers',
];

const yearMs = 365 * 86_400_000;

/** So many rows in each of the streams, spread over the years until now. */
export function untilNow(
  streams: readonly StreamName[],
  rows: number,
  years = 3,
): NonNullable<SandboxOptions['synthetic']> {
  const now = Date.now();
  const spread = { rows, from: new Date(now - years * yearMs).toISOString(), to: new Date(now).toISOString() };
  return Object.fromEntries(streams.map((stream) => [stream, spread]));
}
