/** From a selected stream to its readings: where the facts of the table, the catalogs, the bookmark and the settings meet. */
import type { Config } from '../config.ts';
import { ForeseenError } from '../errors.ts';
import { type Parent, readChildren } from '../paystack/children.ts';
import type { Ask } from '../paystack/client.ts';
import { newTally, type Tally, type Wanted } from '../paystack/ledger.ts';
import { type List, openList, type Row, type ToRows } from '../paystack/list.ts';
import { readList } from '../paystack/reader.ts';
import type { Reading } from '../paystack/reading.ts';
import type { StreamFacts } from '../paystack/stream-facts.ts';
import { type StreamName, streams } from '../paystack/streams.ts';
import { dayMs, midnightBefore, pagesIn, queryOf, type Range, type Span } from '../paystack/windows.ts';
import { inOrder, toAsync } from '../prefetch.ts';
import { readSchema } from '../record/schemas.ts';
import type { RecordFrame } from '../singer/messages.ts';
import type { SelectedStream } from '../singer/selection.ts';
import { joined, lookbackFrom, olderThan, type Position, type Remembered } from './bookmark.ts';
import { type Plan, planOf } from './plan.ts';
import { compileParents, compileRows, type RecordLine } from './rows.ts';
import { openSingles, type Revisited, revisitedBy } from './single-records.ts';

export interface OpenOptions {
  readonly config: Config;
  readonly ask: Ask;
  /** Start of the run, milliseconds since 1970. */
  readonly now: number;
  /** Pages of one stream that may be in flight or waiting. */
  readonly ahead: () => number;
  /** True if what is not listed is to be removed from the warehouse: two readings must agree. */
  readonly mustAgree: boolean;
  /** What is written around each record. */
  readonly frame: (askedAt: number) => RecordFrame;
  /** Columns that are asked of each record, beside those that its row needs. */
  readonly beside: readonly string[];
}

/** What a stream gives: rows, how far everything is read, and what was seen again by its key. */
export type StreamReading = Reading<RecordLine> | Revisited;

type StreamReadings<Result = void> = AsyncGenerator<StreamReading, Result, undefined>;

/** A stream that is about to be read. */
interface Opening {
  readonly facts: StreamFacts;
  readonly name: StreamName;
  readonly rank: number;
  readonly position: Position;
  readonly tally: Tally;
  readonly options: OpenOptions;
  /** Makes the rows of its records, which get what they have from their parent. */
  readonly toRows: (fromParent?: Parent) => ToRows<RecordLine>;
}

/** Clocks differ: what changed less than this before the last run began may have changed after it. */
const clockMarginMs = dayMs;

/** Refusals in a row of single records, after which the others are looked for in the list. */
const maxRefusals = 3;

/**
 * The readings of one stream, its records conformed.
 *
 * @param position where it resumes
 * @param rank of its requests among those of other streams
 */
export function openStream(
  stream: SelectedStream,
  position: Position,
  rank: number,
  tally: Tally,
  options: OpenOptions,
): StreamReadings {
  const name = stream.id as StreamName;
  const facts: StreamFacts = streams[name];
  const toRows = compileRows(facts, readSchema(name), stream.schema, options.frame, options.beside);
  const opening: Opening = { facts, name, rank, position, tally, options, toRows };
  return facts.parent === undefined ? readOwn(opening) : readUnderParents(opening, facts.parent.stream as StreamName);
}

/** The records of a list of its own: those that are had by their keys first. */
async function* readOwn(opening: Opening): StreamReadings {
  const { facts, name, position, tally, options, toRows } = opening;
  const list = listOf(opening, name, facts.path, toRows());
  if (!facts.ranged) {
    yield* readList(list, { range: undefined, mustAgree: options.mustAgree }, options.ahead, tally);
    return;
  }
  const { since, older, plan } = await dueOf(list, facts, position, options);
  const left = yield* readSingles(opening, plan.keys);
  const spans = [...plan.spans, ...left.map((key) => dayOf(older.keys.get(key)!))];
  const range = rangeOf(spans, since, facts, options);
  if (range === undefined) return;
  const isWanted = (row: Row<unknown>) =>
    !(row.created < since) || row.isOpen || older.keys.has(row.key) || mayHaveChanged(row, position);
  yield* readList(list, { range, isWanted, mustAgree: options.mustAgree }, options.ahead, tally);
}

/**
 * Reads records by their keys.
 *
 * @returns those that are left to be found in the list, as they were refused
 */
async function* readSingles(opening: Opening, keys: readonly string[]): StreamReadings<string[]> {
  const { facts, name, rank, options, toRows } = opening;
  const read = openSingles({ path: facts.path, endpoint: name, rank, ask: options.ask, toRows: toRows() });
  const left: string[] = [];
  let refusals = 0;
  const tasks = keys.map((key) => async () => {
    if (refusals >= maxRefusals) return { key, rows: undefined };
    try {
      const rows = await read(key);
      refusals = 0;
      return { key, rows };
    } catch (error) {
      if (!(error instanceof ForeseenError) || error.remedy !== 'end the stream') throw error;
      refusals++;
      return { key, rows: undefined };
    }
  });
  for await (const { key, rows } of inOrder(toAsync(tasks), () => options.config.concurrency)) {
    if (rows === undefined) {
      left.push(key);
      continue;
    }
    yield { ...rows, rows: rows.rows.filter(({ created }) => isAllowed(created, options.config)) };
    yield revisitedBy(rows.rows, [key]);
  }
  return left;
}

