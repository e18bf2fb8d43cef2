import fc from 'fast-check';
import { DateTime } from 'luxon';
import t from 'tap';
import { instantOf, isCanonical, timeAt } from '../src/json/dates.ts';
import { newSource } from '../src/json/scan.ts';

t.test('every spelling is read as the same instant', async (t) => {
  const spellings = {
    '2024-08-22T09:14:24.000Z': '2024-08-22T09:14:24.000Z',
    '2024-08-22T09:14:24Z': '2024-08-22T09:14:24.000Z',
    '2024-08-22 09:14:24': '2024-08-22T09:14:24.000Z',
    '2024-08-22 09:14:24Z': '2024-08-22T09:14:24.000Z',
    '2024-08-22T09:14:24': '2024-08-22T09:14:24.000Z',
    '2024-08-22T09:14:24.5': '2024-08-22T09:14:24.500Z',
    '2024-08-22T09:14:24.05Z': '2024-08-22T09:14:24.050Z',
    '2024-08-22T09:14:24.123': '2024-08-22T09:14:24.123Z',
    '2024-08-22T09:14': '2024-08-22T09:14:00.000Z',
    '2024-08-22 09:14Z': '2024-08-22T09:14:00.000Z',
    '2024-08-22': '2024-08-22T00:00:00.000Z',
    '2024-08-22T09:14:24+00:00': '2024-08-22T09:14:24.000Z',
    '2024-08-22T09:14:24-00:00': '2024-08-22T09:14:24.000Z',
    '2024-08-22T10:14:24+01:00': '2024-08-22T09:14:24.000Z',
    '2024-08-22T10:14:24+0100': '2024-08-22T09:14:24.000Z',
    '2024-08-22 10:14:24.250+01:00': '2024-08-22T09:14:24.250Z',
    '2024-08-22T10:14+01:00': '2024-08-22T09:14:00.000Z',
    '2024-02-29T00:00:00.000Z': '2024-02-29T00:00:00.000Z',
    '2000-02-29': '2000-02-29T00:00:00.000Z',
    '0001-01-01T00:00:00.000Z': '0001-01-01T00:00:00.000Z',
    '9999-12-31T23:59:59.999Z': '9999-12-31T23:59:59.999Z',
  };
  for (const [text, expected] of Object.entries(spellings)) {
    t.strictSame(instantOf(text), { text: expected, isWhole: true }, text);
  }
});

t.test('an offset moves the instant across days, months and years', async (t) => {
  const spellings = {
    '2024-01-01T00:30:00+01:00': '2023-12-31T23:30:00.000Z',
    '2023-12-31T23:30:00-01:00': '2024-01-01T00:30:00.000Z',
    '2024-03-01T05:00:00+05:30': '2024-02-29T23:30:00.000Z',
    '2023-02-28T19:00:00-0545': '2023-03-01T00:45:00.000Z',
    '2024-08-22T12:00:00+14:00': '2024-08-21T22:00:00.000Z',
    '2024-08-22T23:59:59.999-23:59': '2024-08-23T23:58:59.999Z',
  };
  for (const [text, expected] of Object.entries(spellings)) t.equal(instantOf(text)?.text, expected, text);
});

