/**
 * What targets make of the schemas whose service is not here: their own code translates the messages of all streams,
 * unflattened and flattened, without a connection. Each column must be there, of a type that holds what comes.
 */
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { type Records, readFixtures } from '../../src/sandbox/dataset.ts';
import { rawRecord } from '../../src/sandbox/rows.ts';
import { startSandbox } from '../../src/sandbox/server.ts';
import type { Schema } from '../../src/schema.ts';
import { ended, lastOf, start } from '../support/commands.ts';
import { type Json, readMessages, runSync, selecting } from '../support/tap.ts';
import { environmentOf } from './support/environments.ts';
import { bigId, streamNames, transactions } from './support/payments.ts';

type Kind = 'integer' | 'number' | 'string' | 'boolean' | 'date-time' | 'object' | 'free' | 'array';

interface Translation {
  readonly package: string;
  readonly script: 'pipelinewise' | 'meltano_sdk' | 'bigquery';
  /** How the target writes types that hold what comes. Of a record that is kept as one, its fields are looked at instead. */
  readonly types: Readonly<Record<Kind, RegExp>>;
  /** The same with flattening, where that makes a difference. */
  readonly flat?: Readonly<Partial<Record<Kind, RegExp>>>;
  /** 0: as it is. 10: flattened, as deep as it goes. */
  readonly depths: readonly (0 | 10)[];
  /** The longest name that the warehouse takes. */
  readonly longest: number;
  /** Kinds of columns whose values the target does not hand on as they are, by depth, with the reason. */
  readonly loses?: Readonly<Record<string, string>>;
}

const unflattened = [0] as const;
const both = [0, 10] as const;

/** The records are flattened more deeply than their schema: pipelinewise's way, and that of old releases of the Meltano SDK. */
const emptied = { 'free 10': 'an object without declared fields is taken apart, and no column is there for the parts' };

