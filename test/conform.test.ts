import { Ajv } from 'ajv';
import formats from 'ajv-formats';
import fc from 'fast-check';
import t, { type Test } from 'tap';
import { compileConform } from '../src/record/conform.ts';
import type { Misfit } from '../src/record/record-edit.ts';
import { publicSchema } from '../src/record/schemas.ts';
import type { Schema } from '../src/schema.ts';
import { inObject, type Tagged, tagged } from './support/conformed.ts';
import { written } from './support/written.ts';

const integer: Schema = { type: ['null', 'integer'], 'x-sql-datatype': 'bigint' };
const string: Schema = { type: ['null', 'string'] };
const date: Schema = { type: ['null', 'string'], format: 'date-time' };
const free: Schema = { type: ['null', 'object'], additionalProperties: true };

/** Every kind of column. */
const schema: Schema = {
  type: 'object',
  properties: {
    id: { type: ['integer'] },
    live: { type: ['null', 'boolean'] },
    amount: integer,
    integration: { ...integer, 'x-record-id': true },
    rate: { type: ['null', 'number'] },
    name: string,
    createdAt: { ...date, 'x-aliases': ['created_at', 'created'] },
    is_deleted: { type: ['null', 'boolean'], 'x-aliases': ['isDeleted'] },
    metadata: { ...free, 'x-aliases': ['meta'] },
    customer: {
      type: ['null', 'object'],
      properties: {
        id: integer,
        email: string,
        paidAt: { ...date, 'x-aliases': ['paid_at'] },
        metadata: free,
        plan: { type: ['null', 'object'], properties: { code: string, live: { type: ['null', 'boolean'] } } },
      },
      'x-aliases': ['client'],
    },
    split: { type: ['null', 'object'], properties: { code: string, share: integer } },
    history: {
      type: ['null', 'array'],
      items: { type: ['null', 'object'], properties: { time: integer, at: date, by: string } },
    },
    codes: { type: ['null', 'array'], items: string },
    list: free,
    _extra: free,
  },
};

/** The record as a target reads it. */
function conform(text: string, selected: Schema = schema): Record<string, unknown> {
  return JSON.parse(conformText(text, selected));
}

function conformText(text: string, selected: Schema = schema): string {
  return written(compileConform(schema, selected), text).json;
}

function misfits(text: string): readonly Misfit[] {
  return written(compileConform(schema, schema), text).misfits;
}

/** Checks what a column and `_extra` hold (both as JSON text) for one field of a record. */
function becomes(t: Test, field: string, sent: string, column: string, extra?: string): void {
  const expected = `{"${field}":${column},"_extra":${extra === undefined ? 'null' : `{"${field}":${extra}}`}}`;
  t.equal(conformText(`{"${field}":${sent}}`), expected, `${field}: ${sent}`);
}

t.test('a record that fits comes out as it is', async (t) => {
  const text =
    '{"id":18446744073709551615,"live":true,"amount":1,"rate":1.5,"name":"","createdAt":"2024-01-01T00:00:00.000Z","is_deleted":false,"metadata":{"a":[1,"x",null]},"customer":{"id":1,"email":null,"plan":{"code":"c","live":false}},"history":[{"time":1,"by":"x"},null],"codes":["a",null],"list":{"value":[1]}}';
  t.equal(conformText(text), `${text.slice(0, -1)},"_extra":null}`);
  t.strictSame(misfits(text), []);
});

t.test('what was not sent is not made up', async (t) => {
  t.strictSame(conform('{}'), { _extra: null });
  t.strictSame(conform('{"customer":{},"history":[{}],"codes":[]}'), {
    customer: {},
    history: [{}],
    codes: [],
    _extra: null,
  });
});

t.test('null is null in every column', async (t) => {
  for (const field of Object.keys(schema.properties ?? {})) {
    if (field !== '_extra') becomes(t, field, 'null', 'null');
  }
});

t.test('0 and 1 are booleans where the column is one', async (t) => {
  becomes(t, 'live', '0', 'false');
  becomes(t, 'live', '1', 'true');
  becomes(t, 'live', 'false', 'false');
  for (const sent of ['2', '-1', '-0', '"1"', '"true"', '""', '[]', '{}', '12345678901234567890']) {
    becomes(t, 'live', sent, 'null', sent);
  }
});

t.test('digits in a string are an integer where the column is one', async (t) => {
  for (const digits of ['0', '12', '-5', '9007199254740993', '-9223372036854775808', '18446744073709551615']) {
    becomes(t, 'amount', `"${digits}"`, digits);
    becomes(t, 'amount', digits, digits);
  }
});

