/** What discovery offers: every collection, with all that a target or Meltano needs to know of it. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv } from 'ajv';
import t from 'tap';
import { discover } from '../src/command/discover.ts';
import { streams } from '../src/paystack/streams.ts';
import { type Json, runTap, workFolder } from './support/tap.ts';

const discovered = await runTap(['--discover']);
const catalog: Json = JSON.parse(discovered.stdout);

function root(entry: Json): Json {
  return entry.metadata.find(({ breadcrumb }: Json) => breadcrumb.length === 0).metadata;
}

/** Every property at every depth, with its breadcrumb. */
function properties(schema: Json, breadcrumb: readonly string[] = []): [readonly string[], Json][] {
  return [
    ...(schema.items ? properties(schema.items, [...breadcrumb, 'items']) : []),
    ...Object.entries<Json>(schema.properties ?? {}).flatMap(([name, property]): [readonly string[], Json][] => {
      const path = [...breadcrumb, 'properties', name];
      return [[path, property], ...properties(property, path)];
    }),
  ];
}

t.test('one JSON document, without a key and without a network, no line near 64 KiB', async (t) => {
  t.equal(discovered.code, 0);
  t.equal(discovered.stderr, '');
  t.same(catalog, JSON.parse(JSON.stringify({ streams: discover() })), 'what is printed was made by this build');
  t.ok(discovered.stdout.split('\n').every((line) => line.length < 8192));
});

t.test('every collection of the table, sorted, each declared in catalogs/', async (t) => {
  const ids = catalog.streams.map(({ tap_stream_id }: Json) => tap_stream_id);
  t.same(ids, Object.keys(streams).sort());
  t.same(
    readdirSync(join(import.meta.dirname, '../catalogs')).sort(),
    ids.map((id: string) => `${id}.json`),
  );
  for (const { tap_stream_id, stream } of catalog.streams) {
    t.equal(stream, tap_stream_id);
    t.match(stream, /^[a-z_]+$/);
  }
});

for (const entry of catalog.streams) {
  t.test(`${entry.stream}: metadata`, async (t) => {
    const breadcrumbs = entry.metadata.map(({ breadcrumb }: Json) => breadcrumb.join('.'));
    const declared = properties(entry.schema).map(([breadcrumb]) => breadcrumb.join('.'));
    t.equal(new Set(breadcrumbs).size, breadcrumbs.length, 'no breadcrumb twice');
    t.same([...breadcrumbs].sort(), ['', ...declared].sort(), 'one for each property, nested ones too');

    const { schema, key_properties, replication_method, replication_key } = entry;
    t.ok(key_properties.length > 0);
    t.same(root(entry)['table-key-properties'], key_properties);
    t.equal(root(entry)['forced-replication-method'], replication_method);
    t.equal(replication_method, replication_key ? 'INCREMENTAL' : 'FULL_TABLE');
    t.same(root(entry)['valid-replication-keys'], replication_key && [replication_key]);
    const parent = root(entry)['parent-tap-stream-id'];
    if (parent) t.ok(parent in streams);

    const automatic = new Set([...key_properties, replication_key]);
    for (const { breadcrumb, metadata } of entry.metadata.slice(1)) {
      const isAutomatic = breadcrumb.length === 2 && automatic.has(breadcrumb[1]);
      t.equal(metadata.inclusion, isAutomatic ? 'automatic' : 'available', breadcrumb.join('.'));
    }
    for (const name of key_properties) t.notOk(schema.properties[name].type.includes('null'));
    t.ok(schema.properties._extra);
  });

  t.test(`${entry.stream}: schema`, async (t) => {
    const text = JSON.stringify(entry.schema);
    t.notMatch(text, /"\$ref"|"x-aliases"|"x-record-id"|"format":"(?!date-time)/);
    new Ajv({ strict: false }).compile(entry.schema);
    for (const [breadcrumb, property] of properties(entry.schema)) {
      const path = breadcrumb.join('.');
      t.ok(property.type, `${path} has a type`);
      t.ok(property.description, `${path} is described`);
      const isKey = breadcrumb.length === 2 && entry.key_properties.includes(breadcrumb[1]);
      t.equal([property.type].flat().includes('null'), !isKey, `${path} is nullable`);
      if ([property.type].flat().includes('integer')) t.equal(property['x-sql-datatype'], 'bigint', path);
    }
  });

  t.test(`${entry.stream}: no two columns that a target could take for one`, async (t) => {
    const siblings = new Map<string, string[]>();
    for (const [breadcrumb] of properties(entry.schema)) {
      const parent = breadcrumb.slice(0, -1).join('.');
      siblings.set(parent, [...(siblings.get(parent) ?? []), breadcrumb.at(-1) as string]);
    }
    for (const names of siblings.values()) {
      for (const fold of [lowerCased, snakeCased]) t.equal(new Set(names.map(fold)).size, names.length, names.join());
    }
  });
}

function lowerCased(name: string): string {
  return name.toLowerCase();
}

function snakeCased(name: string): string {
  return name.replace(/([a-z])([A-Z])/g, '$1_$2').toLowerCase();
}

t.test('the arguments as Meltano sends them', async (t) => {
  const folder = workFolder();
  const config = folder.file('config.json', {});
  const state = folder.file('state.json', {});
  for (const args of [
    ['--config', config, '--discover'],
    ['--config', config, '--catalog', folder.file('catalog.json', catalog), '--state', state, '--discover'],
    ['-c', 'nowhere.json', '-d'],
  ]) {
    const run = await runTap(args);
    t.equal(run.code, 0);
    t.equal(run.stdout, discovered.stdout);
  }
  folder.remove();
});

t.test('--version and --help need nothing', async (t) => {
  t.match((await runTap(['--version'])).stdout, /^\d+\.\d+\.\d+\n$/);
  const help = (await runTap(['--help'])).stdout;
  t.match(help, /--config[\s\S]*--state[\s\S]*--discover[\s\S]*Examples:\n {2}tap-paystack .*\n {2}tap-paystack .*\n$/);
  for (const line of help.split('\n')) t.ok(line.length <= 80, line);
});
