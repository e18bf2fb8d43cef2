/** DuckDB, as people run it: its command line, and its Python module of two versions. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Command, output, run } from '../../support/commands.ts';
import { runTap, workFolder } from '../../support/tap.ts';
import { environmentOf } from './environments.ts';
import type { Loader } from './loader.ts';

/** Runs a file of SQL, and prints its last result. */
const runFile = `
import duckdb, sys
print(duckdb.connect(sys.argv[1]).execute(open(sys.argv[2], encoding='utf8').read()).fetchone()[0])
`;

/** Prints the rows of each statement, each column as text. */
const select = `
import duckdb, json, sys
text = lambda value: None if value is None else str(value)
connection = duckdb.connect(sys.argv[1])
def rows(sql):
    cursor = connection.execute(sql)
    names = [column[0] for column in cursor.description or []]
    return [dict(zip(names, map(text, row))) for row in cursor.fetchall()]
print(json.dumps([rows(sql) for sql in sys.argv[2:]]))
`;

async function pythonOf(environment: string, database: string, sqlFile: string): Promise<Command> {
  return [(await environmentOf(environment)).python, '-c', runFile, database, sqlFile];
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
    asText: (column, { format, type }) => {
      if (format === 'date-time') return `strftime(${column} AT TIME ZONE 'UTC', '%Y-%m-%dT%H:%M:%S.%gZ')`;
      const text = `${column}::VARCHAR`;
      return [type].flat().includes('number') ? `rtrim(rtrim(${text}, '0'), '.')` : text;
    },
    query: async (...statements) => {
      // A file that a newer DuckDB has made cannot be opened by an older one.
      const { python } = await environmentOf(client === 'Python, 2.0.1' ? 'duckdb' : 'target-duckdb');
      return JSON.parse(await output([python, '-c', select, database, ...statements]));
    },
  };
}
