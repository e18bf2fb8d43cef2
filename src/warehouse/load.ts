/**
 * SQL that loads a run into a database.
 *
 * It is one transaction. The messages are read once, as lines, into a temporary table; what is wrong with them ends the
 * transaction; then each stream's records become typed rows, of which the last of each key goes into the stream's table. The
 * only output is the value of the last STATE, after the commit.
 */
import { UserError } from '../errors.ts';
import { integerCheck, messageChecks, tableChecks } from './checks.ts';
import type { Dialect } from './dialect.ts';
import type { LoadOptions } from './load-options.ts';
import { quoteName, quoteNames, quoteText } from './names.ts';
import { extractedAt, type Table, tableVersion } from './tables.ts';

/**
 * The SQL, for one selection of streams and columns. It is not for a run with another one, and says so if it gets one.
 *
 * @throws UserError if a name or the input is none that the database can take
 */
export function loadOf(dialect: Dialect, tables: readonly Table[], options: LoadOptions): string {
  checkNames(dialect, [
    options.schema,
    ...tables.flatMap(({ name, columns }) => [name, ...columns.map(({ name }) => name)]),
  ]);
  return [
    dialect.opening(options),
    dialect.readMessages(options.input),
    messageChecks(dialect, tables),
    `CREATE TEMP VIEW tap_paystack_stored AS\n${dialect.stored};\n`,
    ...tables.map((table) => createTable(dialect, table)),
    dialect.addColumns(tables),
    tableChecks(dialect),
    ...tables.map((table) => loadTable(dialect, table)),
    closing(dialect),
  ].join('\n');
}

/** @throws UserError */
function checkNames({ maxNameBytes = Number.POSITIVE_INFINITY }: Dialect, names: readonly string[]): void {
  const long = names.find((name) => Buffer.byteLength(name) > maxNameBytes);
  if (long === undefined) return;
  throw new UserError(
    `the name "${long}" is longer than the ${maxNameBytes} bytes that the database keeps of it; shorten it`,
  );
}

/** With the columns of the key alone, which cannot be added later. */
function createTable({ types }: Dialect, { name, key, columns }: Table): string {
  const declared = columns
    .filter((column) => key.includes(column.name))
    .map((column) => `${quoteName(column.name)} ${types[column.kind]}`);
  return `CREATE TABLE IF NOT EXISTS ${quoteName(name)} (${declared.join(', ')}, PRIMARY KEY (${quoteNames(key)}));`;
}

function loadTable(dialect: Dialect, table: Table): string {
  const { name, key, columns } = table;
  const loaded = [...columns.map((column) => column.name), extractedAt, tableVersion];
  const others = loaded.filter((column) => !key.includes(column)).map(quoteName);
  const isSame = key.map((column) => `later.${quoteName(column)} = kept.${quoteName(column)}`).join(' AND ');
  return `-- ${name.replaceAll(/[\r\n]/g, ' ')}: the last row of each key counts.
CREATE TEMP TABLE tap_paystack_rows AS
${dialect.rows(table)};
${integerCheck(dialect, table)}INSERT INTO ${quoteName(name)} (${quoteNames(loaded)})
SELECT ${quoteNames(loaded)} FROM tap_paystack_rows
WHERE _sdc_sequence IN (SELECT max(_sdc_sequence) FROM tap_paystack_rows GROUP BY ${quoteNames(key)})
ON CONFLICT (${quoteNames(key)}) DO UPDATE SET ${others.map((column) => `${column} = excluded.${column}`).join(', ')};
DELETE FROM ${quoteName(name)} WHERE ${dialect.rowId} IN (
  SELECT kept.${dialect.rowId}
  FROM ${quoteName(name)} AS kept, (
    SELECT version, rowid AS at FROM tap_paystack_messages
    WHERE type = 'ACTIVATE_VERSION' AND stream = ${quoteText(name)}
    ORDER BY rowid DESC LIMIT 1
  ) AS activated
  WHERE kept.${quoteName(tableVersion)} IS DISTINCT FROM activated.version
    AND NOT EXISTS (SELECT 1 FROM tap_paystack_rows AS later WHERE ${isSame} AND later._sdc_sequence > activated.at)
);
DROP TABLE tap_paystack_rows;
`;
}

function closing({ state, keepState, showState }: Dialect): string {
  const last = `SELECT ${state} AS state FROM tap_paystack_messages WHERE type = 'STATE' ORDER BY rowid DESC LIMIT 1`;
  return `${keepState(last)}
DROP VIEW tap_paystack_stored;
DROP TABLE tap_paystack_messages;
DROP TABLE tap_paystack_columns;
DROP TABLE tap_paystack_keys;
COMMIT;
${showState}`;
}
