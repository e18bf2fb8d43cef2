/** A column that holds an object or an array: what else it takes, and where that goes which it cannot hold. */
import t, { type Test } from 'tap';
import { compileConform } from '../src/record/conform.ts';
import type { Schema } from '../src/schema.ts';
import { written } from './support/written.ts';

const integer: Schema = { type: ['null', 'integer'] };
const free: Schema = { type: ['null', 'object'], additionalProperties: true };
const plan: Schema = { type: ['null', 'object'], properties: { id: integer, n: integer } };
const properties: Record<string, Schema> = {
  plan,
  named: { type: ['null', 'object'], properties: { id: { type: ['null', 'string'] } } },
  nameless: { type: ['null', 'object'], properties: { n: integer } },
  owner: { ...integer, 'x-record-id': true },
  free,
  list: { type: ['null', 'array'], items: integer },
  plans: { type: ['null', 'array'], items: plan },
  frees: { type: ['null', 'array'], items: free },
  _extra: free,
};
const schema: Schema = { type: 'object', properties };
const conform = compileConform(schema, schema);

/** What is written of a record, and the path and the type of each value that no column holds. */
function conformed(text: string) {
  const { json, misfits } = written(conform, text);
  return { json, misfits: misfits.map(({ path, type }) => `${path}: ${type}`) };
}

/** Compares the text of the value that a column gets, and that of what is left of it. */
function compare(t: Test, column: string, cases: readonly (readonly [string, string, string?])[]) {
  for (const [value, expected, left] of cases) {
    const extra = left === undefined ? 'null' : `{"${column}":${left}}`;
    t.equal(
      conformed(`{"${column}":${value}}`).json,
      `{"${column}":${expected},"_extra":${extra}}`,
      value.slice(0, 80),
    );
  }
}

/** JSON text in a string. */
const inText = (json: string) => JSON.stringify(json);
const nested = (depth: number) => '['.repeat(depth) + ']'.repeat(depth);

t.test('an object with declared fields is had from an id and from text as well', async (t) => {
  compare(t, 'plan', [
    ['{"id":1,"n":"2"}', '{"id":1,"n":2}'],
    ['{"id":1,"new":[2]}', '{"id":1}', '{"new":[2]}'],
    ['7', '{"id":7}'],
    ['"7"', '{"id":7}'],
    ['""', 'null'],
    ['null', 'null'],
    [inText('{"id":3,"x":4}'), '{"id":3}', '{"x":4}'],
    [inText(' {"id":3} '), '{"id":3}'],
    [inText('{"id":'), 'null', inText('{"id":')],
    [inText('[1]'), 'null', inText('[1]')],
    ['[1]', 'null', '[1]'],
    ['true', 'null', 'true'],
    ['1.5', 'null', '1.5'],
    ['"PLN_x"', 'null', '"PLN_x"'],
  ]);
});

t.test('an object without an id that is a number is had from no number', async (t) => {
  compare(t, 'named', [['7', 'null', '7']]);
  compare(t, 'nameless', [
    ['7', 'null', '7'],
    [inText('{"n":7}'), '{"n":7}'],
  ]);
});

t.test('the number of another record is had from that record, whose rest is kept', async (t) => {
  compare(t, 'owner', [
    ['5', '5'],
    ['"5"', '5'],
    ['null', 'null'],
    ['{"id":5,"x":"y"}', '5', '{"x":"y"}'],
    ['{ "id" : "5" }', '5'],
    ['{"id":null,"x":1}', 'null', '{"id":null,"x":1}'],
    ['{"x":1}', 'null', '{"x":1}'],
    ['{"id":"z"}', 'null', '{"id":"z"}'],
    ['{}', 'null', '{}'],
    ['[5]', 'null', '[5]'],
    ['"x"', 'null', '"x"'],
  ]);
  t.strictSame(conformed('{"owner":{"id":5,"x":"y"}}').misfits, ['owner.x: string']);
  t.strictSame(conformed('{"new":1,"owner":{"x":1}}').misfits, ['new: number', 'owner: object'], 'it is counted once');
});

