/**
 * The receipt of a run: by which anybody can prove that the target lost nothing of what it was given.
 *
 * A target keeps the last version of each key. So a receipt counts keys and sums amounts over the last version of each key
 * that the run wrote, not over rows: one run may write a key twice, as after a change. This needs memory for each key, so it is
 * done only when a receipt is wanted.
 *
 * A run with a state writes a part of a table, and the same must be asked of the table. What was created since the lookback
 * began is read whole, so between the first and the last creation of it the table holds just what the run wrote: that is asked
 * by creation (`range`), and stays right when later runs add to the table. What is older was read again record by record, and
 * what has no date is in no range: both are asked by key (`keys`), if they are few. Of a stream that is always read whole,
 * the whole table is asked (`table`).
 *
 * Two things a receipt cannot know. A record that Paystack no longer lists may still stand in the table: then the table has
 * more. And a stream that was not read to its end says nothing of the rest: then the table may have more as well, from an
 * earlier run (`isExact` is false).
 *
 * Only what stdout has taken is counted, so of a run that is stopped within a page, the target may have got a few rows more.
 */
import type { Config } from '../config.ts';
import type { Row } from '../paystack/list.ts';
import type { State } from '../singer/state.ts';
import { lookbackFrom } from './bookmark.ts';
import { createKeyTable, type KeyTable, type Version } from './key-table.ts';
import { type ReceiptColumns, receiptColumns } from './receipt-columns.ts';
import { askedOf, type RecordLine } from './rows.ts';
import type { StreamRun } from './stream-run.ts';

/** What some records amount to. */
export interface Figures {
  readonly keys: number;
  /** First and last creation, as written; undefined if no record has one. */
  readonly first: string | undefined;
  readonly last: string | undefined;
  readonly totals: readonly Total[];
}

export interface Total {
  /** Undefined where the stream has no column for it, null where the record has none. */
  readonly currency: string | null | undefined;
  readonly keys: number;
  /** By the column of the amount. */
  readonly sums: ReadonlyMap<string, bigint>;
}

/** Records that one query asks for. */
export interface Part extends Figures {
  readonly scope: 'table' | 'range' | 'keys';
  /** Keys of the records, as JSON texts; empty unless the scope is `keys`. */
  readonly list: readonly (readonly string[])[];
}

export interface StreamReceipt {
  readonly stream: string;
  readonly table: string;
  readonly written: number;
  /** Undefined if there were more keys than can be held. */
  readonly figures: Figures | undefined;
  readonly columns: ReceiptColumns;
  readonly parts: readonly Part[];
  /** Records that no query asks for: those that only their keys could find, and are too many. */
  readonly unasked: number;
  /** True if the stream was read to its end. */
  readonly isExact: boolean;
  readonly failure: string | undefined;
}

/** What a sync notes for its receipt. */
export interface Receipts {
  /** @param lastState the state that was written last */
  begin(runs: readonly StreamRun[], now: number, lastState: () => State | undefined): void;
  /** The columns of a stream that are to be asked of each record, beside those that its row needs. */
  columns(run: StreamRun): readonly string[];
  /** Rows that stdout has taken. */
  wrote(run: StreamRun, rows: readonly Row<RecordLine>[]): void;
  /** The stream is whole. */
  completed(run: StreamRun): void;
  streams(): StreamReceipt[];
  state(): State | undefined;
}

interface Noted {
  readonly run: StreamRun;
  readonly columns: ReceiptColumns;
  readonly table: KeyTable;
  /** Where the currency and the amounts stand among what is asked of a record. */
  readonly currencyAs: number;
  readonly amountsAs: readonly number[];
  isFull: boolean;
  isComplete: boolean;
}

/** Records that a query asks for by their keys. */
const mostListed = 1000;

export function createReceipts(config: Config): Receipts {
  const noted = new Map<StreamRun, Noted>();
  let startedAt = 0;
  let stateOf: () => State | undefined = () => undefined;
  return {
    begin(runs, now, lastState) {
      startedAt = now;
      stateOf = lastState;
      for (const run of runs) noted.set(run, noteOf(run));
    },
    columns: (run) => askedBeside(noted.get(run)!.columns),
    wrote: (run, rows) => {
      const note = noted.get(run)!;
      for (const row of rows) note.isFull ||= !note.table.put(row.key, versionOf(row, note));
    },
    completed: (run) => {
      noted.get(run)!.isComplete = true;
    },
    streams: () => [...noted.values()].map((note) => receiptOf(note, config, startedAt)),
    state: () => stateOf(),
  };
}