const translations: readonly Translation[] = [
  {
    package: 'meltanolabs-target-snowflake',
    script: 'meltano_sdk',
    // DECIMAL is NUMBER(38, 0) in Snowflake.
    types: typesOf('DECIMAL', 'FLOAT', 'VARCHAR', 'BOOLEAN', 'TIMESTAMP_NTZ', 'VARIANT'),
    flat: { free: /^VARCHAR$/, array: /^VARCHAR$/ },
    depths: both,
    longest: 255,
  },
  {
    package: 'pipelinewise-target-snowflake',
    script: 'pipelinewise',
    types: typesOf('number', 'float', 'text', 'boolean', 'timestamp_ntz', 'variant'),
    depths: both,
    longest: 255,
    loses: emptied,
  },
  {
    package: 'z3-target-bigquery',
    script: 'meltano_sdk',
    types: { ...typesOf('INTEGER', 'FLOAT', 'STRING', 'BOOLEAN', 'TIMESTAMP', 'JSON'), array: /^STRING\[\]$/ },
    depths: both,
    longest: 300,
    loses: emptied,
  },
  {
    package: 'pipelinewise-target-bigquery',
    script: 'bigquery',
    types: { ...typesOf('INTEGER', 'NUMERIC', 'STRING', 'BOOLEAN', 'TIMESTAMP', 'STRING'), array: /^STRING\[\]$/ },
    depths: both,
    longest: 300,
    loses: emptied,
  },
  {
    package: 'pipelinewise-target-redshift',
    script: 'pipelinewise',
    types: {
      ...typesOf('numeric', 'double precision', '', 'boolean', 'timestamp without time zone', ''),
      string: /^character varying\(10000\)$/,
      object: /^character varying\(65535\)$/,
      free: /^character varying\(65535\)$/,
      array: /^character varying\(65535\)$/,
    },
    depths: both,
    longest: 127,
    loses: emptied,
  },
  {
    package: 'target-mssql',
    script: 'meltano_sdk',
    types: {
      ...typesOf('BIGINT', '', '', '', 'DATETIME', ''),
      number: /^NUMERIC\(38, 16\)$/,
      string: /^VARCHAR\(max\)$/,
      // 1 or 0.
      boolean: /^VARCHAR\(1\)$/,
      object: /^VARCHAR\(max\)$/,
      free: /^VARCHAR\(max\)$/,
      array: /^NVARCHAR\(max\)$/,
    },
    depths: unflattened,
    longest: 128,
  },
  {
    package: 'macrometa-target-mssql',
    script: 'pipelinewise',
    types: {
      ...typesOf('BIGINT', 'FLOAT', '', '', 'DATETIME', ''),
      string: /^VARCHAR\(8000\)$/,
      boolean: /^VARCHAR\(5\)$/,
      object: /^VARCHAR\(MAX\)$/,
      free: /^VARCHAR\(MAX\)$/,
      array: /^VARCHAR\(MAX\)$/,
    },
    // Its records are never flattened, whatever its schema.
    depths: unflattened,
    longest: 128,
  },
  {
    package: 'macrometa-target-oracle',
    script: 'pipelinewise',
    types: {
      ...typesOf('INTEGER', 'FLOAT', '', '', 'TIMESTAMP', ''),
      string: /^VARCHAR\(4000\)$/,
      boolean: /^VARCHAR\(5\)$/,
      object: /^VARCHAR\(4000\)$/,
      free: /^VARCHAR\(4000\)$/,
      array: /^VARCHAR\(4000\)$/,
    },
    depths: unflattened,
    longest: 128,
  },
  {
    package: 'shaped-target-clickhouse',
    script: 'meltano_sdk',
    // VARCHAR is String, which has no limit.
    types: { ...typesOf('Int64', 'FLOAT', 'VARCHAR', 'BOOLEAN', '', 'VARCHAR'), 'date-time': /^Nullable\(DATETIME\)$/ },
    depths: both,
    longest: 255,
  },
  {
    package: 'plinxore-target-s3',
    script: 'meltano_sdk',
    types: { ...typesOf('int64', 'double', 'string', 'bool', '', 'string'), 'date-time': /^timestamp\[s, tz=utc\]$/ },
    depths: [10],
    longest: 255,
    loses: emptied,
  },
  {
    package: 'meltanolabs-target-postgres',
    script: 'meltano_sdk',
    types: {
      ...typesOf('BIGINT', 'DECIMAL', 'TEXT', 'BOOLEAN', 'TIMESTAMP WITHOUT TIME ZONE', 'JSONB'),
      array: /^(?:JSONB|TEXT)\[\]$/,
    },
    flat: { free: /^TEXT$/, array: /^TEXT$/ },
    depths: both,
    longest: 63,
  },
  {
    package: 'pipelinewise-target-postgres',
    script: 'pipelinewise',
    types: typesOf(
      'numeric',
      'double precision',
      'character varying',
      'boolean',
      'timestamp without time zone',
      'jsonb',
    ),
    depths: both,
    longest: 63,
    loses: emptied,
  },
  {
    package: 'target-duckdb',
    script: 'pipelinewise',
    types: typesOf('hugeint', 'double', 'varchar', 'boolean', 'timestamp', 'json'),
    depths: both,
    longest: 255,
    loses: emptied,
  },
  {
    package: 'meltanolabs-target-csv',
    script: 'meltano_sdk',
    types: typesOf('text', 'text', 'text', 'text', 'text', 'text'),
    depths: both,
    longest: 255,
  },
];

/** Targets that are on PyPI and have no column for an object without declared fields: what their translation says of it. */
const refusals = [
  // It ends before it loads anything.
  { package: 'target-bigquery', script: 'bigquery', ends: 1, says: "KeyError: 'properties'" },
  // It makes a record with one field, `dummy`, which nothing that comes is in.
  { package: 'target-bigquery-partition', script: 'bigquery', ends: 0, says: 'Inserting a dummy string object' },
] as const;