t.test('a number that is whole is an integer, however it is written', async (t) => {
  const whole = {
    '1e3': '1000',
    '1E+3': '1000',
    '1.0': '1',
    '-12.500e1': '-125',
    '1200e-2': '12',
    '0e999999999': '0',
    '-0.0': '-0',
    '0.5e1': '5',
    '0.0012e4': '12',
    '1.8446744073709551615e19': '18446744073709551615',
    '9007199254740993.0': '9007199254740993',
  };
  for (const [sent, integer] of Object.entries(whole)) becomes(t, 'amount', sent, integer);
});

t.test('where the number of a record is declared, the record itself is its number, and the rest is kept', async (t) => {
  becomes(t, 'integration', '12', '12');
  becomes(t, 'integration', '{"id":12}', '12');
  becomes(t, 'integration', '{"name":"a","id":"9007199254740993","key":null}', '9007199254740993', '{"name":"a"}');
  becomes(t, 'integration', '{"id":1,"id":2}', '2', '{"id":1}');
  for (const sent of ['{}', '{"id":null}', '{"id":"x"}', '{"name":"a"}', '{"id":{"id":1}}', '[1]', '"a"']) {
    becomes(t, 'integration', sent, 'null', sent);
  }
  t.strictSame(misfits('{"integration":{"id":1,"name":"a"}}'), [{ path: 'integration.name', type: 'string' }]);
  t.strictSame(misfits('{"integration":{"id":"x","name":"a"}}'), [{ path: 'integration', type: 'object' }]);
  becomes(t, 'amount', '{"id":12}', 'null', '{"id":12}');
});

t.test('what is no integer of 64 bits stays as it came', async (t) => {
  const numbers = [
    '1.5',
    '1e-1',
    '15e-1',
    '1e20',
    '18446744073709551616',
    '-9223372036854775809',
    '7'.repeat(400),
    '1e400',
    '1e-400',
    '1E999999999999',
  ];
  const strings = ['""', '"007"', '"+1"', '"1.0"', '" 1"', '"1e3"', '"abc"', '"18446744073709551616"', '"１"'];
  for (const sent of [...numbers, ...strings, 'true', '[1]', '{"a":1}']) becomes(t, 'amount', sent, 'null', sent);
});

t.test('a number in a string is a number where the column is one, digit by digit', async (t) => {
  for (const digits of ['0', '-1.5', '0.12345678901234567890', '9007199254740993', '7'.repeat(400)]) {
    becomes(t, 'rate', `"${digits}"`, digits);
    becomes(t, 'rate', digits, digits);
  }
  becomes(t, 'rate', '1e400', '1e400');
  becomes(t, 'rate', '"1.50"', '1.50');
  for (const sent of ['""', '"1e3"', '"Infinity"', '"NaN"', '"0x10"', '".5"', '"01"', '"1,5"', 'true', '[]', '{}']) {
    becomes(t, 'rate', sent, 'null', sent);
  }
});

t.test('a number is a string with its digits where the column is one', async (t) => {
  for (const digits of ['0', '-1.5', '0.12345678901234567890', '9007199254740993', '1e400', '-0']) {
    becomes(t, 'name', digits, `"${digits}"`);
  }
  for (const sent of ['""', '"a"', '"0012"', '" "', '"{\\"a\\":1}"']) becomes(t, 'name', sent, sent);
  for (const sent of ['true', 'false', '[1]', '[]', '{}', '{"a":"b"}']) becomes(t, 'name', sent, 'null', sent);
});

t.test('a date leaves in UTC with milliseconds; "" is null', async (t) => {
  becomes(t, 'createdAt', '"2024-08-22 11:01:23"', '"2024-08-22T11:01:23.000Z"');
  becomes(t, 'createdAt', '"2024-08-22T00:30:00+01:00"', '"2024-08-21T23:30:00.000Z"');
  becomes(t, 'createdAt', '"2024-08-22T11:01:23.120000Z"', '"2024-08-22T11:01:23.120Z"');
  becomes(t, 'createdAt', '""', 'null');
});

t.test('a date that is finer than milliseconds keeps its own text as well', async (t) => {
  const sent = '"2024-08-22T11:01:23.123456Z"';
  becomes(t, 'createdAt', sent, '"2024-08-22T11:01:23.123Z"', sent);
  t.strictSame(misfits(`{"createdAt":${sent}}`), [{ path: 'createdAt', type: 'string' }]);
});

