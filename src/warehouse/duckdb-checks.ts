/** What ends the transaction of a load before it changes a row: each check says in one line what is wrong, and what to do. */
import { quoteName, quoteText } from './names.ts';
import { type Column, extractedAt, type Table, tableVersion } from './tables.ts';

/** So that the line stays readable. */
const maxListed = 5;

/** @param select gives a text, `flaw`, for what is wrong, and no row if nothing is */
function check(select: string): string {
  return `CREATE OR REPLACE TEMP TABLE tap_paystack_check AS SELECT error(flaw) AS flaw FROM (\n${select}\n);\n`;
}

/** Whether the schema can be named: where the database has the same name, DuckDB 2 finds that ambiguous (observed). */
export function nameCheck(schema: string): string {
  return check(`  SELECT 'the database is called "' || name || '", as the schema is, and DuckDB takes one for the other: name the file'
    || ' otherwise, or make the SQL with another --schema' AS flaw
  FROM (SELECT current_database() AS name) WHERE lower(name) = lower(${quoteText(schema)})`);
}

/** Whether these are the messages of a run, and of one with the streams and columns that the SQL was made for. */
export function messageChecks(tables: readonly Table[], typeOf: (column: Pick<Column, 'kind'>) => string): string {
  const keys = tables.map(({ name, key }) => `  (${quoteText(name)}, [${key.map(quoteText).join(', ')}])`);
  const columns = tables.flatMap(({ name: table, columns }) => [
    ...columns.map((column) => rowOf([table, column.name, column.declared, typeOf(column)])),
    rowOf([table, extractedAt, undefined, typeOf({ kind: 'date' })]),
    rowOf([table, tableVersion, undefined, typeOf({ kind: 'integer' })]),
  ]);
  return `CREATE OR REPLACE TEMP TABLE tap_paystack_keys AS FROM (VALUES
${keys.join(',\n')}
) AS keys(stream, key);

-- Each column, its type in the SCHEMA message, and its type here.
CREATE OR REPLACE TEMP TABLE tap_paystack_columns AS FROM (VALUES
${columns.join(',\n')}
) AS columns(stream, name, declared, type);

-- A run that was cut may end within a line: that line is no message.
${check(`  SELECT 'line ' || rowid - (SELECT min(rowid) FROM tap_paystack_messages) + 1 || ' of the messages is '
    || CASE type WHEN 'BATCH' THEN 'a BATCH message: run the tap without "batch_config", as this SQL reads RECORD messages'
      ELSE 'no SCHEMA, RECORD, STATE or ACTIVATE_VERSION message' END AS flaw
  FROM tap_paystack_messages
  WHERE coalesce(type, '') NOT IN ('SCHEMA', 'RECORD', 'STATE', 'ACTIVATE_VERSION')
    AND (line IS NOT NULL OR rowid < (SELECT max(rowid) FROM tap_paystack_messages))
  ORDER BY rowid LIMIT 1`)}
${check(`  SELECT 'there is no STATE in the messages: the run failed before it began, see what it says' AS flaw
  FROM (SELECT count(*) AS states FROM tap_paystack_messages WHERE type = 'STATE') WHERE states = 0`)}
-- A run says which streams it has. With others, tables would be made that have nothing to do with it.
${check(`  SELECT 'the streams of the messages are not those of this SQL: ' || ${listed} || '; ${remedy}' AS flaw
  FROM (
    SELECT coalesce(here.stream || ' is in this SQL alone', there.stream || ' is in the messages alone') AS difference
    FROM tap_paystack_keys AS here
    FULL JOIN (SELECT DISTINCT stream FROM tap_paystack_messages WHERE stream IS NOT NULL) AS there USING (stream)
    WHERE here.stream IS NULL OR there.stream IS NULL
  ) HAVING count(*) > 0`)}
${check(`  SELECT 'the columns of the messages are not those of this SQL: ' || ${listed} || '; ${remedy}' AS flaw
  FROM (
    SELECT coalesce(here.stream, there.stream) || '.' || name || ' is ' || coalesce(there.declared, 'missing')
      || ' in the messages, and ' || coalesce(here.declared, 'missing') || ' in this SQL' AS difference
    FROM (FROM tap_paystack_columns WHERE declared IS NOT NULL) AS here
    FULL JOIN (
      SELECT DISTINCT stream, name, concat_ws(' ', (line->(path || '.type'))::VARCHAR, line->>(path || '.format')) AS declared
      FROM (
        SELECT stream, line, name, '$.schema.properties."' || name || '"' AS path
        FROM (
          SELECT stream, line, unnest(json_keys(line, '$.schema.properties')) AS name
          FROM tap_paystack_messages WHERE type = 'SCHEMA'
        )
      )
    ) AS there USING (stream, name)
    WHERE here.declared IS DISTINCT FROM there.declared
  ) HAVING count(*) > 0`)}`;
}

const listed = `array_to_string(list(difference ORDER BY difference)[1:${maxListed}], ', ')`;
const remedy = 'make the SQL with the --config, --catalog and --streams of the run';

function rowOf(values: readonly (string | undefined)[]): string {
  return `  (${values.map((value) => (value === undefined ? 'NULL' : quoteText(value))).join(', ')})`;
}

/** Whether the tables hold what comes: a column of another type would round, and without the key rows would be there twice. */
export const tableChecks = `${check(`  SELECT 'in the table ' || table_name || ' the column ' || column_name || ' is ' || data_type || ' and not ' || type
    || ': a value might be rounded in it; rename the table or the column' AS flaw
  FROM tap_paystack_columns
  JOIN duckdb_columns() ON lower(table_name) = lower(stream) AND lower(column_name) = lower(name)
  WHERE database_name = current_database() AND schema_name = current_schema()
    AND data_type <> type AND NOT (type = 'BIGINT' AND data_type = 'HUGEINT')
  ORDER BY flaw LIMIT 1`)}
${check(`  SELECT 'the table ' || stream || ' has not the primary key ' || array_to_string(key, ', ') || ': rename it' AS flaw
  FROM tap_paystack_keys
  LEFT JOIN (
    SELECT table_name, constraint_column_names AS columns FROM duckdb_constraints()
    WHERE database_name = current_database() AND schema_name = current_schema() AND constraint_type = 'PRIMARY KEY'
  ) ON lower(table_name) = lower(stream)
  WHERE list_sort(columns) IS DISTINCT FROM list_sort(key)
  ORDER BY flaw LIMIT 1`)}`;

/** Whether the integers fit: the tap writes those of 64 bits without a sign as well, which are rare. */
export function integerCheck({ name, columns }: Table): string {
  const integers = columns.filter(({ kind }) => kind === 'integer').map((column) => column.name);
  if (integers.length === 0) return '';
  const most = integers.map((column) => `{name: ${quoteText(column)}, most: max(${quoteName(column)})}`);
  return check(`  SELECT 'the column ${name.replaceAll("'", "''")}.' || name || ' is BIGINT, which does not hold ' || most || ': make it HUGEINT' AS flaw
  FROM (SELECT unnest([${most.join(', ')}], recursive := true) FROM tap_paystack_rows)
  JOIN duckdb_columns() ON lower(table_name) = lower(${quoteText(name)}) AND lower(column_name) = lower(name)
  WHERE most > 9223372036854775807 AND data_type = 'BIGINT'
    AND database_name = current_database() AND schema_name = current_schema()
  LIMIT 1`);
}
