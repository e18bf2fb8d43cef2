/** `load-sql`: prints SQL with which a database loads the tap's messages by itself. Needs no key and no network. */
import { packageVersion } from '../package.ts';
import type { Log } from '../report/log.ts';
import type { Dialect } from '../warehouse/dialect.ts';
import { duckdb } from '../warehouse/duckdb.ts';
import { loadOf } from '../warehouse/load.ts';
import { postgres } from '../warehouse/postgres.ts';
import { tablesOf } from '../warehouse/tables.ts';
import { discover } from './discover.ts';
import { type InputOptions, readSelection, readStreamWords } from './inputs.ts';
import type { Database, LoadSql } from './load-sql-flags.ts';

const dialects: Readonly<Record<Database, Dialect>> = { duckdb, postgres };

/**
 * The SQL for the selected streams and columns.
 *
 * @throws UserError
 */
export function loadSqlText(
  options: InputOptions & { readonly log: Log },
  { database, schema, input }: LoadSql,
): string {
  const streams = readSelection(discover(), options.catalog, readStreamWords(options), options.log);
  return loadOf(dialects[database], tablesOf(streams), { schema, input, version: packageVersion() });
}
