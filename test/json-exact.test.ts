import { deepStrictEqual } from 'node:assert/strict';
import fc from 'fast-check';
import t from 'tap';
import { exactDigits, parseExact, stringifyExact } from '../src/json/exact.ts';

const roundTrip = (text: string) => stringifyExact(parseExact(text));

/** Numbers that a double would change, or print in another way. */
const inexact = [
  '9007199254740993', // 2^53 + 1
  '-9007199254740993',
  '9223372036854775807',
  '18446744073709551615',
  '123456789012345678901234567890',
  '100000000000000000000000',
  '7'.repeat(400),
  `-${'7'.repeat(400)}`,
  '1e400',
  '-1E-400',
  '5e-324',
  '1.7976931348623159e308',
  '1E5',
  '1e5',
  '1e+5',
  '1E-5',
  '0e0',
  '-0',
  '-0.0',
  '-0e0',
  '0.12345678901234567890',
  '-0.12345678901234567890',
  '123456789.1234567890123',
  '0.1000000000000000055511151231257827',
  `0.${'0'.repeat(400)}1`,
];

t.test('a number keeps its digits anywhere in a document', async (t) => {
  for (const number of inexact) {
    const places = [
      `[${number}]`,
      `{"a":${number}}`,
      `[[${number}],${number}]`,
      `[1,${number},2]`,
      `{"a":{"b":[{"c":${number}}]},"d":${number}}`,
      `["${number}",${number}]`,
    ];
    for (const text of places) t.equal(roundTrip(text), text);
    for (const space of [' ', '\n', '\r\n', '\t', ' \n\t ']) {
      const spaced = `${space}{${space}"a"${space}:${space}${number}${space},${space}"b"${space}:${space}[${space}${number}${space}]${space}}${space}`;
      t.equal(roundTrip(spaced), `{"a":${number},"b":[${number}]}`);
    }
  }
});

t.test('a number that is the whole document keeps its digits', async (t) => {
  t.strictSame(inexact.map(roundTrip), inexact);
  t.strictSame(
    inexact.map((number) => roundTrip(` ${number}\n`)),
    inexact,
  );
});

t.test('a decimal may lose trailing zeros, never value', async (t) => {
  const written = {
    '1.10': '1.1',
    '1.0': '1',
    '100.00': '100',
    '-2.50': '-2.5',
    '0.0': '0',
    '1.5000000000000000000': '1.5',
  };
  for (const [number, expected] of Object.entries(written)) t.equal(roundTrip(`[${number}]`), `[${expected}]`);
  for (const number of ['0.0000001', '0.000000123', '-0.00000000012345', '0.00000000000000000000001']) {
    t.same(tagged(roundTrip(`[${number}]`)), tagged(`[${number}]`));
  }
});

t.test('ordinary numbers arrive as numbers', async (t) => {
  t.strictSame(
    parseExact('[0,1,-1,1.5,9007199254740991,-9007199254740991,0.1]'),
    [0, 1, -1, 1.5, 9007199254740991, -9007199254740991, 0.1],
  );
});

t.test('digits inside strings never change', async (t) => {
  const digits = '12345678901234567890';
  const strings = [
    digits,
    `:${digits}`,
    `,${digits}`,
    `[${digits}]`,
    `{"a":${digits}}`,
    `", ${digits}`,
    `\\", ${digits}`,
    `\\\\": ${digits}`,
    `${digits}\\`,
    `\\`,
    `"`,
    `: 1e400, -0, 0.12345678901234567890`,
    `\n:${digits}\t,${digits}`,
    '',
  ];
  for (const string of strings) {
    for (const number of ['1', digits]) {
      const text = JSON.stringify([string, 'N', { [string]: string }, 'N']).replaceAll('"N"', number);
      t.equal(roundTrip(text), text);
    }
  }
  t.equal(roundTrip('["\\u0022:12345678901234567890",1e400]'), '["\\":12345678901234567890",1e400]');
});