function noteOf(run: StreamRun): Noted {
  const columns = receiptColumns(run.stream, run.facts);
  const asked = askedOf(run.facts, askedBeside(columns));
  return {
    ...{ run, columns, table: createKeyTable(columns.amounts.length), isFull: false, isComplete: false },
    currencyAs: columns.currency === undefined ? -1 : asked.indexOf(columns.currency),
    amountsAs: columns.amounts.map((name) => asked.indexOf(name)),
  };
}

function askedBeside({ currency, amounts }: ReceiptColumns): string[] {
  return [...(currency === undefined ? [] : [currency]), ...amounts];
}

function versionOf({ created, content: { asked } }: Row<RecordLine>, { currencyAs, amountsAs }: Noted): Version {
  const amounts = amountsAs.map((at) => {
    const text = asked[at] ?? 'null';
    return text === 'null' ? undefined : BigInt(text);
  });
  return { created, currency: asked[currencyAs] ?? 'null', amounts };
}

function receiptOf(note: Noted, config: Config, now: number): StreamReceipt {
  const { run, columns, table, isFull, isComplete } = note;
  const { stream, written, failure } = run;
  const all = newGroup();
  const groups = { table: newGroup(), range: newGroup(), keys: newGroup() };
  const keys: string[] = [];
  const scopeOf = scopes(note, config, now);
  for (const [key, version] of isFull ? [] : table.versions()) {
    const scope = scopeOf(version.created);
    add(all, version);
    add(groups[scope], version);
    if (scope === 'keys' && keys.length < mostListed) keys.push(key);
  }
  const unasked = groups.keys.keys > mostListed ? groups.keys.keys : 0;
  const parts = (['table', 'range', 'keys'] as const)
    .filter((scope) => groups[scope].keys > 0 && !(scope === 'keys' && unasked > 0))
    .map((scope) => ({
      ...{ scope, list: scope === 'keys' ? keys.map((key) => key.split('\0')) : [] },
      ...figuresOf(groups[scope], columns),
    }));
  return {
    ...{ stream: stream.id, table: stream.name, written, columns, parts, unasked, failure },
    figures: isFull ? undefined : figuresOf(all, columns),
    isExact: isComplete && failure === undefined && !isFull,
  };
}

/** How the records of a stream can be asked for, by their creation. */
function scopes({ run, columns }: Noted, config: Config, now: number): (created: number) => Part['scope'] {
  const { stream, facts, start } = run;
  if (!facts.ranged || (stream.method !== 'INCREMENTAL' && !config.isBounded)) return () => 'table';
  if (columns.created === undefined) return () => 'keys';
  const since = lookbackFrom(start, config, now);
  return (created) => (created >= since ? 'range' : 'keys');
}

/** Figures in the making. */
interface Group {
  keys: number;
  first: number;
  last: number;
  readonly totals: Map<string, { keys: number; readonly sums: bigint[] }>;
}

function newGroup(): Group {
  return { keys: 0, first: Number.POSITIVE_INFINITY, last: Number.NEGATIVE_INFINITY, totals: new Map() };
}

function add(group: Group, { created, currency, amounts }: Version): void {
  group.keys++;
  if (created < group.first) group.first = created;
  if (created > group.last) group.last = created;
  const total = group.totals.get(currency) ?? { keys: 0, sums: amounts.map(() => 0n) };
  group.totals.set(currency, total);
  total.keys++;
  for (const [index, amount] of amounts.entries()) if (amount !== undefined) total.sums[index]! += amount;
}

function figuresOf({ keys, first, last, totals }: Group, { currency, amounts }: ReceiptColumns): Figures {
  const dateOf = (ms: number) => (Number.isFinite(ms) ? new Date(ms).toISOString() : undefined);
  return {
    ...{ keys, first: dateOf(first), last: dateOf(last) },
    totals: [...totals].sort().map(([text, total]) => ({
      currency: currency === undefined ? undefined : (JSON.parse(text) as string | null),
      keys: total.keys,
      sums: new Map(amounts.map((name, index) => [name, total.sums[index]!])),
    })),
  };
}