t.test('what is no date stays as it came', async (t) => {
  for (const sent of ['"0000-00-00 00:00:00"', '"2024-02-30"', '"soon"', '" "', '1724318064', '1e400', 'false', '{}']) {
    becomes(t, 'createdAt', sent, 'null', sent);
  }
});

t.test('free content is an object: as it is, from JSON text, or around a value', async (t) => {
  becomes(t, 'metadata', '{"a":9007199254740993,"b":"007"}', '{"a":9007199254740993,"b":"007"}');
  becomes(t, 'metadata', '"{\\"a\\":9007199254740993}"', '{"a":9007199254740993}');
  becomes(t, 'metadata', '" \\n{\\"a\\":{}} "', '{"a":{}}');
  becomes(t, 'metadata', '"{}"', '{}');
  becomes(t, 'metadata', '""', 'null');
  for (const sent of ['0', '1e400', 'false', '"abc"', '"{"', '"{a:1}"', '"[1"', '"null"', '"12"', '[]', '[{"a":1}]']) {
    becomes(t, 'metadata', sent, `{"value":${sent}}`);
  }
});

t.test('JSON text that is too deep to be written again stays text', async (t) => {
  const text = `${'{"a":'.repeat(20_000)}1${'}'.repeat(20_000)}`;
  t.equal(conformText(JSON.stringify({ metadata: text })), JSON.stringify({ metadata: { value: text }, _extra: null }));
});

t.test('a declared object comes from JSON text as well, and each of its fields is conformed', async (t) => {
  becomes(t, 'customer', '{"id":"12","plan":{"live":1}}', '{"id":12,"plan":{"live":true}}');
  becomes(t, 'customer', '"{\\"id\\":\\"9007199254740993\\",\\"x\\":1e400}"', '{"id":9007199254740993}', '{"x":1e400}');
  becomes(t, 'customer', '{"plan":"{\\"live\\":0}"}', '{"plan":{"live":false}}');
  becomes(t, 'customer', '""', 'null');
});

t.test('an id where an object with an id is declared is that object', async (t) => {
  becomes(t, 'customer', '12', '{"id":12}');
  becomes(t, 'customer', '"12"', '{"id":12}');
  becomes(t, 'customer', '0', '{"id":0}');
  becomes(t, 'customer', '9007199254740993', '{"id":9007199254740993}');
  becomes(t, 'customer', '"18446744073709551615"', '{"id":18446744073709551615}');
});

t.test('what is neither an object nor an id stays as it came, in its place', async (t) => {
  const all = ['"abc"', '"{"', 'true', '1.5', '-1', '[]', '[{"id":1}]', '"[]"'];
  // No ids: an array with one number, a number beyond 64 bits, digits with leading zeros.
  for (const sent of [...all, '[12]', '18446744073709551616', '"18446744073709551616"', '"007"']) {
    becomes(t, 'customer', sent, 'null', sent);
  }
  for (const sent of [...all, '12', '"12"']) becomes(t, 'split', sent, 'null', sent);
});

t.test('an array comes from JSON text as well, and each item is conformed', async (t) => {
  becomes(t, 'codes', '["a",1,null]', '["a","1",null]');
  becomes(t, 'codes', '"[\\"a\\",9007199254740993]"', '["a","9007199254740993"]');
  becomes(t, 'history', '[{"time":"1","at":"2024-01-01"},""]', '[{"time":1,"at":"2024-01-01T00:00:00.000Z"},null]');
  becomes(t, 'codes', '""', 'null');
  for (const sent of ['"a"', '"["', '{}', '{"0":"a"}', '0', 'true']) becomes(t, 'codes', sent, 'null', sent);
});

t.test('an array item that does not fit is kept under its index', async (t) => {
  becomes(t, 'codes', '["a",true,{"x":1},"b"]', '["a",null,null,"b"]', '{"1":true,"2":{"x":1}}');
  becomes(
    t,
    'history',
    '[{"time":1},{"time":"x","new":[1]}]',
    '[{"time":1},{"time":null}]',
    '{"1":{"time":"x","new":[1]}}',
  );
  t.strictSame(misfits('{"history":[{"time":1},{"time":"x","new":[1]}]}'), [
    { path: 'history[].time', type: 'string' },
    { path: 'history[].new', type: 'array' },
  ]);
});

t.test('an array of anything is held by an object, digit by digit, from JSON text as well', async (t) => {
  becomes(t, 'list', '" [1e400,{\\"a\\":1,\\"a\\":2}]"', '{"value":[1e400,{"a":2}]}', '{"1":{"a":1}}');
  becomes(t, 'list', '"[]"', '{"value":[]}');
  const deep = '['.repeat(101) + ']'.repeat(101);
  becomes(t, 'list', `"${deep}"`, `{"value":"${deep}"}`);
  for (const sent of ['[]', '[1e400,{}]', '[ 1 , [true,"a"],{"a":9007199254740993}]']) {
    becomes(t, 'list', sent, `{"value":${sent}}`);
  }
});