/** The records of the lists that hang under the records of another. */
async function* readUnderParents(opening: Opening, parentName: StreamName): StreamReadings {
  const { facts, name, position, tally, options, toRows } = opening;
  const { ahead, mustAgree } = options;
  const parentFacts: StreamFacts = streams[parentName];
  const { carries } = facts.parent!;
  const fields = [...Object.values(carries), ...fieldsIn(facts.path)];
  const parents = listOf(
    opening,
    parentName,
    parentFacts.path,
    compileParents(parentFacts, readSchema(parentName), fields),
  );
  let wanted: Wanted = { range: undefined, mustAgree };
  let isVisited = (_: Row<Parent>) => true;
  if (facts.ranged) {
    const { since, older, plan } = await dueOf(parents, facts, position, options);
    const range = rangeOf(plan.spans, since, facts, options);
    if (range === undefined) return;
    wanted = { range, mustAgree };
    isVisited = (parent) => {
      const isRemembered = older.keys.has(parent.key) || older.days.has(midnightBefore(parent.created));
      return !(parent.created < since) || parent.isOpen || isRemembered || hasChanged(parent, position);
    };
  }
  const open = (parent: Parent) =>
    listOf(opening, name, fillPath(facts.path, parent), toRows(carried(carries, parent)));
  const isEmptyBelieved = facts.paging === 'single';
  const wantedChildren = { range: undefined, isEmptyBelieved, mustAgree };
  yield* readChildren(
    readList(parents, wanted, () => 2, newTally()),
    { open, isVisited, wanted: wantedChildren, ahead, tally },
  );
}

export function listOf<Content>(
  { rank, options }: { readonly rank: number; readonly options: Pick<OpenOptions, 'config' | 'ask'> },
  of: StreamName,
  path: string,
  toRows: ToRows<Content>,
): List<Content> {
  const { config, ask } = options;
  return openList({ facts: streams[of], endpoint: of, rank, path, pageSize: config.pageSize, ask, toRows });
}

/** What a run reads of a list that is filtered by creation. */
export interface Due {
  /** Where the lookback begins, milliseconds since 1970. */
  readonly since: number;
  /** What is to be seen again from before it. */
  readonly older: Remembered;
  /** How. */
  readonly plan: Plan;
}

/** Finds out what a run reads of a list of its own, or of its parents; what that costs is asked of the list. */
export async function dueOf(
  list: Pick<List<unknown>, 'page'>,
  facts: StreamFacts,
  position: Position,
  { config, now }: Pick<OpenOptions, 'config' | 'now'>,
): Promise<Due> {
  const since = lookbackFrom(position, config, now);
  const older = olderThan(since, position, now);
  const canFetch = facts.fetchedBy !== undefined && facts.parent === undefined;
  return { since, older, plan: await planOf({ older, since, canFetch, pagesOf: pagesOf(list, facts, now) }) };
}

/** Asks how many pages a span has. */
function pagesOf(
  list: Pick<List<unknown>, 'page'>,
  { needsBothEnds = false }: StreamFacts,
  now: number,
): (span: Span) => Promise<number | undefined> {
  return async (span) => {
    const first = await list.page(1, queryOf(span, { now, needsBothEnds }));
    first.release();
    const pages = pagesIn(first);
    return Number.isFinite(pages) && first.isFiltered ? Math.max(1, pages) : undefined;
  };
}

/** @returns undefined if the settings leave nothing to be read */
export function rangeOf(
  spans: Plan['spans'],
  since: number,
  { needsBothEnds = false }: StreamFacts,
  options: Pick<OpenOptions, 'config' | 'now'>,
): Range | undefined {
  const { config, now } = options;
  const to = config.endMs ?? Number.POSITIVE_INFINITY;
  const within = joined([...spans, { from: since, to }])
    .map((span) => ({ from: Math.max(span.from, config.startMs), to: Math.min(span.to, to) }))
    .filter((span) => span.from < span.to);
  return within.length === 0 ? undefined : { spans: within, now, needsBothEnds };
}

/** True for a record that a run reads without being asked to: it lies in the lookback, or was open when last seen. */
export function isReadAnyhow({ key, created }: Row<unknown>, position: Position, config: Config, now: number): boolean {
  return created >= lookbackFrom(position, config, now) || position.open.keys.has(key);
}

/** True for what the settings do not leave out, and for a record without a date. */
export function isAllowed(created: number, { startMs, endMs = Number.POSITIVE_INFINITY }: Config): boolean {
  return !(created < startMs || created >= endMs);
}

/** False for a record that says that it has not changed since the run that last read everything. */
function mayHaveChanged(row: Row<unknown>, position: Position): boolean {
  return Number.isNaN(row.updated) || hasChanged(row, position);
}

/** True for a record that says that it has changed since. */
export function hasChanged({ updated }: Pick<Row<unknown>, 'updated'>, { asOf }: Position): boolean {
  return updated >= (asOf ?? Number.NEGATIVE_INFINITY) - clockMarginMs;
}

function dayOf(midnight: number): Span {
  return { from: midnight, to: midnight + dayMs };
}

/** The child's columns that come from its parent. */
function carried(carries: Readonly<Record<string, string>>, parent: Parent): Parent {
  return Object.fromEntries(Object.entries(carries).map(([column, field]) => [column, parent[field]!]));
}

const placeholder = /\{(\w+)\}/g;

function fieldsIn(path: string): string[] {
  return [...path.matchAll(placeholder)].map(([, field]) => field!);
}

function fillPath(path: string, parent: Parent): string {
  return path.replace(placeholder, (_, field: string) => {
    const text = parent[field]!;
    return encodeURIComponent(text.startsWith('"') ? JSON.parse(text) : text);
  });
}
