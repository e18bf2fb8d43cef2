/** Records of a merchant's last years, one after the other until now, of which some are still open. */
import type { StreamFacts } from '../../src/paystack/stream-facts.ts';
import { type StreamName, streams } from '../../src/paystack/streams.ts';

const dayMs = 86_400_000;

export type SpreadRow = Readonly<Record<string, unknown>> & { readonly id: number; readonly status: string };

export interface Spread {
  readonly count: number;
  /** A status that is not final; which records have it; and the status of the others. */
  readonly open: string;
  readonly isOpen: (index: number) => boolean;
  readonly final: string;
  /** The first record is so old, the last one so old. Default: two years, and now. */
  readonly firstDays?: number;
  readonly lastDays?: number;
  /** Records that were created on the day of the first of them, however many: from, to before. */
  readonly crowd?: readonly [number, number];
}

/** The first record is the oldest; its id is 1. Nothing of them has changed since it was created. */
export function spread(stream: StreamName, options: Spread): SpreadRow[] {
  const { count, open, isOpen, final, firstDays = 730, lastDays = 0, crowd = [0, 0] } = options;
  const { created = 'createdAt', updated = 'updatedAt' }: StreamFacts = streams[stream];
  const endMs = Date.now() - lastDays * dayMs;
  const stepMs = ((firstDays - lastDays) * dayMs) / count;
  return Array.from({ length: count }, (_, index) => {
    const isInCrowd = index >= crowd[0] && index < crowd[1];
    const place = isInCrowd ? crowd[0] : index;
    const date = new Date(endMs - (count - place - 0.5) * stepMs).toISOString();
    return { id: index + 1, [created]: date, [updated]: date, status: isOpen(index) ? open : final };
  });
}
