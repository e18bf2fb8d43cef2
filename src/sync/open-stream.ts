/** From a selected stream to its readings: where the facts of the table, the catalogs and the settings meet. */

import type { Config } from '../config.ts';
import { type Parent, readChildren } from '../paystack/children.ts';
import type { Ask } from '../paystack/client.ts';
import { Refused, WrongAnswer } from '../paystack/errors.ts';
import { type List, type ListOptions, noRows, openList, type Row } from '../paystack/list.ts';
import { type Reading, type RowsRead, readList, type Tally } from '../paystack/reader.ts';
import { type ParentFacts, type StreamFacts, type StreamName, streams } from '../paystack/streams.ts';
import { dayMs, isInRange, type Range } from '../paystack/windows.ts';
import { readSchema } from '../record/schemas.ts';
import type { RecordFrame } from '../singer/messages.ts';
import type { SelectedStream } from '../singer/selection.ts';
import { type Position, rangeFrom } from './bookmark.ts';
import { compileParents, compileRows, type RecordLine } from './rows.ts';

export interface SourceOptions {
  readonly config: Config;
  readonly ask: Ask;
  /** Start of the run, milliseconds since 1970. */
  readonly now: number;
  /** Pages of one stream that may be in flight or waiting. */
  readonly ahead: () => number;
  /** What is written around each record. */
  readonly frame: (askedAt: number) => RecordFrame;
}

/**
 * The readings of one stream, its records conformed.
 *
 * @param position where it resumes
 * @param rank of its requests among those of other streams
 */
export function openSource(
  stream: SelectedStream,
  position: Position,
  rank: number,
  tally: Tally,
  { config, ask, now, ahead, frame }: SourceOptions,
): AsyncIterable<Reading<RecordLine>> {
  const name = stream.id as StreamName;
  const facts: StreamFacts = streams[name];
  const range: Range | undefined = facts.ranged && rangeFrom(position, config, now);
  if (facts.ranged && range === undefined) return nothing();

  function open<Content>(of: StreamName, path: string, toRows: ListOptions<Content>['toRows']): List<Content> {
    return openList({ facts: streams[of], endpoint: of, rank, path, pageSize: config.pageSize, ask, toRows });
  }

  const toRows = compileRows(facts, readSchema(name), stream.schema, frame);
  if (facts.parent === undefined) return readList(open(name, facts.path, toRows()), range, ahead, tally);
  const parentName = facts.parent.stream as StreamName;
  const parentFacts: StreamFacts = streams[parentName];
  const fields = [...Object.values(facts.parent.carries), ...fieldsIn(facts.path)];
  const toParents = compileParents(parentFacts, readSchema(parentName), fields);
  const parents = readList(open(parentName, parentFacts.path, toParents), range, () => 2, { ...tally });
  const openChild = (parent: Parent) => open(name, fillPath(facts.path, parent), toRows(carried(facts.parent, parent)));
  return readChildren(parents, openChild, ahead, tally);
}

/** How far back the open records of a stream are read, in milliseconds. */
export function openLookbackOf(stream: SelectedStream, config: Config): number {
  const { maxOpenDays }: StreamFacts = streams[stream.id as StreamName];
  return Math.min(config.openLookbackMs, maxOpenDays === undefined ? Number.POSITIVE_INFINITY : maxOpenDays * dayMs);
}

/** The stream whose records this one's change; undefined if it changes none. */
export function changedBy(stream: SelectedStream): string | undefined {
  const { changes }: StreamFacts = streams[stream.id as StreamName];
  return changes?.stream;
}

/**
 * Reads single records of a stream by their keys, as JSON text.
 *
 * @param position where the stream resumed: what it reads from there anyhow is not given, nor what the settings leave out
 * @returns a function whose reading has one row or, for those and for a record that is not there, none
 */
export function openRecords(
  stream: SelectedStream,
  position: Position,
  rank: number,
  { config, ask, now, frame }: SourceOptions,
): (key: string) => Promise<RowsRead<RecordLine>> {
  const name = stream.id as StreamName;
  const facts: StreamFacts = streams[name];
  const read = rangeFrom(position, config, now);
  const allowed = rangeFrom({ reached: undefined, openDays: new Set() }, config, now);
  const isMissed = ({ created }: Row<unknown>) =>
    Number.isNaN(created) || (!isIn(created, read) && isIn(created, allowed));
  const toRows = compileRows(facts, readSchema(name), stream.schema, frame)();
  return async (key) => {
    const question = { endpoint: `${name} by key`, rank, path: `${facts.path}/${encodeURIComponent(key)}` };
    try {
      return await ask(question, ({ data, askedAt }) => {
        const { rows, release } = toRows([data], askedAt);
        if (rows.length === 0) throw new WrongAnswer('answered with no record');
        return { kind: 'rows', rows: rows.filter(isMissed), release };
      });
    } catch (error) {
      // Documented: 404 or 400 for a key that Paystack does not know.
      if (
        error instanceof Refused &&
        (error.status === 400 || (error.isPaystacks && [403, 404].includes(error.status)))
      ) {
        return { kind: 'rows', ...noRows };
      }
      throw error;
    }
  };
}

function isIn(created: number, range: Range | undefined): boolean {
  return range !== undefined && isInRange(created, range);
}

/** The child's columns that come from its parent. */
function carried(facts: ParentFacts | undefined, parent: Parent): Parent {
  const columns = Object.entries(facts?.carries ?? {});
  return Object.fromEntries(columns.map(([column, field]) => [column, parent[field]!]));
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

async function* nothing(): AsyncGenerator<Reading<never>, void, undefined> {}
