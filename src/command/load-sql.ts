/** `load-sql`: prints SQL with which a database loads the tap's messages by itself. Needs no key and no network. */
import { packageVersion } from '../package.ts';
import type { Log } from '../report/log.ts';
import { duckdbLoad } from '../warehouse/duckdb.ts';
import type { LoadOptions } from '../warehouse/load-options.ts';
import { type Table, tablesOf } from '../warehouse/tables.ts';
import { discover } from './discover.ts';
import { type InputOptions, readSelection, readStreamWords } from './inputs.ts';
import type { Database, LoadSql } from './load-sql-flags.ts';

const dialects: Readonly<Record<Database, (tables: readonly Table[], options: LoadOptions) => string>> = {
  duckdb: duckdbLoad,
};

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
  return dialects[database](tablesOf(streams), { schema, input, version: packageVersion() });
}
