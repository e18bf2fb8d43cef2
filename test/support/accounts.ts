/** Merchants of a daily run: of whose records few, or many, or all of one day, are still open. */
import type { StreamName } from '../../src/paystack/streams.ts';
import { type Spread, spread } from './spread.ts';

export interface Account {
  readonly what: string;
  readonly stream: StreamName;
  readonly spread: Spread;
}

const transfers = { open: 'pending', final: 'success' };
const every = (nth: number) => (index: number) => index % nth === 0;
const from = (first: number, before: number) => (index: number) => index >= first && index < before;

/** Small enough for a test, with pages of ten records. */
export const accounts: readonly Account[] = [
  {
    what: 'one in ten open',
    stream: 'disputes',
    spread: { count: 200, open: 'pending', final: 'resolved', isOpen: every(10) },
  },
  {
    what: 'one in a hundred open',
    stream: 'subscriptions',
    spread: { count: 1000, open: 'active', final: 'completed', isOpen: every(100) },
  },
  {
    what: 'all open ones of one day',
    stream: 'transfers',
    spread: { ...transfers, count: 800, crowd: [300, 330], isOpen: from(300, 330) },
  },
  {
    what: 'one stuck for years',
    stream: 'transfers',
    spread: { ...transfers, count: 400, isOpen: (index) => index === 3 },
  },
  { what: 'a month of them stuck', stream: 'transfers', spread: { ...transfers, count: 700, isOpen: from(400, 430) } },
  {
    what: 'two in three open, more than a bookmark names',
    stream: 'transfers',
    spread: { ...transfers, count: 800, isOpen: (index) => index % 3 > 0 },
  },
  {
    what: 'one in thirty open, none of them to be had by its key',
    stream: 'settlements',
    spread: { count: 400, open: 'pending', final: 'success', isOpen: every(30) },
  },
  {
    what: 'some open, and no date of their last change',
    stream: 'transactions',
    spread: { count: 600, open: 'ongoing', final: 'success', firstDays: 89, isOpen: every(40) },
  },
];

export function recordsOf({ stream, spread: options }: Account) {
  return spread(stream, options);
}
