/**
 * SQL that psql loads a run into PostgreSQL with: COPY takes the lines as they come, and the server reads them.
 *
 * Numbers are read as `numeric`, and objects as `json`, which is their own text: the columns make of them what they hold.
 */
import { UserError } from '../errors.ts';
import type { Dialect } from './dialect.ts';
import { type LoadOptions, standardInput } from './load-options.ts';
import { quoteName, quoteText } from './names.ts';
import { extractedAt, type Kind, type Table, tableVersion } from './tables.ts';

/** As `format_type` calls them. */
const types = {
  boolean: 'boolean',
  date: 'timestamp with time zone',
  integer: 'bigint',
  json: 'jsonb',
  number: 'numeric',
  text: 'text',
} as const satisfies Readonly<Record<Kind, string>>;

/** As what a column is read. */
const readAs: Readonly<Record<Kind, string>> = { ...types, integer: 'numeric', json: 'json' };

function check(select: string): string {
  return `SELECT pg_temp.tap_paystack_refuse(flaw) FROM (\n${select}\n) AS flaws;\n`;
}

/**
 * What psql is to do is set here, so that no flag can be forgotten. An error is one line, without the row, which holds personal
 * data. Nothing is kept in the session beside the transaction, which a pool of connections would mislay.
 */
function opening({ version, schema, input }: LoadOptions): string {
  return `-- Loads the messages of tap-paystack ${version} into PostgreSQL by psql: each stream into a table of its name.
-- They are read from ${singleLine(input)}, once. It is all one transaction: if anything fails, nothing is loaded.
-- The only output is the state, when everything before it is committed.

\\set ON_ERROR_STOP on
\\set QUIET on
\\set VERBOSITY terse
\\pset format unaligned
\\pset tuples_only on

BEGIN;
SET LOCAL client_encoding = 'UTF8';
SET LOCAL client_min_messages = warning;
SET LOCAL statement_timeout = 0;
-- To compile a statement takes longer than to run it: how many rows a temporary table has is not known.
SET LOCAL jit = off;

CREATE OR REPLACE FUNCTION pg_temp.tap_paystack_refuse(flaw text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION '%', flaw;
END $$;

CREATE OR REPLACE FUNCTION pg_temp.tap_paystack_read(
  line text, OUT type text, OUT stream text, OUT version bigint,
  OUT record json, OUT time_extracted timestamptz, OUT value json, OUT schema json
) LANGUAGE plpgsql AS $$
DECLARE
  message json;
BEGIN
  message := line;
  SELECT * INTO type, stream, version, record, time_extracted, value, schema FROM json_to_record(message) AS said(
    type text, stream text, version bigint, record json, time_extracted timestamptz, value json, schema json
  );
  type := coalesce(type, '');
EXCEPTION
  WHEN untranslatable_character THEN
    RAISE EXCEPTION 'a record of % has a text with U+0000, which PostgreSQL cannot hold: have the messages go through % before psql',
      substring(line FROM '"stream" *: *"([^"]*)"'), ${quoteText(withoutNul)};
  WHEN data_exception THEN
    type := CASE WHEN message IS NOT NULL THEN '' END;
END $$;

SELECT ${quoteText(`CREATE SCHEMA ${quoteName(schema)}`)}
WHERE NOT EXISTS (SELECT FROM pg_namespace WHERE nspname = ${quoteText(schema)}) \\gexec
SET LOCAL search_path = ${quoteName(schema)};
`;
}

/** It makes U+FFFD of each, the sign for what cannot be shown. */
const withoutNul = "sed 's/\\\\u0000/\\\\ufffd/g'";

/** A control character is always escaped in JSON. So with two of them as delimiter and quote, a line comes as it is. */
function readMessages(input: string): string {
  return `CREATE TEMP TABLE tap_paystack_lines (number bigint GENERATED ALWAYS AS IDENTITY, line text);
\\copy tap_paystack_lines (line) from ${source(input)} with (format csv, delimiter E'\\x01', quote E'\\x02')
CREATE TEMP TABLE tap_paystack_messages AS
SELECT number AS rowid, message.* FROM tap_paystack_lines, pg_temp.tap_paystack_read(line) AS message WHERE line IS NOT NULL;
DROP TABLE tap_paystack_lines;
CREATE INDEX ON tap_paystack_messages (stream, type, rowid);
`;
}

/** The standard input of psql, a file, or a packed one. */
function source(input: string): string {
  if (input === standardInput) return 'pstdin';
  if (!input.endsWith('.gz')) return quoteText(singleLine(input));
  return `program ${quoteText(`gzip -dc < '${singleLine(input).replaceAll("'", "'\\''")}'`)}`;
}

/** A command of psql ends with its line. */
function singleLine(input: string): string {
  if (!/[\r\n]/.test(input)) return input;
  throw new UserError('--input has a line break, which psql takes for the end of a command; rename the file');
}

/** Only what is missing: a table that is altered is locked, also if nothing changes. */
const addColumns = `SELECT format('ALTER TABLE %I %s', stream, string_agg(format('ADD COLUMN %I %s', name, type), ', ' ORDER BY here.ctid))
FROM tap_paystack_columns AS here
LEFT JOIN tap_paystack_stored ON table_name = stream AND column_name = name
WHERE column_name IS NULL GROUP BY stream \\gexec
`;

function rows({ name, columns }: Table): string {
  const read = columns.map((column) => `  ${quoteName(column.name)} ${readAs[column.kind]}`);
  return `SELECT fields.*, messages.time_extracted AS ${extractedAt}, messages.version AS ${tableVersion}, messages.rowid AS _sdc_sequence
FROM tap_paystack_messages AS messages, json_to_record(messages.record) AS fields(
${read.join(',\n')}
)
WHERE messages.type = 'RECORD' AND messages.stream = ${quoteText(name)}`;
}

const declared = `      SELECT DISTINCT stream, name, concat_ws(' ', replace((property->'type')::jsonb::text, ' ', ''), property->>'format') AS declared
      FROM tap_paystack_messages, json_each(schema->'properties') AS properties(name, property)
      WHERE type = 'SCHEMA'`;

const stored = `SELECT relname::text AS table_name, attname::text AS column_name,
  format_type(atttypid, atttypmod) AS data_type, coalesce(attnum = ANY (conkey), false) AS is_key
FROM pg_class
JOIN pg_attribute ON attrelid = pg_class.oid AND attnum > 0 AND NOT attisdropped
LEFT JOIN pg_constraint ON conrelid = pg_class.oid AND contype = 'p'
WHERE relnamespace = (SELECT oid FROM pg_namespace WHERE nspname = current_schema())`;

export const postgres: Dialect = {
  types,
  wider: { [types.integer]: 'numeric', [types.json]: 'json' },
  maxNameBytes: 63,
  rowId: 'ctid',
  areSame: (name, other) => `${name} = ${other}`,
  check,
  opening,
  readMessages,
  declared,
  stored,
  addColumns: () => addColumns,
  rows,
  state: 'value::text',
  keepState: (select) => `${select}\n\\gset tap_paystack_`,
  showState: '\\echo :tap_paystack_state\n',
};
