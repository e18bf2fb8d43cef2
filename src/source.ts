/** From a selected stream to its readings: where the facts of the table, the catalogs and the settings meet. */
import { readSchema } from './catalogs.ts';
import type { Config } from './config.ts';
import { type Parent, readChildren } from './paystack/children.ts';
import type { Ask } from './paystack/client.ts';
import { type List, type ListOptions, openList } from './paystack/pages.ts';
import { type Reading, readList, type Tally } from './paystack/read.ts';
import { type ParentFacts, type StreamFacts, type StreamName, streams } from './paystack/streams.ts';
import type { Range } from './paystack/windows.ts';
import { compileParents, compileRows } from './rows.ts';
import type { SelectedStream } from './singer/selection.ts';

export interface SourceOptions {
  readonly config: Config;
  readonly ask: Ask;
  /** Start of the run, milliseconds since 1970. */
  readonly now: number;
  /** Pages of one stream that may be in flight or waiting. */
  readonly ahead: () => number;
}

/**
 * The readings of one stream, its records conformed.
 *
 * @param bookmark where it resumes, milliseconds since 1970; undefined for the start date
 * @param rank of its requests among those of other streams
 */
export function openSource(
  stream: SelectedStream,
  bookmark: number | undefined,
  rank: number,
  tally: Tally,
  { config, ask, now, ahead }: SourceOptions,
): AsyncIterable<Reading> {
  const name = stream.id as StreamName;
  const facts: StreamFacts = streams[name];
  const range: Range | undefined = facts.ranged && rangeFrom(config, bookmark, now);
  if (range !== undefined && range.from >= (range.to ?? Number.POSITIVE_INFINITY)) return nothing();

  function open<Content>(of: StreamName, path: string, toRows: ListOptions<Content>['toRows']): List<Content> {
    return openList({ facts: streams[of], endpoint: of, rank, path, pageSize: config.pageSize, ask, toRows });
  }

  const toRows = compileRows(facts, readSchema(name), stream.schema);
  if (facts.parent === undefined) return readList(open(name, facts.path, toRows()), range, ahead, tally);
  const parentName = facts.parent.stream as StreamName;
  const parentFacts: StreamFacts = streams[parentName];
  const fields = [...Object.values(facts.parent.carries), ...fieldsIn(facts.path)];
  const toParents = compileParents(parentFacts, readSchema(parentName), fields);
  const parents = readList(open(parentName, parentFacts.path, toParents), range, () => 2, { ...tally });
  const openChild = (parent: Parent) => open(name, fillPath(facts.path, parent), toRows(carried(facts.parent, parent)));
  return readChildren(parents, openChild, ahead, tally);
}

/** From the bookmark less the lookback, but not before the start date. */
function rangeFrom(config: Config, bookmark: number | undefined, now: number): Range {
  const from = bookmark === undefined ? config.startMs : Math.max(config.startMs, bookmark - config.lookbackMs);
  return { from, to: config.endMs, now };
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

async function* nothing(): AsyncGenerator<Reading, void, undefined> {}
