/** What ends the transaction of a load before it changes a row: each check says in one line what is wrong, and what to do. */
import type { Dialect } from './dialect.ts';
import { quoteName, quoteText } from './names.ts';
import { extractedAt, type Table, tableVersion } from './tables.ts';

/** So that the line stays readable. */
const maxListed = 5;

const listed = `array_to_string((array_agg(difference ORDER BY difference))[1:${maxListed}], ', ')`;
const remedy = 'make the SQL with the --config, --catalog and --streams of the run';

/** Whether these are the messages of a run, and of one with the streams and columns that the SQL was made for. */
export function messageChecks({ check, types, declared }: Dialect, tables: readonly Table[]): string {
  const keys = tables.map(({ name, key }) => rowOf([name, key.join(', ')]));
  const columns = tables.flatMap(({ name: table, key, columns }) => [
    ...columns.map(({ name, declared, kind }) => rowOf([table, name, declared, types[kind], key.includes(name)])),
    rowOf([table, extractedAt, undefined, types.date, false]),
    rowOf([table, tableVersion, undefined, types.integer, false]),
  ]);
  return `CREATE TEMP TABLE tap_paystack_keys AS SELECT * FROM (VALUES
${keys.join(',\n')}
) AS keys(stream, key);

-- Each column, its type in the SCHEMA message, and its type here.
CREATE TEMP TABLE tap_paystack_columns AS SELECT * FROM (VALUES
${columns.join(',\n')}
) AS columns(stream, name, declared, type, is_key);

-- A run that was cut may end within a line: that line is no message.
${check(`  SELECT 'line ' || rowid - (SELECT min(rowid) FROM tap_paystack_messages) + 1 || ' of the messages is '
    || CASE type WHEN 'BATCH' THEN 'a BATCH message: run the tap without "batch_config", as this SQL reads RECORD messages'
      ELSE 'no SCHEMA, RECORD, STATE or ACTIVATE_VERSION message' END AS flaw
  FROM tap_paystack_messages
  WHERE type NOT IN ('SCHEMA', 'RECORD', 'STATE', 'ACTIVATE_VERSION')
    OR type IS NULL AND rowid < (SELECT max(rowid) FROM tap_paystack_messages)
  ORDER BY rowid LIMIT 1`)}
${check(`  SELECT 'there is no STATE in the messages: the run failed before it began, see what it says' AS flaw
  FROM tap_paystack_messages WHERE type = 'STATE' HAVING count(*) = 0`)}
-- A run says which streams it has. With others, tables would be made that have nothing to do with it.
${check(`  SELECT 'the streams of the messages are not those of this SQL: ' || ${listed} || '; ${remedy}' AS flaw
  FROM (
    SELECT coalesce(here.stream || ' is in this SQL alone', there.stream || ' is in the messages alone') AS difference
    FROM tap_paystack_keys AS here
    FULL JOIN (SELECT DISTINCT stream FROM tap_paystack_messages WHERE stream IS NOT NULL) AS there USING (stream)
    WHERE here.stream IS NULL OR there.stream IS NULL
  ) AS differences HAVING count(*) > 0`)}
${check(`  SELECT 'the columns of the messages are not those of this SQL: ' || ${listed} || '; ${remedy}' AS flaw
  FROM (
    SELECT coalesce(here.stream, there.stream) || '.' || name || ' is ' || coalesce(there.declared, 'missing')
      || ' in the messages, and ' || coalesce(here.declared, 'missing') || ' in this SQL' AS difference
    FROM (SELECT * FROM tap_paystack_columns WHERE declared IS NOT NULL) AS here
    FULL JOIN (
${declared}
    ) AS there USING (stream, name)
    WHERE here.declared IS DISTINCT FROM there.declared
  ) AS differences HAVING count(*) > 0`)}`;
}

function rowOf(values: readonly (string | boolean | undefined)[]): string {
  const literals = values.map((value) => (typeof value === 'string' ? quoteText(value) : String(value ?? 'NULL')));
  return `  (${literals.join(', ')})`;
}

/** Whether the tables hold what comes: a column of another type would round, and without the key rows would be there twice. */
export function tableChecks({ check, areSame, wider }: Dialect): string {
  const held = Object.entries(wider).map(([type, other]) => `(${quoteText(type)}, ${quoteText(other)})`);
  return `${check(`  SELECT 'in the table ' || table_name || ' the column ' || column_name || ' is ' || data_type || ' and not ' || type
    || ': a value might be rounded in it; rename the table or the column' AS flaw
  FROM tap_paystack_columns
  JOIN tap_paystack_stored ON ${areSame('table_name', 'stream')} AND ${areSame('column_name', 'name')}
  WHERE data_type <> type AND (type, data_type) NOT IN (${held.join(', ')})
  ORDER BY flaw LIMIT 1`)}
${check(`  SELECT 'the table ' || keys.stream || ' has not the primary key ' || key || ': rename it' AS flaw
  FROM tap_paystack_keys AS keys
  JOIN (
    SELECT coalesce(stream, table_name) AS stream
    FROM (SELECT * FROM tap_paystack_columns WHERE is_key) AS here
    FULL JOIN (SELECT * FROM tap_paystack_stored WHERE is_key) AS there
      ON ${areSame('table_name', 'stream')} AND ${areSame('column_name', 'name')}
    WHERE name IS NULL OR column_name IS NULL
  ) AS differences ON ${areSame('differences.stream', 'keys.stream')}
  ORDER BY flaw LIMIT 1`)}`;
}

/** Whether the integers fit: the tap writes those of 64 bits without a sign as well, which are rare. */
export function integerCheck({ check, areSame, types, wider }: Dialect, { name, columns }: Table): string {
  const integers = columns.filter(({ kind }) => kind === 'integer').map((column) => column.name);
  if (integers.length === 0) return '';
  const is = `is ${types.integer}, which does not hold `;
  return check(`  SELECT ${quoteText(`the column ${name}.`)} || name || ' ${is}' || most || ': make it ${wider[types.integer]}' AS flaw
  FROM (
    SELECT unnest(ARRAY[${integers.map(quoteText).join(', ')}]) AS name,
      unnest(ARRAY[${integers.map((column) => `max(${quoteName(column)})`).join(', ')}]) AS most
    FROM tap_paystack_rows
  ) AS integers
  JOIN tap_paystack_stored ON ${areSame('table_name', quoteText(name))} AND ${areSame('column_name', 'name')}
  WHERE most > 9223372036854775807 AND data_type = '${types.integer}'
  ORDER BY name LIMIT 1`);
}
