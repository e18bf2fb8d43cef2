/**
 * How lists are paged: a style is one entry of `pagingStyles`. A new one is complete with its entry here and one in the
 * sandbox, which answers in every style; without either of them nothing compiles.
 *
 * What an answer says of itself (`meta`) is believed over its list's style: a list may answer in cursor mode without having
 * been asked to (documented sample), in numbered pages though cursors are documented, or without any `meta`.
 */

export type Query = Readonly<Record<string, string>>;

export type Meta = Readonly<Record<string, unknown>>;

export interface PagingStyle {
  /** The parameter with the page size; undefined where a list takes none. */
  readonly sizeParameter: string | undefined;
  /** The parameter with the cursor of the page before; undefined where a list has no cursors. */
  readonly cursorParameter: string | undefined;
  /** What a page is asked for by its number, from 1. */
  pageQuery(number: number): Query;
  /** What a page is asked for by the cursor that the page before gave. */
  cursorQuery(cursor: string): Query;
  /**
   * True if an answer says that nothing follows. A short page does not say so, nor does a full one without a word of
   * what follows.
   */
  isLast(answer: AnswerEnd): boolean;
}

/** What the end of a list is seen by. */
export interface AnswerEnd {
  readonly meta: Meta;
  readonly next: string | undefined;
  readonly total: number | undefined;
  /** True if the page has as many records as a page may have. */
  readonly isFull: boolean;
}

/** In cursor mode, no `next` means the end (documented). A total belongs to numbered pages. */
function endsCursors({ meta, next, total }: AnswerEnd): boolean {
  return next === undefined && total === undefined && ('next' in meta || 'previous' in meta);
}

export const pagingStyles = {
  /** `page` and `perPage`. Documented: six such lists take `use_cursor` as well; an answer that has a cursor is followed. */
  numbered: {
    sizeParameter: 'perPage',
    cursorParameter: 'next',
    pageQuery: (number) => ({ page: String(number) }),
    cursorQuery: (cursor) => ({ use_cursor: 'true', next: cursor }),
    isLast: endsCursors,
  },
  /** `perPage`, then `next` with the value of `meta.next`. */
  cursor: {
    sizeParameter: 'perPage',
    cursorParameter: 'next',
    pageQuery: (number): Query => (number > 1 ? { page: String(number) } : {}),
    cursorQuery: (cursor) => ({ next: cursor }),
    isLast: (answer) => endsCursors(answer) || (hasNoWord(answer) && !answer.isFull),
  },
  /** `per_page`, then `cursor` with the value of `meta.next`; a total comes as well (documented). */
  'mandate-cursor': {
    sizeParameter: 'per_page',
    cursorParameter: 'cursor',
    pageQuery: (number): Query => (number > 1 ? { page: String(number) } : {}),
    cursorQuery: (cursor) => ({ cursor }),
    isLast: ({ meta, next, isFull }) => next === undefined && ('next' in meta || !isFull),
  },
  /** One answer holds everything. */
  single: {
    sizeParameter: undefined,
    cursorParameter: undefined,
    pageQuery: () => ({}),
    cursorQuery: () => ({}),
    isLast: () => true,
  },
} as const satisfies Record<string, PagingStyle>;

export type Paging = keyof typeof pagingStyles;

/** True for an answer that says nothing of what follows. */
function hasNoWord({ next, total }: AnswerEnd): boolean {
  return next === undefined && total === undefined;
}
