/** The streams that nearly every integration has records of: what the demo shows, and what is measured. */
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
