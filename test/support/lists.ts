/** A list in memory, which is read like one of Paystack's: it pages what it holds, and may err and change meanwhile. */
import { Refused } from '../../src/paystack/errors.ts';
import { newTally, type Tally, type Wanted } from '../../src/paystack/ledger.ts';
import type { List, Page, Row } from '../../src/paystack/list.ts';
import type { Query } from '../../src/paystack/paging.ts';
import type { Covered, Readings } from '../../src/paystack/reading.ts';

/** A row, whose content is its key; `mark` stands for all else that it says. */
export function row(
  id: number,
  created = Number.NaN,
  more: Partial<Row<string>> & { mark?: number } = {},
): Row<string> {
  const { mark = 0, ...rest } = more;
  const facts = { created, updated: Number.NaN, isOpen: false, changes: undefined, fingerprint: id * 1000 + mark };
  return { key: String(id), content: String(id), ...facts, ...rest };
}

/** Rows by their numbers, in this order; their creation is made of the number. */
export function rows(ids: readonly number[], createdOf: (id: number) => number = () => Number.NaN): Row<string>[] {
  return ids.map((id) => row(id, createdOf(id)));
}

/** So many numbers, the highest first. */
export function downFrom(id: number, count = id): number[] {
  return Array.from({ length: count }, (_, index) => id - index);
}

export function page(held: readonly Row<string>[], more: Partial<Page<string>> = {}): Page<string> {
  const facts = { total: undefined, next: undefined, isLast: false, isFull: false, isFiltered: true };
  return { rows: held, count: held.length, release: () => {}, ...facts, ...more };
}

/** What a list is asked. */
export interface Asked {
  readonly number: number;
  readonly query: Query;
  /** Its place among all questions, from 1. */
  readonly nth: number;
}

export interface MemoryList extends List<string> {
  held: Row<string>[];
  /** The pages that were asked for, by number; a cursor as `>` and the rows before it. */
  readonly asked: string[];
  /** Pages whose rows may be thrown away. */
  released: number;
}

export interface MemoryListOptions {
  readonly size: number;
  /** Pages by cursors, which stay where they are. */
  readonly hasCursors?: boolean;
  readonly ignoresFilter?: (query: Query) => boolean;
  /** Default: so many as are held. */
  readonly total?: (held: number, asked: Asked) => number | undefined;
  /** What is answered in the end; an error is thrown. */
  readonly bend?: (page: Page<string>, asked: Asked) => Page<string> | Error;
  /** What happens before a question is answered. */
  readonly meanwhile?: (list: MemoryList, asked: Asked) => void;
}

export const tooDeep = new Refused(400, 'answered 400 (Page is too deep)', { isPaystacks: true });

export function memoryList(held: Row<string>[], options: MemoryListOptions): MemoryList {
  const { size, hasCursors = false, ignoresFilter = () => false, total = (all) => all, bend, meanwhile } = options;
  async function answer(from: number, number: number, query: Query): Promise<Page<string>> {
    const asked = { number, query, nth: list.asked.length };
    meanwhile?.(list, asked);
    const [first, last] = [Date.parse(query['from'] ?? ''), Date.parse(query['to'] ?? '')];
    const all = list.held.filter(({ created }) => ignoresFilter(query) || !(created < first || created > last));
    const to = from + size;
    const next = hasCursors && to < all.length ? String(to) : undefined;
    const given = page(all.slice(from, to), {
      total: total(all.length, asked),
      next,
      isLast: hasCursors && next === undefined,
      isFull: all.length >= to,
      release: () => {
        list.released++;
      },
    });
    const bent = bend?.(given, asked) ?? given;
    if (bent instanceof Error) throw bent;
    return bent;
  }
  const list: MemoryList = {
    ...{ path: '/list', held, asked: [], released: 0 },
    page: (number, query) => {
      list.asked.push(String(number));
      return answer((number - 1) * size, number, query);
    },
    after: (cursor, query) => {
      list.asked.push(`>${cursor}`);
      return answer(Number(cursor), Number.NaN, query);
    },
  };
  return list;
}

/** What came of a reading. */
export interface Outcome {
  /** The rows, by their contents, in order. */
  readonly given: readonly string[];
  readonly covered: readonly Covered[];
  readonly tally: Tally;
  readonly error: Error | undefined;
}

/** Reads all that a reader gives; each page is released once its rows are taken. */
export async function outcomeOf(read: (tally: Tally) => Readings<string>): Promise<Outcome> {
  const tally = newTally();
  const given: string[] = [];
  const covered: Covered[] = [];
  try {
    for await (const reading of read(tally)) {
      if (reading.kind === 'covered') covered.push(reading);
      else {
        given.push(...reading.rows.map(({ content }) => content));
        reading.release();
      }
    }
  } catch (error) {
    return { given, covered, tally, error: error as Error };
  }
  return { given, covered, tally, error: undefined };
}

export const readWhole: Wanted = { range: undefined };
