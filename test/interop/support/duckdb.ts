/** DuckDB, as people run it: its command line, and its Python module of two versions. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import t from 'tap';
import { type Command, run, start } from '../../support/commands.ts';
import { type Json, runTap, workFolder } from '../../support/tap.ts';
import { environmentOf } from './environments.ts';
import type { Loader } from './loader.ts';

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
    query: (...statements) => (client === 'Python, 2.0.1' ? ofNewest : ofOldest)(database, statements),
  };
}
