/**
 * SQL that loads a run into DuckDB.
 *
 * It is one transaction. The messages are read once, as lines, into a temporary table; what is wrong with them ends the
 * transaction; then each stream's records become typed rows, of which the last of each key goes into the stream's table. The
 * only result is the value of the last STATE, selected after the commit.
 *
 * DuckDB's reader of JSON takes numbers for doubles. So a line that it would write otherwise than it came is marked: each
 * number that it may round becomes an object with the number as text, `{"":"1.10","":-0.0}`, which is taken away again where
 * the column is read. Nothing else in a marked line looks like that, since -0.0 is itself a number that is put into an object.
 */
import { integerCheck, messageChecks, nameCheck, tableChecks } from './duckdb-checks.ts';
import type { LoadOptions } from './load-options.ts';
import { quoteName, quoteNames, quoteText } from './names.ts';
import { type Column, extractedAt, type Kind, type Table, tableVersion } from './tables.ts';

/** As DuckDB itself calls them. A number of the API is a share in percent: so many digits hold any. */
const types = {
  boolean: 'BOOLEAN',
  date: 'TIMESTAMP WITH TIME ZONE',
  integer: 'BIGINT',
  json: 'JSON',
  number: 'DECIMAL(38,18)',
  text: 'VARCHAR',
} as const satisfies Readonly<Record<Kind, string>>;

/** How a column is read from a record, in which it is text or JSON. DuckDB narrows integers itself, and ends if one does not fit. */
const readers: Readonly<Record<Kind, (name: string) => string>> = {
  boolean: (name) => `${name}::${types.boolean}`,
  date: (name) => `${name}::${types.date}`,
  integer: (name) => `tap_paystack_digits(is_marked, ${name})::HUGEINT`,
  json: (name) => `tap_paystack_json(is_marked, ${name})`,
  number: (name) => `tap_paystack_decimal(tap_paystack_digits(is_marked, ${name}))`,
  text: (name) => name,
};

/** The tap takes no answer with more. DuckDB has a buffer of twice that for each of its threads (observed). */
const maxLineBytes = 32 * 1024 * 1024;

/** The SQL, for one selection of streams and columns. It is not for a run with another one, and says so if it gets one. */
export function duckdbLoad(tables: readonly Table[], options: LoadOptions): string {
  return [
    opening(options),
    readMessages(options.input),
    messageChecks(tables, typeOf),
    ...tables.map(ensureTable),
    tableChecks,
    ...tables.map(loadTable),
    closing,
  ].join('\n');
}

function typeOf({ kind }: Pick<Column, 'kind'>): string {
  return types[kind];
}

function opening({ version, schema, input }: LoadOptions): string {
  const shown = input.replaceAll(/[\r\n]/g, ' ');
  return `-- Loads the messages of tap-paystack ${version} into DuckDB, 1.1 or newer: each stream into a table of its name.
-- They are read from ${shown}, once. It is all one transaction: if anything fails, nothing is loaded.
-- The only result is the state, when everything before it is committed.

DROP TABLE IF EXISTS temp.tap_paystack_state;
SET preserve_insertion_order = true;

-- Numbers as they came, in a line that is marked.
CREATE OR REPLACE TEMP MACRO tap_paystack_digits(is_marked, value) AS
  CASE WHEN is_marked THEN regexp_replace(value, '${marked}', '\\1') ELSE value END;
CREATE OR REPLACE TEMP MACRO tap_paystack_json(is_marked, value) AS
  CASE WHEN is_marked AND contains(value::VARCHAR, '{"":"')
    THEN regexp_replace(value::VARCHAR, '${marked}', '\\1', 'g')::JSON ELSE value END;

-- A number with more digits than the column holds would be rounded.
CREATE OR REPLACE TEMP MACRO tap_paystack_decimal(value) AS
  CASE WHEN length(regexp_extract(value, '\\.(\\d*?)0*(?:[eE]|$)', 1))
      - coalesce(TRY_CAST(nullif(regexp_extract(value, '[eE]([+-]?\\d+)$', 1), '') AS INTEGER), 0) > 18
    THEN error('the number ' || value || ' has more digits than ${types.number} holds')
    ELSE value::${types.number} END;

BEGIN TRANSACTION;
${nameCheck(schema)}CREATE SCHEMA IF NOT EXISTS ${quoteName(schema)};
SET schema = ${quoteText(quoteName(schema))};
`;
}

/** What is made of such a number in a marked line, as DuckDB writes it. */
const marked = '\\{"":"([^"]*)","":-0\\.0\\}';

/** A number that DuckDB may round: with a fraction, an exponent or many digits; and -0. */
const oddNumber = '-?(?:[0-9]+\\.[0-9]+(?:[eE][+-]?[0-9]+)?|[0-9]+[eE][+-]?[0-9]+|[0-9]{19,})|-0';

/** A string is taken whole, so that no number is found in it. */
const stringOrOddNumber = `("(?:[^"\\\\]|\\\\.)*")|(${oddNumber})`;

