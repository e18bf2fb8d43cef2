/** What a reader gives, piece by piece: rows, and how far everything has been read. */
import { type Ledger, take } from './ledger.ts';
import type { Page, PageRows } from './list.ts';
import type { Span } from './windows.ts';

export type Reading<Content> = RowsRead<Content> | Covered;

export type Readings<Content, Result = void> = AsyncGenerator<Reading<Content>, Result, undefined>;

export interface RowsRead<Content> extends PageRows<Content> {
  readonly kind: 'rows';
}

/** Everything is read that was created within some spans; if it is not whole, something is missing. */
export interface Covered {
  readonly kind: 'covered';
  /** Ascending, apart from each other, at least one. */
  readonly spans: readonly Span[];
  readonly isWhole: boolean;
  /** Creation of the newest record in it, milliseconds since 1970; -Infinity if there is none. */
  readonly newest: number;
  /** The midnights before the creation of the records that are still open, by their keys. */
  readonly open: ReadonlyMap<string, number>;
  /** The same of parents whose children could not be read. */
  readonly failed: ReadonlyMap<string, number>;
}

/** The rows of a page that are to be written. */
export function rowsOf<Content>(ledger: Ledger, page: Page<Content>): RowsRead<Content> {
  return { kind: 'rows', rows: take(ledger, page), release: page.release };
}

export function covered({ window, wanted: { range }, newest, open, unusable }: Ledger, isWhole: boolean): Covered {
  const spans = window === undefined ? (range?.spans ?? [everything]) : [window];
  return { kind: 'covered', spans, isWhole: isWhole && unusable === 0, newest, open, failed: noneFailed };
}

const everything: Span = { from: Number.NEGATIVE_INFINITY, to: Number.POSITIVE_INFINITY };

const noneFailed: ReadonlyMap<string, number> = new Map();