t.test('an object without declared fields holds anything', async (t) => {
  compare(t, 'free', [
    ['{"a":[1]}', '{"a":[1]}'],
    ['7', '{"value":7}'],
    ['true', '{"value":true}'],
    ['"x"', '{"value":"x"}'],
    ['""', 'null'],
    ['null', 'null'],
    ['[1,2]', '{"value":[1,2]}'],
    [inText('{"a":1}'), '{"a":1}'],
    [inText('[1,{}]'), '{"value":[1,{}]}'],
    [inText(' [1] '), '{"value":[1]}'],
    [inText('{a'), `{"value":${inText('{a')}}`],
    [inText('[1'), `{"value":${inText('[1')}}`],
    [inText('"x"'), `{"value":${inText('"x"')}}`],
  ]);
});

t.test('an array is had from text as well, and what an item cannot hold is kept under its index', async (t) => {
  compare(t, 'list', [
    ['[]', '[]'],
    ['[ ]', '[ ]'],
    ['[1,2]', '[1,2]'],
    ['[ 1 , "2" , null ]', '[ 1 , 2 , null ]'],
    ['["x",1,"y"]', '[null,1,null]', '{"0":"x","2":"y"}'],
    [inText('[1,"2"]'), '[1,2]'],
    [inText(' [1,"x"]'), '[1,null]', '{"1":"x"}'],
    ['""', 'null'],
    ['null', 'null'],
    [inText('{}'), 'null', inText('{}')],
    ['{}', 'null', '{}'],
    ['5', 'null', '5'],
    ['"x"', 'null', '"x"'],
  ]);
  compare(t, 'plans', [
    [
      '[{"id":1,"x":2},3,null,"z",{"y":{"q":5}}]',
      '[{"id":1},{"id":3},null,null,{}]',
      '{"0":{"x":2},"3":"z","4":{"y":{"q":5}}}',
    ],
  ]);
});

t.test('of a name that comes twice the last value is copied, and the others are kept where they stood', async (t) => {
  compare(t, 'free', [
    ['{"a":1,"b":3,"a":2,"c":4}', '{"b":3,"a":2,"c":4}', '{"a":1}'],
    ['{ "a" : 1 , "a" : 2 }', '{ "a" : 2 }', '{"a":1}'],
    ['{"a":1,"a":2,"a":3}', '{"a":3}', '{"a":[1,2]}'],
    ['{"a":{"b":1,"b":2},"a":2}', '{"a":2}', `{"a":${inText('{"b":1,"b":2}')}}`],
    ['{"a":{"z":1,"z":2},"b":{"y":1,"y":2},"c":[]}', '{"a":{"z":2},"b":{"y":2},"c":[]}', '{"a":{"z":1},"b":{"y":1}}'],
    [
      '{ "x" : { "a":1 , "a":2 } , "y" : [ 1 , {"b":1,"b":[]} , {} ] , "z" : "" }',
      '{ "x" : { "a":2 } , "y" : [ 1 , {"b":[]} , {} ] , "z" : "" }',
      '{"x":{"a":1},"y":{"1":{"b":1}}}',
    ],
    ['[{"a":1,"a":2},3,{"b":1,"b":2}]', '{"value":[{"a":2},3,{"b":2}]}', '{"0":{"a":1},"2":{"b":1}}'],
    [inText('{"a":1,"a":2}'), '{"a":2}', '{"a":1}'],
    [inText('[{"a":1,"a":2}]'), '{"value":[{"a":2}]}', '{"0":{"a":1}}'],
  ]);
  compare(t, 'frees', [['[1,{"a":1,"a":2},[2],""]', '[{"value":1},{"a":2},{"value":[2]},null]', '{"1":{"a":1}}']]);
  const { misfits } = conformed('{"free":{"a":1,"a":2,"a":3}}');
  t.strictSame(misfits, ['free: object with a repeated name', 'free: object with a repeated name']);
});