t.test('strings of 5 MB are gone through in little time', async (t) => {
  const size = 5_000_000;
  const fillings = ['x', ',12345678901234567890', '\\', '\\"', '\\ud800'];
  for (const filling of fillings) {
    const string = `"${JSON.stringify(filling)
      .slice(1, -1)
      .repeat(size / filling.length)}"`;
    const text = `{"a":${string},"b":12345678901234567890}`;
    const startedAt = Date.now();
    t.ok(roundTrip(text) === text, `filled with ${JSON.stringify(filling)}`);
    t.ok(Date.now() - startedAt < 20_000, 'in time');
  }
});

t.test('half a surrogate pair becomes U+FFFD, in names too', async (t) => {
  const written = {
    '["\\ud800"]': '["\uFFFD"]',
    '["\\uDFFF"]': '["\uFFFD"]',
    '["a\\ud800b"]': '["a\uFFFDb"]',
    '["\ud800"]': '["\uFFFD"]',
    '["\\ud800\\ud801"]': '["\uFFFD\uFFFD"]',
    '["\\udc00\\ud800"]': '["\uFFFD\uFFFD"]',
    '["\\ud800\\ud83d\\ude00\\udc00"]': '["\uFFFD😀\uFFFD"]',
    '["\\\\\\ud800"]': '["\\\\\uFFFD"]',
    '["\\n\\ud800"]': '["\\n\uFFFD"]',
    '{"\\ud800a":{"b\\udc00":1}}': '{"\uFFFDa":{"b\uFFFD":1}}',
    '{"\\ud800":12345678901234567890}': '{"\uFFFD":12345678901234567890}',
  };
  for (const [text, expected] of Object.entries(written)) t.equal(roundTrip(text), expected);
});

t.test('surrogate pairs, and backslash-u as text, stay', async (t) => {
  t.equal(roundTrip('["\\ud83d\\ude00"]'), '["😀"]');
  t.equal(roundTrip('["😀"]'), '["😀"]');
  for (const text of ['["\\\\ud800"]', '["\\\\\\\\ud800"]', '{"\\\\ud800":"\\\\udfff"}', '["\\\\\\"\\\\ud800"]']) {
    t.equal(roundTrip(text), text);
  }
});

t.test('names that JavaScript treats in a special way are names like others', async (t) => {
  for (const number of ['1', '9007199254740993']) {
    const text = `{"__proto__":{"polluted":${number}},"constructor":{"prototype":${number}},"toString":null,"hasOwnProperty":[${number}]}`;
    t.equal(roundTrip(text), text);
  }
  t.equal(({} as Record<string, unknown>)['polluted'], undefined);
});

t.test('what is no JSON throws a SyntaxError', async (t) => {
  const digits = '12345678901234567890';
  const broken = [
    ...['', ' ', '{', '[1', '"a', '[NaN]', '[Infinity]', "['a']", '[1,]', '{"a":1,}', 'undefined', '<html></html>'],
    ...['[-]', '[+1]', '[01]', '[1.]', '[.5]', '[1e]', '[1e+]', '[0x10]', '[--1]', '[1.5.5]', '{1:2}', '["\u0000"]'],
    ...[`[${digits}`, `{"a":${digits}`, `{"a":${digits},}`, `[${digits},]`, `[${digits} 1]`, `[1 ${digits}]`],
    ...[`["a"${digits}]`, `[${digits}"a"]`, `[${digits}.]`, `[${digits}e]`, `[-${digits}-]`, `[${digits}, -]`],
    ...[`["\\x",${digits}]`, `[${digits},"`, `[${digits},"\\"]`, `[1e400e5]`, `[${digits}n]`, `[${digits}]]`],
    // Numbers with a leading zero, and numbers for names.
    ...[`[0${digits}]`, `[-0${digits}]`, `[00,${digits}]`, `[01e5]`, `{"a":${digits},${digits}:1}`, `{"a":1,1e5:1}`],
  ];
  for (const text of broken) t.throws(() => parseExact(text), { name: 'SyntaxError' }, text);
});