t.test('what is no date is none', async (t) => {
  const none = [
    ...['', ' ', 'null', 'abc', '0', '20240822', '1724318064', '2024', '2024-08', '22-08-2024', '08/22/2024'],
    ...['2024-02-30', '2023-02-29', '1900-02-29', '2024-04-31', '2024-06-31', '2024-09-31', '2024-11-31', '2024-01-32'],
    ...['2024-13-01', '2024-00-01', '2024-01-00', '2024-13-01T00:00:00.000Z', '2024-02-30T00:00:00.000Z'],
    ...['2024-01-01T24:00:00.000Z', '2024-01-01T24:00:00Z', '2024-01-01 24:00', '2024-01-01T25:00:00Z'],
    ...['2024-01-01T00:60:00.000Z', '2024-01-01T00:60', '2024-01-01T23:59:60.000Z', '2024-01-01T23:59:60Z'],
    ...['0000-01-01', '0000-00-00', '0000-00-00 00:00:00', '0000-01-01T00:00:00.000Z', '0000-00-00T00:00:00.000Z'],
    ...['2024-01-01T00:00:00+24:00', '2024-01-01T00:00:00+00:60', '2024-01-01T00:00:00+99:99'],
    // An instant outside the years 1 to 9999 has no spelling in RFC 3339.
    ...['0001-01-01T00:00:00+00:01', '9999-12-31T23:59:59-00:01'],
    ...[
      '2024-01-01T',
      '2024-01-01 ',
      ' 2024-01-01',
      '2024-01-01\n',
      '2024-01-01T00:00:00.Z',
      '2024-01-01T00:00:00.000Z\n',
    ],
    ...['2024-1-1', '2024-01-01T1:00:00Z', '2024-01-01T00:00:00 Z', '2024-01-01Z', '+002024-01-01T00:00:00.000Z'],
    // What luxon takes besides: weeks, ordinals, times alone, years of six digits, compact forms, names of zones.
    ...['2024-W34', '2024-W34-4', '2024-235', 'T09:14', '09:14:24', '+012024-08-22', '-002024-08-22', '20240822T0914'],
    ...[
      '2024-08-22T09',
      '2024-08-22T0914',
      '2024-08-22T09:14:24,5Z',
      '2024-08-22T09:14:24+01',
      '2024-08-22T09:14[Africa/Lagos]',
    ],
    ...[
      '2024-08-22T09:14:24z',
      '2024-08-22t09:14:24Z',
      '2024-08-22  09:14:24',
      `2024-08-22T09:14:24.${'1'.repeat(40)}Z`,
    ],
    ...['Thu Aug 22 2024', 'Thu, 22 Aug 2024 09:14:24 GMT', '２０２４-01-01', '2024-01-01T00:00:00.000Y'],
  ];
  for (const text of none) t.equal(instantOf(text), undefined, JSON.stringify(text));
});

t.test('what is finer than milliseconds is cut off, and known to be', async (t) => {
  const spellings = {
    '2024-08-22T09:14:24.123000Z': ['2024-08-22T09:14:24.123Z', true],
    '2024-08-22T09:14:24.000000Z': ['2024-08-22T09:14:24.000Z', true],
    '2024-08-22 09:14:24.120000': ['2024-08-22T09:14:24.120Z', true],
    '2024-08-22T09:14:24.123000000+00:00': ['2024-08-22T09:14:24.123Z', true],
    '2024-08-22T09:14:24.1230Z': ['2024-08-22T09:14:24.123Z', true],
    '2024-08-22T09:14:24.123456Z': ['2024-08-22T09:14:24.123Z', false],
    '2024-08-22T09:14:24.000001Z': ['2024-08-22T09:14:24.000Z', false],
    '2024-08-22T09:14:24.999999': ['2024-08-22T09:14:24.999Z', false],
    '2024-08-22T10:14:24.123456+01:00': ['2024-08-22T09:14:24.123Z', false],
    '2024-08-22T09:14:24.123000001Z': ['2024-08-22T09:14:24.123Z', false],
    '2024-08-22T09:14:24.1239Z': ['2024-08-22T09:14:24.123Z', false],
  } as const;
  for (const [spelling, [text, isWhole]] of Object.entries(spellings)) {
    t.strictSame(instantOf(spelling), { text, isWhole }, spelling);
  }
});

t.test('a date in the form of Paystack stays as it is', async () => {
  fc.assert(
    fc.property(date(), (text) => {
      const instant = instantOf(text);
      return instant?.text === text && instant.isWhole;
    }),
    { numRuns: 1000 },
  );
});

