/** A column that comes under several names, or from a parent: it is written once, and what differs from it is kept. */
import t from 'tap';
import { compileConform } from '../src/record/conform.ts';
import type { Schema } from '../src/schema.ts';
import { written } from './support/written.ts';

const free: Schema = { type: ['null', 'object'], additionalProperties: true };
const integer: Schema = { type: ['null', 'integer'] };
const properties: Record<string, Schema> = {
  id: integer,
  n: { ...integer, 'x-aliases': ['m'] },
  date: { type: ['null', 'string'], format: 'date-time', 'x-aliases': ['day'] },
  free: { ...free, 'x-aliases': ['loose'] },
  _extra: free,
};
const schema: Schema = { type: 'object', properties };

/** The text of a record that gets columns from elsewhere. */
function conformed(text: string, carried: Readonly<Record<string, string>> = {}, selected = schema): string {
  return written(compileConform(schema, selected, { carried: ['n', 'date'] }), text, carried).json;
}

t.test('the same text under two names says nothing new, and what else is left stays', async (t) => {
  const date = '"2024-01-01T00:00:00.000Z"';
  t.equal(conformed(`{"new":1,"date":${date},"day":${date}}`), `{"date":${date},"_extra":{"new":1}}`);
  t.equal(conformed('{"n":12,"m":12}'), '{"n":12,"_extra":null}');
});

t.test('another text does, be it as long, or the beginning of the first', async (t) => {
  t.equal(conformed('{"n":1,"m":2}'), '{"n":1,"_extra":{"m":2}}');
  t.equal(conformed('{"n":12,"m":1}'), '{"n":12,"_extra":{"m":1}}');
  t.equal(conformed('{"n":1,"m":12}'), '{"n":1,"_extra":{"m":12}}');
  t.equal(conformed('{"n":121,"m":122}'), '{"n":121,"_extra":{"m":122}}');
});

t.test('a value that is the same but for how it is written says nothing new', async (t) => {
  t.equal(conformed('{"free":{"a":1},"loose":{ "a" : 1 }}'), '{"free":{"a":1},"_extra":null}');
  t.equal(conformed('{"free":{"a":"b"},"loose":{"\\u0061":"b"}}'), '{"free":{"a":"b"},"_extra":null}');
  t.equal(conformed('{"n":5,"m":"5"}'), '{"n":5,"_extra":null}');
  t.equal(conformed('{"free":{"a":1},"loose":{"a":2}}'), '{"free":{"a":1},"_extra":{"loose":{"a":2}}}');
});

t.test('a column that was written as null and has a value after all is written once', async (t) => {
  t.equal(conformed('{"n":null,"id":1,"m":5}'), '{"id":1,"n":5,"_extra":null}');
  t.equal(conformed('{"n":null,"m":null}'), '{"n":null,"_extra":null}');
  t.equal(conformed('{"date":"","day":"2024-01-01"}'), '{"date":"2024-01-01T00:00:00.000Z","_extra":null}');
});

t.test('its own name goes before an alias, also where another name comes twice', async (t) => {
  t.equal(conformed('{"m":1,"n":2}'), '{"n":2,"_extra":{"m":1}}');
  t.equal(conformed('{"id":1,"m":1,"n":2,"id":3}'), '{"id":3,"n":2,"_extra":{"id":1,"m":1}}');
});

t.test('from elsewhere comes what the record has not, if it is selected and there is anything', async (t) => {
  t.equal(conformed('{"id":1}', {}), '{"id":1,"_extra":null}');
  t.equal(conformed('{"id":1}', { n: '7' }), '{"id":1,"n":7,"_extra":null}');
  t.equal(conformed('{"id":1,"n":null}', { n: '7' }), '{"id":1,"n":7,"_extra":null}');
  t.equal(conformed('{"n":8}', { n: '7' }), '{"n":8,"_extra":null}');
  t.equal(conformed('{"m":7}', { n: '7' }), '{"n":7,"_extra":null}');
  const { n: _, ...others } = properties;
  t.equal(conformed('{"id":1}', { n: '7' }, { type: 'object', properties: others }), '{"id":1,"_extra":null}');
});