t.test('the digits of a number can be asked for', async (t) => {
  const [big, small, text] = parseExact('[9007199254740993,12,"9007199254740993"]') as unknown[];
  t.equal(exactDigits(big), '9007199254740993');
  for (const other of [small, text, null, undefined, {}, [], true]) t.equal(exactDigits(other), undefined);
});

t.test('any document comes out with the same numbers, strings, names and nesting', async () => {
  fc.assert(
    fc.property(jsonText(), (text) => {
      deepStrictEqual(tagged(roundTrip(text)), tagged(text));
    }),
    { numRuns: 150 },
  );
});

/** JSON text of any kind, in any spelling, with number tokens of any length. */
function jsonText(): fc.Arbitrary<string> {
  const space = fc.constantFrom('', '', '', ' ', '\n', '\t', ' \r\n');
  const number = fc.oneof(
    fc.constantFrom(...inexact),
    fc.stringMatching(/^-?(?:0|[1-9]\d{0,40})(?:\.\d{1,40})?(?:[eE][+-]?\d{1,3})?$/),
    fc.stringMatching(/^-?(?:0|[1-9]\d{14,17})(?:\.\d{0,2}[1-9])?$/),
  );
  const character = fc.constantFrom(...'"\\,:[]{}0123456789-.eEudn \n\u0000é😀', '\ud800', '\udc00');
  const string = fc.oneof(fc.string({ unit: 'binary' }), fc.string({ unit: character }));
  const stringText = fc
    .tuple(string, fc.boolean())
    .map(([value, escaped]) =>
      escaped ? `"${[...Array(value.length).keys()].map(escapeAt(value)).join('')}"` : JSON.stringify(value),
    );
  const { value } = fc.letrec<{ value: string }>((tie) => {
    const item = fc.tuple(space, tie('value'), space).map((parts) => parts.join(''));
    const member = fc.tuple(space, stringText, space, item).map(([before, name, after, inner]) => ({
      name: (JSON.parse(name) as string).toWellFormed(),
      text: `${before}${name}${after}:${inner}`,
    }));
    return {
      value: fc.oneof(
        { maxDepth: 3, withCrossShrink: true },
        fc.oneof(number, number, stringText, fc.constantFrom('true', 'false', 'null')),
        fc.array(item, { maxLength: 5 }).map((items) => `[${items.join(',')}]`),
        fc
          .uniqueArray(member, { maxLength: 5, selector: ({ name }) => name })
          .map((members) => `{${members.map(({ text }) => text).join(',')}}`),
      ),
    };
  });
  // A number alone has its own test.
  return fc.tuple(space, value, space).map(([before, inner, after]) => `${before}[${inner}]${after}`);
}

function escapeAt(value: string): (at: number) => string {
  return (at) => `\\u${value.charCodeAt(at).toString(16).padStart(4, '0')}`;
}

/**
 * The document with every number as "#" and its value, every string and name behind "s" and well-formed. Nothing is left
 * for JSON.parse to round.
 */
function tagged(text: string): unknown {
  return JSON.parse(
    text.replace(/"(?:[^"\\]|\\.)*"|-?\d[\d.eE+-]*/g, (token) =>
      token.startsWith('"')
        ? JSON.stringify(`s${(JSON.parse(token) as string).toWellFormed()}`)
        : `"#${magnitude(token)}"`,
    ),
  );
}

/** The value of a number token in one spelling: digits without zeros at either end, and the power of ten. */
function magnitude(token: string): string {
  const [, sign, integer = '', fraction = '', power = '0'] = /^(-?)(\d+)(?:\.(\d+))?(?:[eE](.+))?$/.exec(token)!;
  const digits = (integer + fraction).replace(/^0+/, '');
  if (digits === '') return `${sign}0`;
  const significant = digits.replace(/0+$/, '');
  return `${sign}${significant}e${Number(power) - fraction.length + digits.length - significant.length}`;
}