/** Targets that are not tried here, and why. docs/warehouses.md says so too. */
const untried: Readonly<Record<string, string>> = {
  "Adswerve's target-bigquery": 'it is not on PyPI',
  "MeltanoLabs' target-redshift, target-oracle, target-clickhouse": 'they are not on PyPI',
  "Automattic's target-parquet": 'it is not on PyPI',
  'target-parquet 0.0.1':
    'it asks for pandas 0.24 and pyarrow 0.13, which have no wheels for a Python that is maintained',
  "datamill's target-redshift and target-snowflake 0.2.4":
    'releases of 2020, which ask for urllib3 1.25.9 and boto3 1.9',
  'yw-etl-target-clickhouse': 'it makes no tables: it appends CSV to those that are there',
  "Singer's target-csv 0.3.0": 'it writes rows of other fields under the header of the first; needs Python up to 3.9',
  'target-sqlite 0.2.0': 'it writes nested values as Python does, not as JSON; needs Python up to 3.9',
  'target-db2 0.1.5': 'its integers have 32 bits',
  'macrometa-target-mysql 0.0.12': 'its texts have 1,000 characters',
  'target-universal-file 0.0.1': 'it has no dates in JSONL, and no columns in Parquet that may be null',
  'thk-target-mysql 0.1.3': 'it asks for mysqlclient, which must be built against the library of MySQL',
};

function typesOf(
  integer: string,
  number: string,
  string: string,
  boolean: string,
  date: string,
  nested: string,
): Translation['types'] {
  const only = (text: string) => new RegExp(`^${text}$`);
  const scalars = { integer: only(integer), number: only(number), string: only(string), boolean: only(boolean) };
  return { ...scalars, 'date-time': only(date), object: only(nested), free: only(nested), array: only(nested) };
}

interface Column {
  readonly path: readonly string[];
  readonly kind: Kind;
  readonly schema: Schema;
}

function kindOf({ type, format, properties }: Schema): Kind {
  const [one] = [type].flat().filter((one) => one !== 'null');
  if (one === 'object') return properties === undefined ? 'free' : 'object';
  return (format ?? one) as Kind;
}

/** The columns that a target should make, if it takes objects apart to a depth. */
function columnsOf({ properties = {} }: Schema, depth: number, above: readonly string[] = []): Column[] {
  return Object.entries(properties).flatMap(([name, schema]) => {
    const [path, kind] = [[...above, name], kindOf(schema)];
    return kind === 'object' && depth > 0 ? columnsOf(schema, depth - 1, path) : [{ path, kind, schema }];
  });
}

/** What some target stumbles over: several types, a list of one, items of any type, `properties` that are empty. */
function* mistakesIn(schema: Schema, path: string): Iterable<string> {
  const types = [schema.type].flat();
  if (types.filter((type) => type !== 'null').length !== 1) yield `${path}: ${types.join()}`;
  if (Array.isArray(schema.type) && schema.type.length === 1) yield `${path}: a list of one type`;
  if (types.includes('array') && schema.items?.type === undefined) yield `${path}: items of any type`;
  if (schema.properties && Object.keys(schema.properties).length === 0) yield `${path}: empty properties`;
  if (schema.items) yield* mistakesIn(schema.items, `${path}[]`);
  for (const [name, inner] of Object.entries(schema.properties ?? {})) yield* mistakesIn(inner, `${path}.${name}`);
}

/** A name as the targets that change case and underscores would all have it. */
function plain(name: string): string {
  return name
    .split('__')
    .map((part) => part.toLowerCase().replaceAll('_', ''))
    .join('__');
}

/** JSON with each digit: long integers become text. */
function exact(json: string): Json {
  return JSON.parse(json.replace(/"(?:[^"\\]|\\.)*"|-?\d{16,}/g, (part) => (part[0] === '"' ? part : `"${part}"`)));
}

/** A value in one form, however a target writes it: nothing for null and for empty, names plain, dates to the second. */
function formOf(value: Json): Json {
  if (value === null || value === undefined || value === '') return undefined;
  if (Array.isArray(value)) return value.map((item) => formOf(item) ?? null);
  if (typeof value === 'object') {
    const entries = Object.entries(value).map(([name, inner]) => [plain(name), formOf(inner)] as const);
    return Object.fromEntries(entries.filter(([, inner]) => inner !== undefined).sort());
  }
  const text = String(value);
  if (/^\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d/.test(text)) return text.slice(0, 19).replace('T', ' ');
  return /^-?\d+(?:\.\d+|E-\d+)$/.test(text) ? String(Number(text)) : text;
}