t.test('fields that are not declared are kept where they stood, at any depth', async (t) => {
  const sent =
    '{"new":1e400,"customer":{"id":1,"new":{"a":null},"plan":{"new":false}},"history":[{"new":""}],"gone":null}';
  t.equal(
    conformText(sent),
    '{"customer":{"id":1,"plan":{}},"history":[{}],"_extra":{"new":1e400,"customer":{"new":{"a":null},"plan":{"new":false}},"history":{"0":{"new":""}}}}',
  );
  t.strictSame(misfits(sent), [
    { path: 'new', type: 'number' },
    { path: 'customer.new', type: 'object' },
    { path: 'customer.plan.new', type: 'boolean' },
    { path: 'history[].new', type: 'string' },
    { path: 'gone', type: 'null' },
  ]);
});

t.test('fields with special names are fields like others', async (t) => {
  const names = [
    '__proto__',
    'constructor',
    'toString',
    'hasOwnProperty',
    '_extra',
    'length',
    '0',
    '',
    'a.b',
    'valueOf',
  ];
  for (const name of names) {
    t.equal(conformText(`{"${name}":{"a":1}}`), `{"_extra":{"${name}":{"a":1}}}`);
    t.equal(
      conformText(`{"customer":{"id":1,"${name}":2},"history":[{"${name}":[]}]}`),
      `{"customer":{"id":1},"history":[{}],"_extra":{"customer":{"${name}":2},"history":{"0":{"${name}":[]}}}}`,
    );
    t.equal(conformText(`{"metadata":{"${name}":2}}`), `{"metadata":{"${name}":2},"_extra":null}`);
  }
  t.equal(({} as Record<string, unknown>)['a'], undefined);
});

t.test('a fact under two names is written once, under the declared one', async (t) => {
  const once = { createdAt: '2024-01-01T00:00:00.000Z', _extra: null };
  t.strictSame(conform('{"created_at":"2024-01-01T00:00:00.000Z"}'), once);
  t.strictSame(conform('{"createdAt":"2024-01-01T00:00:00.000Z","created_at":"2024-01-01T01:00:00+01:00"}'), once);
  t.strictSame(conform('{"created_at":"2024-01-01 00:00:00","createdAt":"2024-01-01","created":"2024-01-01"}'), once);
  t.strictSame(conform('{"createdAt":null,"created_at":"2024-01-01"}'), once);
  t.strictSame(conform('{"createdAt":"","created_at":"2024-01-01"}'), once);
  t.strictSame(conform('{"createdAt":"2024-01-01","created_at":null}'), once);
  t.strictSame(conform('{"createdAt":"2024-01-01","created_at":""}'), once);
  t.strictSame(conform('{"is_deleted":0,"isDeleted":false}'), { is_deleted: false, _extra: null });
  t.strictSame(conform('{"isDeleted":0}'), { is_deleted: false, _extra: null });
  t.strictSame(conform('{"created_at":null}'), { createdAt: null, _extra: null });
  t.strictSame(conform('{"customer":{"id":1,"paid_at":"2024-01-01"}}'), {
    customer: { id: 1, paidAt: '2024-01-01T00:00:00.000Z' },
    _extra: null,
  });
  t.strictSame(conform('{"meta":{"a":1},"metadata":"{\\"a\\":1}"}'), { metadata: { a: 1 }, _extra: null });
  t.strictSame(misfits('{"createdAt":"2024-01-01","created_at":"2024-01-01 00:00:00"}'), []);
});

t.test('two names with different values: the second keeps its own', async (t) => {
  const sent = '{"createdAt":"2024-01-01","created_at":"2024-01-02","created":"2024-01-03"}';
  t.strictSame(conform(sent), {
    createdAt: '2024-01-01T00:00:00.000Z',
    _extra: { created_at: '2024-01-02', created: '2024-01-03' },
  });
  t.strictSame(misfits(sent), [
    { path: 'created_at', type: 'string' },
    { path: 'created', type: 'string' },
  ]);
  t.strictSame(conform('{"created":"2024-01-03","created_at":"2024-01-02"}'), {
    createdAt: '2024-01-03T00:00:00.000Z',
    _extra: { created_at: '2024-01-02' },
  });
  t.strictSame(conform('{"is_deleted":false,"isDeleted":1}'), { is_deleted: false, _extra: { isDeleted: 1 } });
  t.strictSame(conform('{"createdAt":"2024-01-01","created_at":"soon"}'), {
    createdAt: '2024-01-01T00:00:00.000Z',
    _extra: { created_at: 'soon' },
  });
  t.strictSame(conform('{"createdAt":"soon","created_at":"2024-01-02"}'), {
    createdAt: '2024-01-02T00:00:00.000Z',
    _extra: { createdAt: 'soon' },
  });
  t.strictSame(conform('{"metadata":{"a":1},"meta":{"a":"1"}}'), { metadata: { a: 1 }, _extra: { meta: { a: '1' } } });
});

