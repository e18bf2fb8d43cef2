/** Made transactions have ids of their own: what refunds and disputes say of a transaction must be true of one of those. */
import type { StreamName } from '../paystack/streams.ts';
import { type PerStream, readFixtures } from './dataset.ts';

/**
 * The fixtures of the streams that change transactions, as if they were all about the newest one.
 *
 * @param rows of the made transactions, which have the ids that follow those of the fixtures
 */
export function changersOf(rows: number): PerStream<readonly object[]> {
  const idsOf = (readFixtures('transactions') as readonly { id: number }[]).map(({ id }) => id);
  const newest = Math.max(...idsOf) + rows;
  const pointing = (stream: StreamName) =>
    (readFixtures(stream) as readonly { transaction?: unknown }[]).map((record) => {
      const { transaction } = record;
      if (transaction === undefined || transaction === null) return record;
      return { ...record, transaction: typeof transaction === 'object' ? { ...transaction, id: newest } : newest };
    });
  return { refunds: pointing('refunds'), disputes: pointing('disputes') };
}