function isSame(kind: Kind, sent: Json, stored: Json): boolean {
  const isText = typeof stored === 'string' && ['object', 'free', 'array'].includes(kind);
  return JSON.stringify(formOf(sent)) === JSON.stringify(formOf(isText ? exact(stored) : stored));
}

/** Everything the tap can say of the fixtures, and of a transaction whose numbers are long. */
async function readEverything(t: Test) {
  const [big, ...rest] = transactions().reverse();
  const digits = new RegExp(`"(${bigId})"`, 'g');
  const records: Records = [
    rawRecord(JSON.stringify(big).replace(digits, '$1')),
    ...rest.slice(0, 3),
    ...(readFixtures('transactions') as Json[]),
  ];
  const sandbox = await startSandbox({ records: { transactions: records } });
  t.teardown(() => sandbox.close());
  const config = { secret_key: sandbox.secretKey, api_url: sandbox.url };
  const everything = await runSync({ config, catalog: selecting(streamNames) });
  const byDefault = await runSync({ config });
  return { everything, byDefault };
}

t.test('translations', async (t) => {
  const { everything, byDefault } = await readEverything(t);
  const lines = everything.stdout;
  t.match(lines, `"amount":${bigId},`, 'long digits are numbers');
  const messages = lines.trimEnd().split('\n').map(exact);
  const schemas = messages.filter(({ type }) => type === 'SCHEMA');
  t.equal(schemas.length, streamNames.length);
  const schemaOf = (stream: string): Schema => schemas.find((schema) => schema.stream === stream).schema;
  const recordsOf = (stream: string): Json[] =>
    messages.filter((message) => message.type === 'RECORD' && message.stream === stream).map(({ record }) => record);

  t.test('the default selection has the same schemas', async (t) => {
    const fewer = readMessages(byDefault.stdout).messages.filter(({ type }) => type === 'SCHEMA');
    t.ok(fewer.length > 20, `${fewer.length} streams`);
    for (const { stream, schema } of fewer) t.strictSame(schema, schemaOf(stream), stream);
  });

  t.test('the schemas keep to what all targets read', async (t) => {
    const wrong = schemas.flatMap(({ stream, schema }) => [...mistakesIn(schema, stream)]);
    t.strictSame(wrong, []);
    const free = schemas.flatMap(({ schema }) => columnsOf(schema, 10)).filter(({ kind }) => kind === 'free');
    t.ok(free.length > streamNames.length, `${free.length} objects without declared fields`);
  });

  t.test('a number that may have a fraction is a percentage', async (t) => {
    const numbers = schemas.flatMap(({ schema }) => columnsOf(schema, 10)).filter(({ kind }) => kind === 'number');
    t.ok(numbers.length > 0);
    for (const { path } of numbers) t.equal(path.at(-1), 'percentage_charge');
  });

  for (const translation of translations) {
    t.test(translation.package, async (t) => {
      const { code, stdout, stderr } = await translate(translation, lines);
      t.equal(code, 0, 'no error', { stderr: lastOf(stderr) });
      const tables = stdout.trimEnd().split('\n').map(exact);
      for (const depth of translation.depths) {
        const ofDepth = tables.filter((table) => table.depth === depth);
        t.strictSame(ofDepth.map(({ stream }) => stream).sort(), [...streamNames].sort(), 'a table of each stream');
        t.equal(new Set(ofDepth.map(({ table }) => table.toLowerCase())).size, streamNames.length, 'no two of a name');
        for (const table of ofDepth) holdsColumns(t, translation, table, schemaOf(table.stream));
        losesOnly(t, translation, depth, ofDepth, schemaOf, recordsOf);
      }
    });
  }

  for (const refusal of refusals) {
    t.test(`${refusal.package} says that it has no column for an object without declared fields`, async (t) => {
      const { code, stderr } = await translate(refusal, lines);
      t.equal(code, refusal.ends);
      t.match(stderr, refusal.says);
    });
  }

  for (const [name, reason] of Object.entries(untried)) t.comment(`not tried: ${name}: ${reason}`);
});

