/** The bounds of the conversion rules of scalars. What each rule is for, `conform.test.ts` shows. */
import t, { type Test } from 'tap';
import { compileConform } from '../src/record/conform.ts';
import type { Schema } from '../src/schema.ts';
import { written } from './support/written.ts';

const types: Record<string, Schema> = {
  boolean: { type: ['null', 'boolean'] },
  integer: { type: ['null', 'integer'] },
  number: { type: ['null', 'number'] },
  string: { type: ['null', 'string'] },
  date: { type: ['null', 'string'], format: 'date-time' },
};

const schema: Schema = {
  type: 'object',
  properties: { ...types, _extra: { type: ['null', 'object'], additionalProperties: true } },
};
const conform = compileConform(schema, schema);

/** Checks what a column of a type holds for a value, and what is left of it; all as JSON texts. */
function becomes(t: Test, type: string, sent: string, column: string, extra?: string): void {
  const left = extra === undefined ? 'null' : `{"${type}":${extra}}`;
  t.equal(written(conform, `{"${type}":${sent}}`).json, `{"${type}":${column},"_extra":${left}}`, sent);
}

t.test('zero is zero with any exponent, and keeps its sign', async (t) => {
  for (const [sent, zero] of [
    ['0.0e999999999', '0'],
    ['0.00e-999999999', '0'],
    ['-0.00e5', '-0'],
    ['0', '0'],
    ['-0', '-0'],
  ] as const) {
    becomes(t, 'integer', sent, zero);
  }
});

t.test('an exponent may be as large as the fraction is long, and as small as there are zeros', async (t) => {
  becomes(t, 'integer', '0.00000000000000000001e20', '1');
  becomes(t, 'integer', '100e-2', '1');
  becomes(t, 'integer', '1.8446744073709551615E+19', '18446744073709551615');
  for (const sent of ['100e-5', '100e-3', '1e-1', '0.000000000000000000001e20', '1e20', '0.1e21', '120e-2']) {
    becomes(t, 'integer', sent, 'null', sent);
  }
});

t.test('an integer may have 64 bits, signed or not', async (t) => {
  for (const fits of ['999999999999999999', '1000000000000000000', '9999999999999999999', '18446744073709551615']) {
    becomes(t, 'integer', fits, fits);
    becomes(t, 'integer', `"${fits}"`, fits);
  }
  becomes(t, 'integer', '-9223372036854775808', '-9223372036854775808');
  for (const sent of [
    '18446744073709551616',
    '-9223372036854775809',
    '99999999999999999999',
    '100000000000000000000',
  ]) {
    becomes(t, 'integer', sent, 'null', sent);
    becomes(t, 'integer', `"${sent}"`, 'null', `"${sent}"`);
  }
});

t.test('a date is a string, not a list that holds one', async (t) => {
  for (const sent of ['["2024-01-01"]', '20240101', '{"date":"2024-01-01"}', '["2024-01-01T00:00:00.000Z"]', 'true']) {
    becomes(t, 'date', sent, 'null', sent);
  }
});

t.test('only 0 and 1 are booleans among the numbers', async (t) => {
  becomes(t, 'boolean', '1', 'true');
  becomes(t, 'boolean', '0', 'false');
  for (const sent of ['10', '0.0', '1.0', '1e0', '2', '"0"', '""']) becomes(t, 'boolean', sent, 'null', sent);
});