function readMessages(input: string): string {
  return `-- A line that is not JSON is NULL.
CREATE OR REPLACE TEMP TABLE tap_paystack_messages AS
SELECT type, stream, is_marked,
  CASE WHEN is_marked
    THEN replace(regexp_replace(line, '${stringOrOddNumber}', '\\1{"":"\\2","":-0.0}', 'g'), '{"":"","":-0.0}', '')
    ELSE line END AS line
FROM (
  SELECT fields[1] AS type, fields[2] AS stream, line,
    coalesce(fields[1] = 'RECORD' AND json(line) <> line AND regexp_matches(line, '${oddNumber}'), false) AS is_marked
  FROM (
    SELECT json::VARCHAR AS line, json_extract_string(json, ['$.type', '$.stream']) AS fields
    FROM read_ndjson_objects(${quoteText(input)}, ignore_errors = true, maximum_object_size = ${maxLineBytes})
  )
);
`;
}

function ensureTable({ name, key, columns }: Table): string {
  const keyColumns = columns.filter((column) => key.includes(column.name));
  const declared = keyColumns.map((column) => `${quoteName(column.name)} ${typeOf(column)}`);
  const others = columns.filter((column) => !keyColumns.includes(column));
  const system = [`${quoteName(extractedAt)} ${types.date}`, `${quoteName(tableVersion)} ${types.integer}`];
  const added = [...others.map((column) => `${quoteName(column.name)} ${typeOf(column)}`), ...system];
  return [
    `CREATE TABLE IF NOT EXISTS ${quoteName(name)} (${declared.join(', ')}, PRIMARY KEY (${quoteNames(key)}));`,
    ...added.map((column) => `ALTER TABLE ${quoteName(name)} ADD COLUMN IF NOT EXISTS ${column};`),
    '',
  ].join('\n');
}

function loadTable(table: Table): string {
  const { name, key, columns } = table;
  const record = columns.map(
    (column) => `${JSON.stringify(column.name)}:"${column.kind === 'json' ? 'JSON' : 'VARCHAR'}"`,
  );
  const shape = `{"record":{${record.join(',')}},"time_extracted":"VARCHAR","version":"BIGINT"}`;
  const read = columns.map(
    (column) => `  ${readers[column.kind](quoteName(column.name))} AS ${quoteName(column.name)},`,
  );
  const keyList = quoteNames(key);
  const isSame = key.map((column) => `later.${quoteName(column)} = kept.${quoteName(column)}`).join(' AND ');
  return `-- ${name.replaceAll(/[\r\n]/g, ' ')}: the last row of each key counts.
CREATE OR REPLACE TEMP TABLE tap_paystack_rows AS
SELECT
${read.join('\n')}
  ${extractedAt}::${types.date} AS ${extractedAt},
  ${tableVersion},
  _sdc_sequence
FROM (
  SELECT unnest(message.record), message.time_extracted AS ${extractedAt}, message.version AS ${tableVersion}, is_marked, _sdc_sequence
  FROM (
    SELECT json_transform(line, ${quoteText(shape)}) AS message, is_marked, rowid AS _sdc_sequence
    FROM tap_paystack_messages
    WHERE type = 'RECORD' AND stream = ${quoteText(name)}
  )
);
${integerCheck(table)}INSERT OR REPLACE INTO ${quoteName(name)} BY NAME
SELECT * EXCLUDE (_sdc_sequence) FROM tap_paystack_rows
WHERE _sdc_sequence IN (SELECT max(_sdc_sequence) FROM tap_paystack_rows GROUP BY ${keyList});
DELETE FROM ${quoteName(name)} WHERE rowid IN (
  SELECT kept.rowid
  FROM ${quoteName(name)} AS kept, (
    SELECT arg_max((line->>'$.version')::BIGINT, rowid) AS version, max(rowid) AS at
    FROM tap_paystack_messages
    WHERE type = 'ACTIVATE_VERSION' AND stream = ${quoteText(name)}
    HAVING count(*) > 0
  ) AS activated
  WHERE kept.${quoteName(tableVersion)} IS DISTINCT FROM activated.version
    AND NOT EXISTS (SELECT 1 FROM tap_paystack_rows AS later WHERE ${isSame} AND later._sdc_sequence > activated.at)
);
`;
}

/** The state in its own bytes, as the tap writes it, or as a program between does. */
const closing = `CREATE TEMP TABLE tap_paystack_state AS
SELECT CASE WHEN json_valid(value) THEN value ELSE (line->'$.value')::VARCHAR END AS state
FROM (
  SELECT line, regexp_extract(line, '^\\s*\\{\\s*"type"\\s*:\\s*"STATE"\\s*,\\s*"value"\\s*:\\s*(.*)\\}\\s*$', 1, 's') AS value
  FROM tap_paystack_messages WHERE type = 'STATE' ORDER BY rowid DESC LIMIT 1
);
DROP TABLE tap_paystack_messages;
DROP TABLE tap_paystack_rows;
DROP TABLE tap_paystack_columns;
DROP TABLE tap_paystack_keys;
DROP TABLE tap_paystack_check;
COMMIT;
RESET schema;
SELECT state FROM temp.tap_paystack_state;
`;
