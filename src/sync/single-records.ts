/** Reads single records of a stream by their keys, where a list would be more than is needed. */
import type { Ask } from '../paystack/client.ts';
import { NoAnswer, WrongAnswer } from '../paystack/errors.ts';
import type { Row, ToRows } from '../paystack/list.ts';
import type { RowsRead } from '../paystack/reading.ts';
import { midnightBefore } from '../paystack/windows.ts';

/** Records were seen again by their keys. */
export interface Revisited {
  readonly kind: 'revisited';
  readonly keys: ReadonlySet<string>;
  /** Those that are still open, with the midnights before their creation. */
  readonly open: ReadonlyMap<string, number>;
}

/** @returns what seeing rows again by their keys amounts to */
export function revisitedBy(rows: readonly Row<unknown>[], keys: Iterable<string>): Revisited {
  const open = rows.filter(({ isOpen }) => isOpen).map(({ key, created }) => [key, midnightBefore(created)] as const);
  return { kind: 'revisited', keys: new Set(keys), open: new Map(open) };
}

export interface SingleOptions<Content> {
  /** The path of the list, under which a record is found by its key. */
  readonly path: string;
  readonly endpoint: string;
  readonly rank: number;
  readonly ask: Ask;
  readonly toRows: ToRows<Content>;
}

/**
 * @returns a function of a key, as JSON text, that reads its record: exactly one row
 * @throws what asking throws, through the promise; NoAnswer for an answer with another record than was asked for
 */
export function openSingles<Content>(options: SingleOptions<Content>): (key: string) => Promise<RowsRead<Content>> {
  const { path, endpoint, rank, ask, toRows } = options;
  return (key) => {
    const id = key.startsWith('"') ? (JSON.parse(key) as string) : key;
    const question = { endpoint: `${endpoint} by key`, rank, path: `${path}/${encodeURIComponent(id)}` };
    return ask(question, ({ data, askedAt }) => {
      const { rows, release } = toRows([data], askedAt);
      if (rows.length === 0) throw new WrongAnswer('answered with no record');
      if (rows[0]!.key !== key) throw new NoAnswer(`answered with another record than ${key}`);
      return { kind: 'rows', rows, release };
    });
  };
}