t.test('an object under a second name keeps what does not fit in it', async (t) => {
  t.strictSame(conform('{"client":{"id":"x","new":1}}'), {
    customer: { id: null },
    _extra: { client: { id: 'x', new: 1 } },
  });
  t.strictSame(conform('{"customer":{"id":1},"client":{"id":"x","new":1}}'), {
    customer: { id: 1 },
    _extra: { client: { id: 'x', new: 1 } },
  });
  t.strictSame(conform('{"customer":{"id":1},"client":{"id":1,"new":1}}'), {
    customer: { id: 1 },
    _extra: { client: { new: 1 } },
  });
});

t.test('columns that are not selected are dropped without a word', async (t) => {
  const selected = without(schema, 'amount', 'createdAt', 'metadata', 'customer', 'codes');
  const sent =
    '{"id":1,"amount":"x","createdAt":"soon","created_at":"2024-01-01","metadata":1,"meta":{},"customer":{"new":1},"client":[],"codes":5,"name":"a"}';
  const { json, misfits } = written(compileConform(schema, selected), sent);
  t.strictSame(JSON.parse(json), { id: 1, name: 'a', _extra: null });
  t.strictSame(misfits, []);
  t.strictSame(conform('{"id":1,"amount":2,"new":3}', selected), { id: 1, _extra: { new: 3 } });
});

t.test('fields of objects and items that are not selected are dropped without a word', async (t) => {
  const { customer, history } = schema.properties!;
  const selected: Schema = {
    ...schema,
    properties: {
      ...schema.properties,
      customer: without(customer!, 'id', 'paidAt'),
      history: { ...history!, items: without(history!.items!, 'time') },
    },
  };
  t.strictSame(
    conform('{"customer":{"id":"x","email":"e","paid_at":"soon","new":1},"history":[{"time":"x","by":"y"}]}', selected),
    { customer: { email: 'e' }, history: [{ by: 'y' }], _extra: { customer: { new: 1 } } },
  );
  t.strictSame(conform('{"customer":12}', selected), { customer: {}, _extra: null });
});

t.test('spaces between the parts of a record change nothing', async (t) => {
  const sent =
    ' { "new" : 1 , "amount" : "5" ,\n"created_at" : "2024-01-01" , "customer" : { "x" : [ 1 ] , "id" : 7 } , "codes" : [ 1 , "a" ] } ';
  t.strictSame(conform(sent), {
    amount: 5,
    createdAt: '2024-01-01T00:00:00.000Z',
    customer: { id: 7 },
    codes: ['1', 'a'],
    _extra: { new: 1, customer: { x: [1] } },
  });
});

t.test('a name that comes twice: the last value stands, as everywhere, and the others are kept', async (t) => {
  t.equal(conformText('{"amount":1,"name":"a","amount":2}'), '{"name":"a","amount":2,"_extra":{"amount":1}}');
  t.strictSame(conform('{"amount":1,"amount":"x","amount":3}'), { amount: 3, _extra: { amount: [1, 'x'] } });
  t.strictSame(conform('{"amount":1,"amount":"x"}'), { amount: null, _extra: { amount: [1, 'x'] } });
  t.strictSame(conform('{"new":1,"new":2}'), { _extra: { new: [1, 2] } });
  t.strictSame(conform('{"customer":{"id":1,"id":2}}'), { customer: { id: 2 }, _extra: { customer: { id: 1 } } });
  t.strictSame(conform('{"created_at":"2024-01-01","created_at":"2024-01-02","createdAt":null}'), {
    createdAt: '2024-01-02T00:00:00.000Z',
    _extra: { created_at: '2024-01-01' },
  });
  t.strictSame(misfits('{"amount":1,"amount":2}'), [{ path: 'amount', type: 'number' }]);
});

