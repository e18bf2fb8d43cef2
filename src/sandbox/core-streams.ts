/** The streams that nearly every integration has records of. The demo and the benchmark use them. */
import type { StreamName } from '../paystack/streams.ts';

export const coreStreams = [
  'customers',
  'disputes',
  'invoices',
  'refunds',
  'settlements',
  'subscriptions',
  'transactions',
  'transfers',
] as const satisfies readonly StreamName[];
