/**
 * SQL that loads a run into DuckDB.
 *
 * DuckDB's reader of JSON takes numbers for doubles. So a line that it would write otherwise than it came is marked: each
 * number that it may round becomes an object with the number as text, `{"":"1.10","":-0.0}`, which is taken away again where
 * the column is read. Nothing else in a marked line looks like that, since -0.0 is itself a number that is put into an object.
 */
import type { Dialect } from './dialect.ts';
import type { LoadOptions } from './load-options.ts';
import { quoteName, quoteText } from './names.ts';
import { extractedAt, type Kind, type Table, tableVersion } from './tables.ts';

/** A number of the API is a share in percent: so many digits hold any. */
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

/** As a table: a SELECT alone would have a result. */
function check(select: string): string {
  return `CREATE OR REPLACE TEMP TABLE tap_paystack_check AS SELECT error(flaw) AS flaw FROM (\n${select}\n);\n`;
}

/** Whether the schema can be named: where the database has the same name, DuckDB 2 finds that ambiguous (observed). */
function nameCheck(schema: string): string {
  return check(`  SELECT 'the database is called "' || name || '", as the schema is, and DuckDB takes one for the other: name the file'
    || ' otherwise, or make the SQL with another --schema' AS flaw
  FROM (SELECT current_database() AS name) WHERE lower(name) = lower(${quoteText(schema)})`);
}

function opening({ version, schema, input }: LoadOptions): string {
  const shown = input.replaceAll(/[\r\n]/g, ' ');
  return `-- Loads the messages of tap-paystack ${version} into DuckDB, 1.1 or newer: each stream into a table of its name.
-- They are read from ${shown}, once. It is all one transaction: if anything fails, nothing is loaded.
-- The only result is the state, when everything before it is committed.

-- The Python module shows the progress of what takes two seconds, on stdout.
SET enable_progress_bar = false;
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
  return `-- A line that is not JSON is NULL, and so is its type.
CREATE TEMP TABLE tap_paystack_messages AS
SELECT type, stream, version, is_marked,
  CASE WHEN is_marked
    THEN replace(regexp_replace(line, '${stringOrOddNumber}', '\\1{"":"\\2","":-0.0}', 'g'), '{"":"","":-0.0}', '')
    ELSE line END AS line
FROM (
  SELECT coalesce(fields[1], CASE WHEN json IS NOT NULL THEN '' END) AS type, fields[2] AS stream, TRY_CAST(fields[3] AS BIGINT) AS version, line,
    coalesce(fields[1] = 'RECORD' AND json(line) <> line AND regexp_matches(line, '${oddNumber}'), false) AS is_marked
  FROM (
    SELECT json, json::VARCHAR AS line, json_extract_string(json, ['$.type', '$.stream', '$.version']) AS fields
    FROM read_ndjson_objects(${quoteText(input)}, ignore_errors = true, maximum_object_size = ${maxLineBytes})
  )
);
`;
}

function addColumns(tables: readonly Table[]): string {
  return tables.map(addColumnsTo).join('\n');
}

function addColumnsTo({ name, key, columns }: Table): string {
  const others = columns.filter((column) => !key.includes(column.name));
  const system = [`${quoteName(extractedAt)} ${types.date}`, `${quoteName(tableVersion)} ${types.integer}`];
  return [...others.map((column) => `${quoteName(column.name)} ${types[column.kind]}`), ...system]
    .map((column) => `ALTER TABLE ${quoteName(name)} ADD COLUMN IF NOT EXISTS ${column};\n`)
    .join('');
}

function rows({ name, columns }: Table): string {
  const record = columns.map(
    (column) => `${JSON.stringify(column.name)}:"${column.kind === 'json' ? 'JSON' : 'VARCHAR'}"`,
  );
  const shape = `{"record":{${record.join(',')}},"time_extracted":"VARCHAR","version":"BIGINT"}`;
  const read = columns.map(
    (column) => `  ${readers[column.kind](quoteName(column.name))} AS ${quoteName(column.name)},`,
  );
  return `SELECT
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
)`;
}

const declared = `      SELECT DISTINCT stream, name, concat_ws(' ', (line->(path || '.type'))::VARCHAR, line->>(path || '.format')) AS declared
      FROM (
        SELECT stream, line, name, '$.schema.properties."' || name || '"' AS path
        FROM (
          SELECT stream, line, unnest(json_keys(line, '$.schema.properties')) AS name
          FROM tap_paystack_messages WHERE type = 'SCHEMA'
        )
      )`;

const stored = `SELECT table_name, column_name, data_type, coalesce(list_contains(constraint_column_names, column_name), false) AS is_key
FROM duckdb_columns()
LEFT JOIN (SELECT * FROM duckdb_constraints() WHERE constraint_type = 'PRIMARY KEY') AS keys
  USING (database_name, schema_name, table_name)
WHERE database_name = current_database() AND schema_name = current_schema()`;

/** The state in its own bytes, as the tap writes it, or as a program between does. */
const stateText = `regexp_extract(line, '^\\s*\\{\\s*"type"\\s*:\\s*"STATE"\\s*,\\s*"value"\\s*:\\s*(.*)\\}\\s*$', 1, 's')`;

export const duckdb: Dialect = {
  types,
  wider: { [types.integer]: 'HUGEINT' },
  rowId: 'rowid',
  areSame: (name, other) => `lower(${name}) = lower(${other})`,
  check,
  opening,
  readMessages,
  declared,
  stored,
  addColumns,
  rows,
  state: `CASE WHEN json_valid(${stateText}) THEN ${stateText} ELSE (line->'$.value')::VARCHAR END`,
  keepState: (select) => `CREATE TEMP TABLE tap_paystack_state AS\n${select};`,
  showState: 'DROP TABLE temp.tap_paystack_check;\nRESET schema;\nSELECT state FROM temp.tap_paystack_state;\n',
};
