/** The schemas keep to a dialect that every target understands, whatever it makes of JSON Schema. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { streams } from '../src/paystack/streams.ts';
import { extraColumn, publicSchema, readSchema } from '../src/record/schemas.ts';
import type { Schema } from '../src/schema.ts';

const names = readdirSync(join(import.meta.dirname, '../catalogs')).map((file) => file.replace(/\.json$/, ''));

/** A property, the path to it, and whether it is a key, or the item of an array. */
interface Property {
  readonly path: string;
  readonly schema: Schema;
  readonly isKey: boolean;
  readonly isItem: boolean;
}

function propertiesOf({ properties = {}, items }: Schema, path: string, key: readonly string[]): Property[] {
  const own = Object.entries(properties).flatMap(([name, schema]) => {
    const inner = path === '' ? name : `${path}.${name}`;
    const isKey = path === '' && key.includes(name);
    return [{ path: inner, schema, isKey, isItem: false }, ...propertiesOf(schema, inner, [])];
  });
  if (items === undefined) return own;
  return [
    ...own,
    { path: `${path}[]`, schema: items, isKey: false, isItem: true },
    ...propertiesOf(items, `${path}[]`, []),
  ];
}

const scalars = ['boolean', 'integer', 'number', 'string'];

t.equal(names.length, 35);
for (const name of names) {
  const { key } = streams[name as keyof typeof streams];
  const schema = publicSchema(readSchema(name));
  const all = propertiesOf(schema, '', key);

  t.test(`${name}: each property has one type, and may be null, unless it is a key`, async (t) => {
    t.equal(schema.type, 'object');
    for (const { path, schema, isKey } of all) {
      if (isKey) t.ok(typeof schema.type === 'string' && scalars.includes(schema.type), path);
      else t.match(schema.type, ['null', /^(?:boolean|integer|number|string|object|array)$/], path);
      if (!isKey) t.equal(schema.type.length, 2, path);
    }
    t.equal(all.filter(({ isKey }) => isKey).length, key.length);
  });

  t.test(`${name}: arrays say what they hold, and it is no free content`, async (t) => {
    for (const { path, schema } of all) {
      t.equal('items' in schema, schema.type.includes('array'), path);
      if (schema.items?.type.includes('object')) t.ok(schema.items.properties, `${path}[]`);
      t.notOk(schema.items?.type.includes('array'), `${path}[][]`);
    }
  });

  t.test(`${name}: objects have properties, or are free and have none`, async (t) => {
    for (const { path, schema } of all) {
      const isFree = schema.additionalProperties === true;
      if (isFree) t.ok(schema.type.includes('object'), path);
      if (!schema.type.includes('object')) t.notOk('properties' in schema, path);
      else if (isFree) t.notOk('properties' in schema, path);
      else t.ok(Object.keys(schema.properties ?? {}).length > 0, path);
    }
    t.ok(schema.properties?.[extraColumn]?.additionalProperties);
  });

  t.test(`${name}: only what targets know is said of a property`, async (t) => {
    const known = ['type', 'format', 'description', 'properties', 'items', 'additionalProperties', 'x-sql-datatype'];
    for (const { path, schema } of all) {
      t.same(
        Object.keys(schema).filter((word) => !known.includes(word)),
        [],
        path,
      );
      if (schema.format !== undefined) t.same([schema.format, schema.type], ['date-time', ['null', 'string']], path);
      t.equal(schema['x-sql-datatype'], schema.type.includes('integer') ? 'bigint' : undefined, path);
    }
  });
}