t.test('free content has each name once: the last stands, and the others are kept where they stood', async (t) => {
  becomes(t, 'metadata', '{"a":1,"a":2}', '{"a":2}', '{"a":1}');
  becomes(t, 'metadata', '{"a":1,"a":"x","b":0,"a":3}', '{"b":0,"a":3}', '{"a":[1,"x"]}');
  becomes(t, 'metadata', '{"a":{"x":1,"y":1e400,"x":2}}', '{"a":{"y":1e400,"x":2}}', '{"a":{"x":1}}');
  becomes(t, 'metadata', '[{"a":1},[{"a":1,"a":2}]]', '{"value":[{"a":1},[{"a":2}]]}', '{"1":{"0":{"a":1}}}');
  becomes(t, 'metadata', '"{\\"a\\":1,\\"a\\":2}"', '{"a":2}', '{"a":1}');
  becomes(t, 'list', '[{"a":1,"a":2}]', '{"value":[{"a":2}]}', '{"0":{"a":1}}');
  becomes(t, 'metadata', '{ "a" : 1 , "a" : 2 }', '{ "a" : 2 }', '{"a":1}');
  becomes(t, 'metadata', '{"a":null,"a":2}', '{"a":2}', '{"a":null}');
  becomes(t, 'metadata', '{"__proto__":1,"__proto__":{"a":2}}', '{"__proto__":{"a":2}}', '{"__proto__":1}');
  t.equal(
    conformText('{"customer":"{\\"metadata\\":{\\"a\\":1,\\"a\\":2}}"}'),
    '{"customer":{"metadata":{"a":2}},"_extra":{"customer":{"metadata":{"a":1}}}}',
  );
  t.strictSame(misfits('{"metadata":{"secret":1,"secret":2}}'), [
    { path: 'metadata', type: 'object with a repeated name' },
  ]);
});

t.test('names are the same however they are escaped', async (t) => {
  becomes(t, 'metadata', '{"a":1,"\\u0061":2}', '{"\\u0061":2}', '{"a":1}');
  becomes(t, 'metadata', '{"\\/":1,"/":2}', '{"/":2}', '{"/":1}');
  becomes(t, 'metadata', '{"é":1,"\\u00e9":2}', '{"\\u00e9":2}', '{"é":1}');
  becomes(t, 'metadata', '{"\\ud800":1,"\\udfff":2}', '{"\\ufffd":2}', '{"\ufffd":1}');
  t.equal(conformText('{"amount":1,"\\u0061mount":2}'), '{"\\u0061mount":2,"_extra":{"amount":1}}');
  t.equal(conformText('{"customer":{"\\u0069d":1,"id":2}}'), '{"customer":{"id":2},"_extra":{"customer":{"id":1}}}');
});

t.test('an object of many names, many alike, is looked at in little time', async (t) => {
  const members = Array.from({ length: 50_000 }, (_, index) => `"name ${index}":${index}`);
  // These two have the same hash.
  for (const [one, other] of [
    ['"Aa":1', '"BB":2'],
    ['"\\u0041":1', '"B":2'],
  ]) {
    const sent = `{${[one, ...members, other].join(',')}}`;
    const began = Date.now();
    t.ok(conformText(`{"metadata":${sent}}`) === `{"metadata":${sent},"_extra":null}`);
    const last = conformText(`{"metadata":{${[...members, '"name 0":"last"'].join(',')}}}`);
    t.ok(last.endsWith('"name 0":"last"},"_extra":{"metadata":{"name 0":0}}}'));
    t.ok(Date.now() - began < 30_000, 'in time');
  }
  const nested = `${'{"a":[{"b":1,"c":'.repeat(100)}{"x":1,"y":2,"x":3}${'}]}'.repeat(100)}`;
  t.equal(conformText(`{"metadata":${nested}}`).split('"x"').length, 3);
  t.notMatch(conformText(`{"metadata":${nested}}`), '"x":1,"y"');
});

t.test('what _extra holds has each name once as well, or is kept as text', async (t) => {
  t.equal(conformText('{"new":{"a":1,"a":2}}'), '{"_extra":{"new":"{\\"a\\":1,\\"a\\":2}"}}');
  t.equal(conformText('{"amount":[{"a":1,"a":2}]}'), '{"amount":null,"_extra":{"amount":"[{\\"a\\":1,\\"a\\":2}]"}}');
  becomes(t, 'metadata', '{"b":{"a":1,"a":2},"b":3}', '{"b":3}', '{"b":"{\\"a\\":1,\\"a\\":2}"}');
});

