/** docs/dbt/sources.yml: the streams as sources of dbt, with what is known of their columns, and tests. */
import type { StreamFacts } from '../../src/paystack/stream-facts.ts';
import { type StreamName, streams } from '../../src/paystack/streams.ts';
import { publicSchema, readSchema } from '../../src/record/schemas.ts';
import { type Schema, typeOf } from '../../src/schema.ts';
import { type Reference, referencesOf, streamNames } from './references.ts';

type Yaml = string | number | readonly Yaml[] | { readonly [name: string]: Yaml };

/** From here on dbt takes what tests are given under `arguments`, without a flag that says so. */
export const oldestDbt = '1.10.8';

const head = `# The streams of tap-paystack as sources of dbt (${oldestDbt} or newer). Made by \`npm run docs\`.
#
# vars:
#   paystack_database, paystack_schema: where the tables are; default: the target's database, and paystack
#   paystack_without: streams that are not loaded, of those that are by default
#   paystack_with: streams that are loaded, of those that are not by default
#   paystack_loaded_at: the column with the time at which a row was read; default: _sdc_extracted_at

`;

export function dbtSources(): string {
  const source = {
    name: 'paystack',
    description:
      'Paystack, as tap-paystack reads it. Amounts are integers in hundredths of their currency: kobo, pesewas, cents; of currencies without a subunit, such as XOF, too.',
    database: "{{ var('paystack_database', target.database) }}",
    schema: "{{ var('paystack_schema', 'paystack') }}",
    config: {
      loaded_at_field: "{{ var('paystack_loaded_at', '_sdc_extracted_at') }}",
      freshness: { warn_after: days(1) },
    },
    tables: streamNames.map(tableOf),
  };
  return `${head}${yamlOf({ version: 2, sources: [source] }, '')}\n`;
}

function tableOf(stream: StreamName): Yaml {
  const facts: StreamFacts = streams[stream];
  const key = facts.key;
  const own = referencesOf(stream).filter(({ isOfCopy }) => !isOfCopy);
  const tests = [...(key.length > 1 ? [uniqueTogether(stream, key)] : []), ...own.flatMap(nestedTest)];
  const { properties = {} } = publicSchema(readSchema(stream));
  const columns = Object.entries(properties).map(([name, schema]) => {
    const isKey = key.includes(name);
    const checks: Yaml[] = [
      ...(isKey && key.length === 1 ? ['unique'] : []),
      ...(isKey ? ['not_null'] : []),
      ...(name === 'domain' ? [{ accepted_values: { arguments: { values: ['test', 'live'] } } }] : []),
      ...own.filter(({ path }) => path === name).map((reference) => ({ relationships: relationship(reference) })),
    ];
    const { description = '' } = schema;
    return { name, description, data_type: dataType(schema), ...(checks.length > 0 && { data_tests: checks }) };
  });
  return {
    name: stream,
    description: `One record is ${facts.holds}.`,
    config: {
      enabled: enabled(stream, facts),
      ...(stream === 'transactions' && { freshness: { warn_after: days(1), error_after: days(2) } }),
    },
    ...(tests.length > 0 && { data_tests: tests }),
    columns,
  };
}

function enabled(stream: string, { selectedByDefault }: StreamFacts): string {
  const [word, list] = selectedByDefault === false ? ['in', 'paystack_with'] : ['not in', 'paystack_without'];
  return `{{ '${stream}' ${word} var('${list}', []) }}`;
}

/** A stream may be empty, which dbt takes for stale: only where that cannot be is it an error. */
function days(count: number): Yaml {
  return { count, period: 'day' };
}

/** dbt has no test of its own for a key of several columns, but `unique` takes an expression. */
function uniqueTogether(stream: string, key: readonly string[]): Yaml {
  const together = `concat(${key.join(", '|', ")})`;
  return { unique: { name: `paystack_${stream}_unique_key`, arguments: { column_name: together } } };
}

/** A warning only: a parent may be older than `start_date`, deleted, or not loaded. */
function relationship({ to }: Reference): { [name: string]: Yaml } {
  return {
    arguments: { to: `source('paystack', '${to.stream}')`, field: to.column },
    config: { severity: 'warn' },
  };
}

/** Of a field in an object. The operator is the same in DuckDB and in PostgreSQL; elsewhere there is no such test. */
function nestedTest(reference: Reference): Yaml[] {
  const [object = '', field, ...deeper] = reference.path.split('.');
  if (field === undefined || deeper.length > 0 || object.endsWith('[]')) return [];
  const text = `(${object} ->> '${field}')`;
  const value = reference.type === 'integer' ? `cast(${text} as bigint)` : text;
  const { arguments: where, config } = relationship(reference) as { arguments: object; config: object };
  const name = `paystack_${reference.stream}_${object}_${field}_in_${reference.to.stream}`;
  return [
    {
      relationships: {
        name,
        arguments: { column_name: value, ...where },
        config: { ...config, enabled: "{{ target.type in ['duckdb', 'postgres'] }}" },
      },
    },
  ];
}

const dataTypes: Readonly<Record<string, string>> = {
  integer: 'bigint',
  number: 'numeric',
  object: 'json',
  array: 'json',
};

/** As most warehouses name it; dbt does not check it of a source. */
function dataType(schema: Schema): string {
  const type = typeOf(schema) ?? 'string';
  return schema.format === 'date-time' ? 'timestamp' : (dataTypes[type] ?? type);
}

/** In block style; what is not a plain word is quoted as JSON, which YAML reads alike. */
function yamlOf(value: Yaml, indent: string): string {
  if (typeof value !== 'object') return scalarOf(value);
  if (Array.isArray(value)) {
    return value.map((item) => `${indent}- ${yamlOf(item, `${indent}  `).trimStart()}`).join('\n');
  }
  return Object.entries(value)
    .map(([name, inner]) => `${indent}${name}:${typeof inner === 'object' ? '\n' : ' '}${yamlOf(inner, `${indent}  `)}`)
    .join('\n');
}

function scalarOf(value: string | number): string {
  const isPlain =
    /^[A-Za-z_][\w ]*$/.test(String(value)) && !/^(?:true|false|yes|no|on|off|null|y|n)$/i.test(String(value));
  return typeof value === 'number' || isPlain ? String(value) : JSON.stringify(value);
}