t.test('what is nested too deeply is kept as text, and text that is stays text', async (t) => {
  const deep = `{"a":${nested(500)}}`;
  compare(t, 'free', [
    [`{"a":${nested(499)}}`, `{"a":${nested(499)}}`],
    [deep, 'null', inText(deep)],
    [nested(500), `{"value":${nested(500)}}`],
    [nested(501), 'null', inText(nested(501))],
    [inText(nested(100)), `{"value":${nested(100)}}`],
    [inText(nested(101)), `{"value":${inText(nested(101))}}`],
  ]);
  compare(t, 'list', [[inText(nested(101)), 'null', inText(nested(101))]]);
  t.equal(conformed(`{"new":${nested(500)}}`).json, `{"_extra":{"new":${nested(500)}}}`);
  t.equal(conformed(`{"new":${nested(501)}}`).json, `{"_extra":{"new":${inText(nested(501))}}}`);
});

t.test('a value without a column is counted by where it stood and its type', async (t) => {
  const text = '{"list":[[1],true,false,{},1.5,"x"],"plan":{"new":null}}';
  const types = ['array', 'boolean', 'boolean', 'object', 'number', 'string'];
  const { json, misfits } = conformed(text);
  t.strictSame(misfits, [...types.map((type) => `list[]: ${type}`), 'plan.new: null']);
  t.equal(
    json,
    '{"list":[null,null,null,null,null,null],"plan":{},' +
      '"_extra":{"list":{"0":[1],"1":true,"2":false,"3":{},"4":1.5,"5":"x"}}}',
  );
  t.strictSame(conformed('{}').misfits, [], 'the next record begins anew');
});

t.test('what is made to be given back is not counted, and leaves nothing', async (t) => {
  const asking = compileConform(schema, { type: 'object', properties: { _extra: free } }, { asked: ['list'] });
  const { json, asked, misfits } = written(asking, '{"new":1,"list":["x"]}');
  t.strictSame(asked, ['[null]']);
  t.equal(json, '{"_extra":{"new":1}}');
  t.strictSame(misfits, [{ path: 'new', type: 'number' }]);
});

t.test('a column of each type has the rule of its type', async (t) => {
  const of = (type: string): Schema => ({ type: ['null', type] }) as Schema;
  const columns: Record<string, Schema> = { b: of('boolean'), i: of('integer'), n: of('number'), s: of('string') };
  const d: Schema = { type: ['null', 'string'], format: 'date-time' };
  const all: Schema = { type: 'object', properties: { ...columns, d, _extra: free } };
  const text = '{"b":1,"i":"1","n":"1.5","s":"2024-01-01","d":"2024-01-01"}';
  const expected = '{"b":true,"i":1,"n":1.5,"s":"2024-01-01","d":"2024-01-01T00:00:00.000Z","_extra":null}';
  t.equal(written(compileConform(all, all), text).json, expected);
});

t.test('of the items of an array only what is selected is written', async (t) => {
  const onlyN: Schema = { type: ['null', 'object'], properties: { n: integer } };
  const some: Schema = {
    type: 'object',
    properties: { plans: { type: ['null', 'array'], items: onlyN }, _extra: free },
  };
  const { json } = written(compileConform(schema, some), '{"plans":[{"id":1,"n":2}]}');
  t.equal(json, '{"plans":[{"n":2}],"_extra":null}');
});

t.test('a schema that has something without a rule is refused', async (t) => {
  for (const odd of [{ type: 'null' }, { type: 'array' }] as unknown as Schema[]) {
    const unknown: Schema = { type: 'object', properties: { odd } };
    t.throws(() => compileConform(unknown, unknown), { message: `no rule for odd: ${JSON.stringify(odd)}` });
  }
});