t.test('null under a name that is not declared is counted, and fills no _extra', async (t) => {
  t.equal(conformText('{"id":1,"new":null}'), '{"id":1,"_extra":null}');
  t.equal(conformText('{"customer":{"new":null,"plan":{"new":null}}}'), '{"customer":{"plan":{}},"_extra":null}');
  t.strictSame(misfits('{"new":null}'), [{ path: 'new', type: 'null' }]);
  t.equal(conformText('{"new":null,"new":1}'), '{"_extra":{"new":1}}');
  t.equal(conformText('{"amount":null,"amount":1}'), '{"amount":1,"_extra":{"amount":null}}', 'a declared one is kept');
});

t.test('a column that is not selected is dropped without a word, repeated or not', async (t) => {
  const { json, misfits } = written(
    compileConform(schema, without(schema, 'amount')),
    '{"id":1,"amount":1,"amount":2}',
  );
  t.equal(json, '{"id":1,"_extra":null}');
  t.strictSame(misfits, []);
});

t.test('a value that is nested too deep for targets is kept as text', async (t) => {
  const nested = (depth: number) => `${'['.repeat(depth)}${']'.repeat(depth)}`;
  const right = `{"metadata":{"a":${nested(499)}}}`;
  t.equal(conformText(right), `${right.slice(0, -1)},"_extra":null}`);
  const deep = `{"a":${nested(100_000)}}`;
  for (const name of ['metadata', 'list', 'new']) {
    const { [name]: column, _extra } = conform(`{"${name}":${deep}}`);
    t.strictSame([column ?? null, _extra], [null, { [name]: deep }]);
  }
  t.strictSame(conform(`{"metadata":${nested(501)}}`), { metadata: null, _extra: { metadata: nested(501) } });
});

t.test('columns are given back on request, selected or not, as JSON text', async (t) => {
  const asked = ['id', 'createdAt', 'name', 'live', 'amount'];
  const asking = (selected: Schema, text: string) => written(compileConform(schema, selected, { asked }), text).asked;
  for (const selected of [schema, without(schema, 'id', 'createdAt', 'name')]) {
    const given = asking(selected, '{"id":"12","created_at":"2024-01-01","name":"a\\"","live":null}');
    t.strictSame(given, ['12', '"2024-01-01T00:00:00.000Z"', '"a\\""', 'null', undefined]);
  }
});

t.test('an asked column is given back as it is written, whatever was changed inside it', async (t) => {
  const asked = ['customer', 'amount'];
  const given = (selected: Schema, text: string) => written(compileConform(schema, selected, { asked }), text).asked;
  for (const selected of [schema, without(schema, 'amount', 'customer')]) {
    t.strictSame(
      given(selected, '{"name":1,"customer":{"id":"7","new":1,"plan":{"live":0}},"amount":1,"amount":"2"}'),
      ['{"id":7,"plan":{"live":false}}', '2'],
    );
    t.strictSame(given(selected, '{ "new":1, "customer" : {"id":7 ,"new":1} }'), ['{"id":7}', undefined]);
    t.strictSame(given(selected, '{"client":{"id":7}, "amount":"x"}'), ['{"id":7}', 'null']);
  }
});

t.test('a carried column has its value from elsewhere where the record has none', async (t) => {
  const conformer = compileConform(schema, schema, { carried: ['amount', 'createdAt'] });
  const carrying = (text: string) =>
    JSON.parse(written(conformer, text, { amount: '"7"', createdAt: '"2024-01-01"' }).json);
  const createdAt = '2024-01-01T00:00:00.000Z';
  t.strictSame(carrying('{}'), { amount: 7, createdAt, _extra: null });
  t.strictSame(carrying('{"amount":null,"name":"a"}'), { amount: 7, name: 'a', createdAt, _extra: null });
  t.strictSame(carrying('{"amount":7,"created_at":"2024-01-01"}'), { amount: 7, createdAt, _extra: null });
  t.strictSame(carrying('{"amount":8}'), { amount: 8, createdAt, _extra: null });
});

t.test('_extra can be left out', async (t) => {
  const selected = without(schema, '_extra');
  t.strictSame(conform('{"id":1,"amount":"x","new":1}', selected), { id: 1, amount: null });
  t.strictSame(conform('{"id":1,"_extra":1}', selected), { id: 1 });
});

t.test('nothing is carried over from one record to the next', async (t) => {
  const { _extra } = schema.properties!;
  for (const selected of [schema, without(schema, '_extra'), { type: 'object', properties: { _extra: _extra! } }]) {
    const conformer = compileConform(schema, selected);
    written(conformer, '{"amount":"x","new":1,"customer":{"new":2},"codes":[true]}');
    const { json, misfits } = written(conformer, '{"id":1}');
    t.strictSame(JSON.parse(json)._extra ?? null, null);
    t.strictSame(misfits, []);
  }
});

