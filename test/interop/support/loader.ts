/** What the tests of `load-sql` share: messages, a load of them, and the rows that must be in the tables then. */
import type { Test } from 'tap';
import { type Json, type Run, runTap, selecting, type workFolder } from '../../support/tap.ts';

export interface Loader {
  readonly folder: ReturnType<typeof workFolder>;
  /** Makes the SQL with these arguments of the tap. @throws Error if that fails */
  make(args: readonly string[]): Promise<void>;
  /** Pipes messages into the SQL that was made last. */
  load(messages: string): Promise<Run>;
  /** A column of this type, as the text that `rowsOf` gives of it. */
  asText(column: string, schema: Json): string;
  /** Rows of each SELECT, each column as text; or whatever else is to be done to the database. */
  query(...statements: readonly string[]): Promise<Json[][]>;
}

export async function messagesOf(args: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await runTap(args);
  if (code !== 0) throw new Error(stderr);
  return stdout;
}

/** The SQL for these streams is made; the SCHEMA messages of a run of them are given back. */
export async function makeFor(loader: Loader, streams: readonly string[]): Promise<string> {
  const args = ['--catalog', loader.folder.file('catalog.json', selecting(streams))];
  await loader.make(args);
  return messagesOf(['--test=schema', ...args]);
}

/** A load that must do well. */
export async function loads(t: Test, loader: Loader, messages: string): Promise<void> {
  const { code, stdout, stderr } = await loader.load(messages);
  t.equal(code, 0, 'it is loaded', { stderr });
  t.equal(stdout, `${lastState(messages)}\n`, 'and prints the last state, byte for byte, and nothing else');
}

/** A load that must fail and say why. What it says is given back. */
export async function refuses(t: Test, loader: Loader, messages: string, why: RegExp | string): Promise<string> {
  const { code, stdout, stderr } = await loader.load(messages);
  t.not(code, 0);
  t.equal(stdout, '', 'no state is printed');
  t.match(stderr, why);
  return stderr;
}

/** Messages as the tap writes them, of records that are given as JSON text. */
export function run(schemas: string, records: readonly string[], state = '{"bookmarks":{}}'): string {
  return `${schemas}{"type":"STATE","value":{}}\n${records.join('')}{"type":"STATE","value":${state}}\n`;
}

export function record(stream: string, text: string, version?: number): string {
  const versioned = version === undefined ? '' : `,"version":${version}`;
  return `{"type":"RECORD","stream":"${stream}","record":${text}${versioned},"time_extracted":"2026-01-02T03:04:05.678Z"}\n`;
}

/** Rows and a few columns, in the order of the key. */
export const few = (stream: string, columns: string, key = 'id') =>
  `SELECT ${columns} FROM paystack.${stream} ORDER BY ${key}`;

export const oddNumbers =
  '{"digits":12345678901234567890123456789012345678901234567890,"long":0.12345678901234567890,"huge":1e400,"tiny":1e-400,' +
  '"minus_zero":-0,"less":-0.0,"exponent":1E5,"signed":1e+5,"trailing":1.10,"plain":12.5,"zero":0,"list":[-1.50,2,3.0,-0,[1.0]],' +
  '"text":"1.10, [2.50] -0 \\"3.10\\":4.10 {\\"\\":\\"5\\",\\"\\":0}","1.10":"a\\\\","\\\\":1.20,"":"1.10","\\u0000":"\\u0000","é\\/":"\\u00e9"}';

/** A JSON text as a value in which each number is its own digits, behind a mark. */
export function exactValue(text: string): Json {
  return JSON.parse(
    text.replace(
      /("(?:[^"\\]|\\.)*")|(-?\d[\d.eE+-]*)/g,
      (_, string?: string, number?: string) => string ?? `"#${number}"`,
    ),
  );
}

/**
 * The rows that a stream's table must hold after these messages: the last of each key, each column as text, and JSON as its
 * exact value.
 */
export function rowsOf(messages: string, stream: string): Json[] {
  const lines = messages.trimEnd().split('\n');
  const { schema, key_properties } = schemaIn(lines, stream);
  const rows = new Map<string, Json>();
  for (const line of lines.filter((line) => line.startsWith(`{"type":"RECORD","stream":"${stream}",`))) {
    const { record } = exactValue(line);
    const row = Object.entries<Json>(schema.properties).map(([name, property]) => {
      const value = record[name] ?? null;
      return [name, value === null || isNested(property) ? value : String(value).replace(/^#/, '')];
    });
    rows.set(JSON.stringify(key_properties.map((name: string) => record[name])), Object.fromEntries(row));
  }
  return [...rows.values()];
}

/** The rows that the tables of streams hold, in the same form. */
export async function storedRows(loader: Loader, messages: string, streams: readonly string[]): Promise<Json[][]> {
  const lines = messages.trimEnd().split('\n');
  const schemas = streams.map((stream) => schemaIn(lines, stream).schema.properties);
  const found = await loader.query(...streams.map((stream, at) => selectAll(loader, stream, schemas[at])));
  return found.map((rows, at) =>
    rows.map((row) =>
      Object.fromEntries(
        Object.entries<Json>(row).map(([name, value]) => {
          const isValue = value !== null && isNested(schemas[at][name]);
          return [name, isValue ? exactValue(value) : value];
        }),
      ),
    ),
  );
}

function selectAll(loader: Loader, stream: string, properties: Json): string {
  const columns = Object.entries<Json>(properties).map(
    ([name, property]) => `${loader.asText(`"${name}"`, property)} AS "${name}"`,
  );
  return `SELECT ${columns.join(', ')} FROM paystack."${stream}"`;
}

function schemaIn(lines: readonly string[], stream: string): Json {
  return lines
    .filter((line) => line.startsWith('{"type":"SCHEMA"'))
    .map((line) => JSON.parse(line))
    .find((message) => message.stream === stream);
}

function isNested({ type }: Json): boolean {
  return [type].flat().some((name) => name === 'object' || name === 'array');
}

/** In an order that does not depend on the database, nor on the order of names in its JSON. */
export function sorted(rows: readonly Json[]): Json[] {
  const scalars = (row: Json) => Object.entries(row).filter(([, value]) => typeof value !== 'object');
  const keyed = rows.map((row) => [JSON.stringify(scalars(row).sort()), row] as const);
  return keyed.sort(([one], [other]) => (one < other ? -1 : 1)).map(([, row]) => row);
}

/** The value of the last STATE, in its own bytes. */
export function lastState(messages: string): string | undefined {
  const prefix = '{"type":"STATE","value":';
  return messages
    .split('\n')
    .findLast((line) => line.startsWith(prefix) && line.endsWith('}'))
    ?.slice(prefix.length, -1);
}