async function translate({ package: name, script }: { package: string; script: string }, lines: string) {
  const { python, bytecode } = await environmentOf(name);
  const file = join(import.meta.dirname, 'translation', `${script}.py`);
  const env = { PYTHONPYCACHEPREFIX: bytecode };
  const child = start([python, file, name], { stdio: ['pipe', 'pipe', 'pipe'], env });
  // A target that fails reads no further.
  child.stdin?.on('error', () => {});
  child.stdin?.end(lines);
  return ended(child);
}

/** Each declared column once, each name short enough, each type wide enough. */
function holdsColumns(t: Test, translation: Translation, table: Json, schema: Schema): void {
  const { depth, stream } = table;
  const names: string[] = table.columns.map(([name]: Json) => name.toLowerCase());
  t.equal(new Set(names).size, names.length, `${stream}: no two columns of a name`);
  const types = new Map<string, Json>(table.columns.map(([name, type]: Json) => [plain(name), type]));
  for (const { path, kind, schema: column } of columnsOf(schema, depth)) {
    const type = types.get(plain(path.join('__')));
    const wanted = (depth > 0 && translation.flat?.[kind]) || translation.types[kind];
    isWide(
      t,
      `${translation.package} ${depth} ${stream}.${path.join('.')}`,
      { kind, type, wanted, column },
      translation,
    );
  }
  for (const name of names) if (name.length > translation.longest) t.fail(`${stream}: ${name} is too long`);
}

interface Typed {
  readonly kind: Kind;
  readonly type: Json;
  readonly wanted: RegExp;
  readonly column: Schema;
}

/** A type is a text, a list of fields for a record, or a list with one of these in it for what is repeated. */
function isWide(t: Test, at: string, { kind, type, wanted, column }: Typed, translation: Translation): void {
  if (type === undefined) return void t.fail(`${at} is dropped`);
  if (typeof type === 'string') return void (wanted.test(type) || t.fail(`${at}: ${kind} as ${type}`));
  const isRepeated = type.length === 1 && !(Array.isArray(type[0]) && typeof type[0][0] === 'string');
  if (isRepeated !== (kind === 'array')) return void t.fail(`${at}: ${kind} as ${JSON.stringify(type)}`);
  const held = isRepeated ? type[0] : type;
  const inner = isRepeated ? (column.items as Schema) : column;
  if (typeof held === 'string') return void (wanted.test(`${held}[]`) || t.fail(`${at}: items as ${held}`));
  const fields = new Map<string, Json>(held.map(([name, type]: Json) => [plain(name), type]));
  for (const [name, schema] of Object.entries(inner.properties ?? {})) {
    const kind = kindOf(schema);
    const typed = { kind, type: fields.get(plain(name)), wanted: translation.types[kind], column: schema };
    isWide(t, `${at}.${name}`, typed, translation);
  }
}

/** The values that a target hands on are those that came, but for what is listed. */
function losesOnly(
  t: Test,
  translation: Translation,
  depth: number,
  tables: readonly Json[],
  schemaOf: (stream: string) => Schema,
  recordsOf: (stream: string) => Json[],
): void {
  const lost = new Map<string, string>();
  let compared = 0;
  for (const { stream, rows } of tables) {
    const records = recordsOf(stream);
    t.equal(rows.length, records.length, `${stream}: a row of each record`);
    for (const [index, record] of records.entries()) {
      const row = new Map(Object.entries<Json>(rows[index] ?? {}).map(([name, value]) => [plain(name), value]));
      for (const { path, kind } of columnsOf(schemaOf(stream), depth)) {
        const sent = path.reduce((value, name) => value?.[name], record);
        const stored = row.get(plain(path.join('__')));
        if (sent !== null && sent !== undefined) compared++;
        if (isSame(kind, sent, stored)) continue;
        lost.set(`${kind} ${depth}`, `${stream}.${path.join('.')}: ${JSON.stringify({ sent, stored })}`);
      }
    }
  }
  t.ok(compared > 1500, `${compared} values are compared`);
  const known = Object.keys(translation.loses ?? {}).filter((key) => key.endsWith(` ${depth}`));
  t.strictSame([...lost.keys()].sort(), known.sort(), 'what comes is what is handed on', Object.fromEntries(lost));
}
