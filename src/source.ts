/** From a selected stream to its readings: where the facts of the table, the catalogs and the settings meet. */
import { readSchema } from './catalogs.ts';
import type { Config } from './config.ts';
import { exactDigits, stringifyExact } from './json.ts';
import { type Parent, readChildren } from './paystack/children.ts';
import type { Ask } from './paystack/client.ts';
import { type List, openList, type Row } from './paystack/pages.ts';
import { type Reading, readList, type Tally } from './paystack/read.ts';
import { type ParentFacts, type StreamFacts, type StreamName, streams } from './paystack/streams.ts';
import type { Range } from './paystack/windows.ts';
import { type Conformed, compileConform } from './record.ts';
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
  const conform = compileConform(readSchema(name), stream.schema);
  const range: Range | undefined = facts.ranged && rangeFrom(config, bookmark, now);
  if (range !== undefined && range.from >= (range.to ?? Number.POSITIVE_INFINITY)) return nothing();

  function open<Content>(
    of: StreamName,
    path: string,
    toRow: (record: unknown) => Row<Content> | undefined,
  ): List<Content> {
    return openList({ facts: streams[of], endpoint: of, rank, path, pageSize: config.pageSize, ask, toRow });
  }

  if (facts.parent === undefined) {
    return readList(open(name, facts.path, rowMaker(facts, conform, stringifyExact)), range, ahead, tally);
  }
  const parentName = facts.parent.stream as StreamName;
  const parentFacts: StreamFacts = streams[parentName];
  const parentSchema = readSchema(parentName);
  const toParent = rowMaker(parentFacts, compileConform(parentSchema, parentSchema), (parent): Parent => parent);
  const parents = readList(open(parentName, parentFacts.path, toParent), range, () => 2, { ...tally });
  const openChild = (parent: Parent) =>
    open(name, fillPath(facts.path, parent), rowMaker(facts, conform, stringifyExact, carried(facts.parent, parent)));
  return readChildren(parents, openChild, ahead, tally);
}

/** From the bookmark less the lookback, but not before the start date. */
function rangeFrom(config: Config, bookmark: number | undefined, now: number): Range {
  const from = bookmark === undefined ? config.startMs : Math.max(config.startMs, bookmark - config.lookbackMs);
  return { from, to: config.endMs, now };
}

/** Makes rows of records as the API sends them; none of what is no object, or has no key. */
function rowMaker<Content>(
  facts: StreamFacts,
  conform: (record: object) => Conformed,
  toContent: (record: Readonly<Record<string, unknown>>) => Content,
  fromParent: Readonly<Record<string, unknown>> = {},
): (record: unknown) => Row<Content> | undefined {
  const { key, created } = facts;
  return (sent) => {
    if (typeof sent !== 'object' || sent === null || Array.isArray(sent)) return undefined;
    const whole = facts.parent ? withParent(sent as Record<string, unknown>, fromParent) : sent;
    const { record, misfits } = conform(whole);
    const values = key.map((name) => record[name]);
    if (values.some((value) => value === null || value === undefined)) return undefined;
    const date = created === undefined ? undefined : record[created];
    return {
      key: values.join('\0'),
      created: typeof date === 'string' ? Date.parse(date) : Number.NaN,
      content: toContent(record),
      misfits,
    };
  };
}

/** What the record itself says of its parent stands. */
function withParent(record: Record<string, unknown>, fromParent: Readonly<Record<string, unknown>>): object {
  for (const [name, value] of Object.entries(fromParent)) record[name] ??= value;
  return record;
}

function carried(facts: ParentFacts | undefined, parent: Parent): Record<string, unknown> {
  const columns = Object.entries(facts?.carries ?? {});
  return Object.fromEntries(columns.map(([column, field]) => [column, parent[field]]));
}

function fillPath(path: string, parent: Parent): string {
  return path.replace(/\{(\w+)\}/g, (_, field: string) => {
    const value = parent[field];
    return encodeURIComponent(exactDigits(value) ?? String(value));
  });
}

async function* nothing(): AsyncGenerator<Reading, void, undefined> {}
