/** DuckDB, as people run it: its command line, and its Python module of two versions. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import t from 'tap';
import { type Command, run, start } from '../../support/commands.ts';
import { type Json, type Run, runTap, workFolder } from '../../support/tap.ts';
import { environmentOf } from './environments.ts';

/** Runs a file of SQL, and prints its last result. */
const runFile = `
import duckdb, sys
print(duckdb.connect(sys.argv[1]).execute(open(sys.argv[2], encoding='utf8').read()).fetchone()[0])
`;

/** For each line with a database and statements, prints a line with the rows of each statement, each column as text. */
const select = `
import duckdb, json, sys
text = lambda value: None if value is None else str(value)
def rows(connection, sql):
    cursor = connection.execute(sql)
    names = [column[0] for column in cursor.description or []]
    return [dict(zip(names, map(text, row))) for row in cursor.fetchall()]
for line in sys.stdin:
    database, statements = json.loads(line)
    with duckdb.connect(database) as connection:
        print(json.dumps([rows(connection, sql) for sql in statements]), flush=True)
`;

type Ask = (database: string, statements: readonly string[]) => Promise<Json[][]>;

/** Asks one Python, question after question: to start one takes longer than its answer. */
function asking(environment: string): Ask {
  const python = environmentOf(environment).then(({ python }) => {
    const child = start([python, '-c', select], { stdio: ['pipe', 'pipe', 'inherit'] });
    t.teardown(() => child.stdin!.end());
    return { child, answers: createInterface(child.stdout!)[Symbol.asyncIterator]() };
  });
  return async (...question) => {
    const { child, answers } = await python;
    child.stdin!.write(`${JSON.stringify(question)}\n`);
    const { done, value } = await answers.next();
    if (done) throw new Error('the statements failed: Python says why on stderr');
    return JSON.parse(value);
  };
}

/** A file that a newer DuckDB has made cannot be opened by an older one. */
const [ofOldest, ofNewest] = [asking('target-duckdb'), asking('duckdb')];

/** As a file: with `-c`, DuckDB takes a person to sit there, and prints how far it is once that takes two seconds. */
async function pythonOf(environment: string, database: string, sqlFile: string): Promise<Command> {
  const script = `${sqlFile}.py`;
  writeFileSync(script, runFile);
  return [(await environmentOf(environment)).python, script, database, sqlFile];
}

type LoaderOf = (database: string, sqlFile: string) => Promise<Command>;

/** Each runs a file of SQL on a database. target-duckdb brings the oldest version that the SQL is for. */
export const clients = {
  'the command line, 1.5.6': async (database, sqlFile) => [
    (await environmentOf('duckdb-cli')).bin('duckdb'),
    database,
    '-list',
    '-noheader',
    '-f',
    sqlFile,
  ],
  'Python, 1.1.3': (database, sqlFile) => pythonOf('target-duckdb', database, sqlFile),
  'Python, 2.0.1': (database, sqlFile) => pythonOf('duckdb', database, sqlFile),
} as const satisfies Readonly<Record<string, LoaderOf>>;

export type Client = keyof typeof clients;

export interface Loader {
  readonly folder: ReturnType<typeof workFolder>;
  /** Makes the SQL with these arguments of the tap. @throws Error if that fails */
  make(args: readonly string[]): Promise<void>;
  /** Pipes messages into the SQL that was made last. */
  load(messages: string): Promise<Run>;
  /** Rows of each SELECT, each column as text; or whatever else is to be done to the database. */
  query(...statements: readonly string[]): Promise<Json[][]>;
}

/** A database of one test's own, and what loads into it. */
export function openLoader(client: Client, fileName = 'warehouse.duckdb'): Loader {
  const folder = workFolder();
  const database = join(folder.path, fileName);
  const sqlFile = join(folder.path, 'load.sql');
  return {
    folder,
    make: async (args) => {
      const { code, stdout, stderr } = await runTap(['load-sql', 'duckdb', ...args]);
      if (code !== 0) throw new Error(stderr);
      writeFileSync(sqlFile, stdout);
    },
    load: async (messages) => {
      const file = folder.file('messages.jsonl', messages);
      // A pipe of the shell's: those of Node are sockets, which have no path.
      const command = await clients[client](database, sqlFile);
      return run(['bash', '-c', 'cat "$0" | "$@"', file, ...command]);
    },
    query: (...statements) => (client === 'Python, 2.0.1' ? ofNewest : ofOldest)(database, statements),
  };
}

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
 * The rows that a stream's table must hold after these messages: the last of each key, each column as the text that `selectAll`
 * gives of it, and JSON as its exact value.
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
  const found = await loader.query(...streams.map((stream, at) => selectAll(stream, schemas[at])));
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

function selectAll(stream: string, properties: Json): string {
  const columns = Object.entries<Json>(properties).map(([name, { format, type }]) => {
    if (format === 'date-time') return `strftime("${name}" AT TIME ZONE 'UTC', '%Y-%m-%dT%H:%M:%S.%gZ') AS "${name}"`;
    if ([type].flat().includes('number')) return `rtrim(rtrim("${name}"::VARCHAR, '0'), '.') AS "${name}"`;
    return `"${name}"::VARCHAR AS "${name}"`;
  });
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

/** In an order that does not depend on the database. */
export function sorted(rows: readonly Json[]): Json[] {
  return rows
    .map((row) => [JSON.stringify(row), row])
    .sort(([one], [other]) => (one < other ? -1 : 1))
    .map(([, row]) => row);
}

/** The value of the last STATE, in its own bytes. */
export function lastState(messages: string): string | undefined {
  const prefix = '{"type":"STATE","value":';
  return messages
    .split('\n')
    .findLast((line) => line.startsWith(prefix) && line.endsWith('}'))
    ?.slice(prefix.length, -1);
}