t.test('a date with an offset is the instant that JavaScript says it is', async () => {
  const offset = fc
    .tuple(fc.constantFrom('+', '-'), fc.integer({ min: 0, max: 23 }), fc.integer({ min: 0, max: 59 }))
    .map(([sign, hour, minute]) => `${sign}${pad(hour)}:${pad(minute)}`);
  fc.assert(
    fc.property(date(), offset, (canonical, zone) => {
      const spelling = canonical.replace('Z', zone);
      const expected = new Date(spelling).toISOString();
      return instantOf(spelling)?.text === (/^(?!0000)\d{4}-/.test(expected) ? expected : undefined);
    }),
    { numRuns: 1000 },
  );
});

t.test('what is recognised as canonical is what luxon would write for it', async (t) => {
  const inRange = (min: number, max: number) => fc.integer({ min, max }).map(pad);
  const nearDate = fc
    .tuple(
      fc.oneof(fc.integer({ min: 1, max: 9999 }), fc.constantFrom(999, 1000, 1900, 2000, 2023, 2024, 2100)),
      inRange(0, 13),
      fc.oneof(inRange(0, 32), inRange(28, 31)),
      inRange(0, 24),
      inRange(0, 60),
      inRange(0, 60),
      fc.integer({ min: 0, max: 999 }),
    )
    .map(
      ([year, month, day, hour, minute, second, ms]) =>
        `${pad(year, 4)}-${month}-${day}T${hour}:${minute}:${second}.${pad(ms, 3)}Z`,
    );
  const damaged = fc
    .tuple(date(), fc.nat(24), fc.constantFrom(...'0123456789-+:.TZtz /', '', '00', 'é'), fc.nat(2))
    .map(([text, at, by, instead]) => text.slice(0, at) + by + text.slice(at + instead));
  const behind = fc.constantFrom('', ',', '}', ' "');
  let recognised = 0;
  fc.assert(
    fc.property(fc.oneof(date(), nearDate, damaged), fc.constantFrom('', ' ', 'é'), behind, (text, before, after) => {
      const bytes = Buffer.from(`${before}"${text}"${after}`);
      const read = DateTime.fromISO(text, { zone: 'utc', locale: 'en' });
      const isReal = read.isValid && read.toISO() === text;
      const isRecognised = isCanonical(newSource(bytes).view, Buffer.byteLength(before));
      if (isRecognised) recognised++;
      // What it leaves to luxon: the years before 1000, and the day that not every year has.
      return isRecognised === (isReal && !/^0|-02-29T/.test(text));
    }),
    { numRuns: 3000 },
  );
  t.ok(recognised > 500);
});

t.test('luxon is asked for a date of any form, and says the same of those in the form of Paystack', async () => {
  fc.assert(
    fc.property(date(), (text) => {
      const others = [
        text.replace('T', ' '),
        text.replace('Z', ''),
        text.replace('Z', '+00:00'),
        text.replace('Z', '000Z'),
      ];
      return others.every((other) => instantOf(other)?.text === text);
    }),
  );
});

t.test('there is no year 0', async (t) => {
  t.equal(instantOf('0000-12-31T23:59:59.000Z'), undefined);
  t.equal(instantOf('0001-01-01T00:00:00.000Z')?.text, '0001-01-01T00:00:00.000Z');
});

/** Any date of the years 1 to 9999, as JavaScript writes it. */
function date(): fc.Arbitrary<string> {
  const min = new Date('0001-01-01T00:00:00.000Z');
  const max = new Date('9999-12-31T23:59:59.999Z');
  return fc.date({ min, max, noInvalidDate: true }).map((any) => any.toISOString());
}

function pad(number: number, length = 2): string {
  return String(number).padStart(length, '0');
}

t.test('the time of a date is what Date.parse says', async () => {
  fc.assert(
    fc.property(fc.date({ min: new Date('0001-01-01'), max: new Date('9999-12-31'), noInvalidDate: true }), (date) => {
      const text = date.toISOString();
      return timeAt(newSource(Buffer.from(`"${text}"`)).view, 1) === date.getTime();
    }),
  );
});
