/** What an object with declared columns gives back of those that are asked, and what it remembers of where they stood. */
import t from 'tap';
import { compileConform } from '../src/record/conform.ts';
import type { Schema } from '../src/schema.ts';
import { written } from './support/written.ts';

const date: Schema = { type: ['null', 'string'], format: 'date-time', 'x-aliases': ['created_at'] };
const id: Schema = { type: ['null', 'integer'] };
const extra: Schema = { type: ['null', 'object'], additionalProperties: true };
const schema: Schema = {
  type: 'object',
  properties: { id, createdAt: date, customer: { type: ['null', 'object'], properties: { id } }, _extra: extra },
};
const onlyId: Schema = { type: 'object', properties: { id, _extra: extra } };

/** The record as it is written, and what is given back of its columns. */
function conformed(text: string, selected = schema, asked = ['id', 'createdAt', 'customer']) {
  return written(compileConform(schema, selected, { asked }), text);
}

t.test('what was given back stays, though an object within the record is gone through again', async (t) => {
  const { json, asked } = conformed('{"id":1,"customer":{"id":2,"id":3}}');
  t.strictSame(asked, ['1', undefined, '{"id":3}']);
  t.equal(json, '{"id":1,"customer":{"id":3},"_extra":{"customer":{"id":2}}}');
});

t.test('what was given back is taken back, where the record itself is gone through again', async (t) => {
  const { asked } = conformed('{"createdAt":"2024-01-01","id":1,"createdAt":null}');
  t.strictSame(asked, ['1', 'null', undefined]);
});

t.test('whether it is selected or not, of several names the first counts that has a value', async (t) => {
  const [first, second] = ['"2024-01-01T00:00:00.000Z"', '"2024-01-02T00:00:00.000Z"'];
  for (const selected of [schema, onlyId]) {
    for (const [members, expected] of [
      ['"createdAt":"2024-01-01","created_at":"2024-01-02"', first],
      ['"createdAt":null,"created_at":"2024-01-02"', second],
      ['"created_at":"2024-01-01","createdAt":null', first],
      ['"created_at":"2024-01-01"', first],
      ['"createdAt":"","created_at":"2024-01-02"', second],
    ] as const) {
      const { asked } = conformed(`{"id":7,${members}}`, selected);
      t.strictSame(asked, ['7', expected, undefined], `${members}, ${selected === schema ? '' : 'not '}selected`);
    }
  }
});

t.test('a value that did not go whole into its column says something under each of its names', async (t) => {
  const fine = '"2024-08-22T11:01:23.123456Z"';
  const { json } = conformed(`{"createdAt":${fine},"created_at":${fine}}`);
  t.equal(json, `{"createdAt":"2024-08-22T11:01:23.123Z","_extra":{"createdAt":${fine},"created_at":${fine}}}`);
});
