/** What the measured lists hold. */
import type { StreamName } from '../../src/paystack/streams.ts';
import type { SandboxOptions } from '../../src/sandbox/server.ts';

/** Three years that are over: with these settings the tap asks for the same pages in every run. */
export const pastYears = {
  spread: { from: '2022-01-01T00:00:00Z', to: '2024-12-31T23:59:59Z' },
  settings: { start_date: '2022-01-01', end_date: '2025-01-01' },
} as const;

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
