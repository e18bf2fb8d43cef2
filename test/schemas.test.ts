/** The schema as it is read, with `_extra`; and as the world sees it, without what only says how columns are filled. */
import t from 'tap';
import { publicSchema, readSchema } from '../src/record/schemas.ts';
import type { Schema } from '../src/schema.ts';

t.test('a schema has every declared column, and one for what none holds', async (t) => {
  const { properties = {} } = readSchema('transactions');
  t.ok(properties['id'] && properties['amount']);
  t.equal(Object.keys(properties).at(-1), '_extra');
  const { type, additionalProperties, description } = properties['_extra'] as Schema & {
    additionalProperties: unknown;
  };
  t.strictSame([type, additionalProperties], [['null', 'object'], true]);
  t.match(description, /no column is declared for/);
});

t.test('what is published says nothing of aliases, and what a column refers to in words', async (t) => {
  const id: Schema = { type: ['null', 'integer'], description: 'Number of the plan; null if none' };
  const schema: Schema = {
    type: 'object',
    properties: {
      plan: { ...id, 'x-refers-to': 'plans.id', 'x-record-id': true, 'x-aliases': ['plan_id'] },
      plain: id,
      all: { type: 'array', items: { type: 'object', properties: { a: { ...id, 'x-aliases': ['b'] } } } },
      whole: { type: 'string', description: 'Code', 'x-refers-to': 'plans.code' },
    },
  };
  t.strictSame(publicSchema(schema), {
    type: 'object',
    properties: {
      plan: { ...id, description: 'Number of the plan, as in `plans.id`; null if none' },
      plain: id,
      all: { type: 'array', items: { type: 'object', properties: { a: id } } },
      whole: { type: 'string', description: 'Code, as in `plans.code`' },
    },
  });
});