t.test('every value of any record is in its column or in _extra, and nothing else is', async () => {
  const ajv = new Ajv({ strict: false });
  formats.default(ajv);
  const selections = [schema, without(schema, 'amount', 'createdAt', 'customer', 'list'), onlyNested()];
  const compiled = selections.map((selected) => ({
    selected,
    conform: compileConform(schema, selected),
    validate: ajv.compile(publicSchema(selected)),
  }));
  fc.assert(
    fc.property(recordText(), fc.nat(compiled.length - 1), (text, chosen) => {
      const { selected, conform, validate } = compiled[chosen]!;
      const { json } = written(conform, text);
      if (!validate(JSON.parse(json))) throw new Error(`${json}: ${ajv.errorsText(validate.errors)}`);
      const { s_extra: extra, ...columns } = tagged(json) as Tagged;
      const problems = inObject(schema, selected, tagged(text) as Tagged, columns, extra ?? undefined, '');
      if (problems.length > 0) throw new Error(`${problems.join('\n')}\n${json}`);
    }),
    { numRuns: 1500 },
  );
});

function without(schema: Schema, ...names: string[]): Schema {
  const properties = Object.entries(schema.properties ?? {}).filter(([name]) => !names.includes(name));
  return { ...schema, properties: Object.fromEntries(properties) };
}

function onlyNested(): Schema {
  const { id, customer, history, _extra } = schema.properties!;
  return {
    ...schema,
    properties: {
      id: id!,
      customer: without(customer!, 'id', 'metadata'),
      history: { ...history!, items: without(history!.items!, 'at') },
      _extra: _extra!,
    },
  };
}

/**
 * JSON text of a record whose names are partly those of the schema, and whose values are partly what columns take. Its
 * key fits, as records whose key does not are refused elsewhere.
 */
function recordText(): fc.Arbitrary<string> {
  const declared = [schema, schema.properties!['customer']!, schema.properties!['history']!.items!].flatMap((object) =>
    Object.entries(object.properties ?? {}).flatMap(([name, { 'x-aliases': aliases = [] }]) => [name, ...aliases]),
  );
  const name = fc.oneof(
    { weight: 6, arbitrary: fc.constantFrom(...declared, 'plan', 'code', 'share') },
    { weight: 1, arbitrary: fc.constantFrom('__proto__', 'constructor', 'new', '0') },
    { weight: 1, arbitrary: fc.string() },
  );
  const numbers = ['0', '1', '-0', '12', '1.5', '1.10', '1e3', '9007199254740993', '18446744073709551615'];
  const beyond = ['18446744073709551616', '-9223372036854775809', '0.1234567890123456789'];
  const dates = ['2024-01-01', '2024-01-01T00:00:00.000Z', '2024-01-01 01:00:00+01:00', '2024-01-01T00:00:00.000001Z'];
  const texts = [
    '',
    'a',
    '007',
    '-5',
    '{',
    '[',
    '{}',
    '[]',
    '{"id":9007199254740993,"new":[1]}',
    '[1,"2",{"time":"x"}]',
  ];
  const scalar = fc.oneof(
    fc.constantFrom('null', 'true', 'false', ...numbers, ...beyond),
    fc.constantFrom(...dates, ...texts, ...numbers, ...beyond).map((text) => JSON.stringify(text)),
    fc.string().map((text) => JSON.stringify(text)),
  );
  const { value } = fc.letrec<{ value: string; object: string }>((tie) => ({
    object: fc
      .uniqueArray(fc.tuple(name, tie('value')), { maxLength: 8, selector: ([name]) => name })
      .map((members) => `{${members.map(([name, value]) => `${JSON.stringify(name)}:${value}`).join(',')}}`),
    value: fc.oneof(
      { maxDepth: 3 },
      scalar,
      tie('object'),
      fc.array(tie('value'), { maxLength: 4 }).map((items) => `[${items.join(',')}]`),
      fc.oneof(tie('object'), fc.constant('[{"time":1e3,"x":1}]')).map((text) => JSON.stringify(text)),
    ),
  }));
  return fc
    .uniqueArray(fc.tuple(name, value), { maxLength: 12, selector: ([name]) => name })
    .map((members) => members.filter(([name]) => name !== 'id'))
    .chain((members) => fc.constantFrom(members, [['id', '12'] as [string, string], ...members]))
    .map((members) => `{${members.map(([name, value]) => `${JSON.stringify(name)}:${value}`).join(',')}}`);
}
