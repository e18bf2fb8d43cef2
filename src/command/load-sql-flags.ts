/** The words and flags of `load-sql`. */
import type { Argv } from 'yargs';
import { standardInput } from '../warehouse/load-options.ts';

/** Databases that there is SQL for. */
export const databases = ['duckdb', 'postgres'] as const;
export type Database = (typeof databases)[number];

/** What `load-sql` is asked for, beside the choice of streams. */
export interface LoadSql {
  readonly database: Database;
  readonly schema: string;
  readonly input: string;
}

export const loadSqlCommand = 'load-sql';

/** They go with the command alone. */
export const loadSqlFlags = {
  schema: { type: 'string', requiresArg: true, default: 'paystack', describe: 'Schema that the tables are in' },
  input: {
    type: 'string',
    requiresArg: true,
    default: standardInput,
    describe: 'File with the messages, which may be a .gz',
  },
} as const;

const named = { schema: 'the schema that the tables are to be in', input: 'the file with the messages' } as const;

/** Flags of the tap that ask for something else. */
const otherWork = ['state', 'discover', 'test', 'plan', 'about', 'format', 'report'];

export function describeLoadSql(command: Argv): Argv {
  return command
    .usage(`$0 ${loadSqlCommand} ${databases.join('|')} [--config …] [--catalog …] [--streams …] > load.sql`)
    .positional('database', { type: 'string', describe: `What is to run the SQL: ${databases.join(', ')}` })
    .options(loadSqlFlags);
}

/**
 * What the command line asks of `load-sql`; undefined if it asks for something else, be it help.
 *
 * @throws Error for a flag that does not go with it, and for a database that there is no SQL for
 */
export function loadSqlIn(args: Readonly<Record<string, unknown>>): LoadSql | undefined {
  const [command] = args['_'] as readonly unknown[];
  if (command !== loadSqlCommand || args['help']) return undefined;
  const stray = otherWork.find((name) => isGiven(args[name]));
  if (stray !== undefined) throw new Error(`--${stray} does not go with ${loadSqlCommand}, which prints SQL alone`);
  const last = (name: string) => [args[name]].flat().at(-1) as string;
  for (const [name, what] of Object.entries(named)) {
    if (last(name).trim() === '') throw new Error(`--${name} is empty: name ${what}`);
  }
  return { database: databaseNamed(args['database']), schema: last('schema'), input: last('input') };
}

function databaseNamed(word: unknown): Database {
  const known = databases.find((name) => name === word);
  if (known !== undefined) return known;
  if (word === undefined) throw new Error(`${loadSqlCommand} wants the name of a database: ${databases.join(', ')}`);
  throw new Error(`${loadSqlCommand} has SQL for ${databases.join(', ')}, and not for "${word}"`);
}

function isGiven(value: unknown): boolean {
  return Array.isArray(value) ? value.length > 0 : value !== undefined && value !== false;
}
