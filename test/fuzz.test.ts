/**
 * Random JSON, valid and not, against JSON.parse, and random records of every stream against what must become of them.
 *
 * Some seconds in the suite; FUZZ_SECONDS says how many, FUZZ_SEED repeats a run.
 */
import { isDeepStrictEqual } from 'node:util';
import { Ajv } from 'ajv';
import formats from 'ajv-formats';
import t from 'tap';
import { newByteWriter } from '../src/json/byte-writer.ts';
import { parseExact, stringifyExact } from '../src/json/exact.ts';
import { newJsonReader, readAnswer, readJson } from '../src/json/read.ts';
import { type JsonText, newSource, skipValue, textIn, valueIn } from '../src/json/scan.ts';
import { streams } from '../src/paystack/streams.ts';
import { compileConform } from '../src/record/conform.ts';
import { extraColumn, publicSchema, readSchema } from '../src/record/schemas.ts';
import { randomNumbers } from '../src/sandbox/rows.ts';
import type { Schema } from '../src/schema.ts';
import { inObject, repeatedName, type Tagged, tagged } from './support/conformed.ts';

const seed = Number(process.env['FUZZ_SEED'] ?? Math.floor(Math.random() * 2 ** 31));
const seconds = Number(process.env['FUZZ_SECONDS'] ?? 5);
const parts = 4;
t.setTimeout(seconds * 1000 + 120_000);
t.comment(`FUZZ_SEED=${seed}`);

/** Runs a check on one input after the other until its share of the time is over; says how many there were. */
function fuzz(name: string, check: (random: Random) => void, least: number): void {
  t.test(name, async (t) => {
    const until = performance.now() + (seconds * 1000) / parts;
    let runs = 0;
    for (; runs < least || performance.now() < until; runs++) {
      try {
        check(randomFrom(seed + runs));
      } catch (error) {
        t.fail(`FUZZ_SEED=${seed + runs} FUZZ_SECONDS=0: ${error instanceof Error ? error.message : error}`);
        return;
      }
    }
    t.pass(`${runs} runs`);
  });
}

interface Random {
  below(bound: number): number;
  chance(share: number): boolean;
  pick<Item>(items: readonly Item[]): Item;
}

function randomFrom(start: number): Random {
  const next = randomNumbers(start);
  const below = (bound: number) => Math.floor(next() * bound);
  return { below, chance: (share) => next() < share, pick: (items) => items[below(items.length)]! };
}

const spaces = ['', '', '', '', ' ', '\n', '\r\n', '\t', '  \n\t '];
const letters = [
  'a',
  'b',
  'id',
  '0',
  '-',
  '\\n',
  '\\"',
  '\\\\',
  '\\/',
  '\\u0061',
  '\\u0022',
  '\\u00e9',
  'é',
  '😀',
  '\u2028',
];
const oddLetters = [
  '\\ud83d\\ude00',
  '\\ud800',
  '\\uDFFF',
  '\\u0000',
  '\\b',
  '{',
  '}',
  '[',
  ']',
  ',',
  ':',
  '\u007f',
  '\uE000',
];
const numbers = [
  '0',
  '-0',
  '1',
  '12',
  '-1.5',
  '1.10',
  '1e3',
  '1E-7',
  '-0.0e+0',
  '9007199254740993',
  '18446744073709551616',
];
const hugeNumbers = ['1e400', '-1e-400', '0.12345678901234567890', '7'.repeat(300), `0.${'0'.repeat(300)}1`];

/** JSON text of any kind: hostile spaces and escapes, names that come twice, numbers of any size. */
function jsonText(random: Random, depth: number): string {
  const space = () => random.pick(spaces);
  const string = () => {
    const kinds = random.chance(0.2) ? [...letters, ...oddLetters] : letters;
    return `"${Array.from({ length: random.below(4) }, () => random.pick(kinds)).join('')}"`;
  };
  const kind = random.below(depth === 0 ? 5 : 9);
  if (kind < 2) return string();
  if (kind < 4) return random.pick(random.chance(0.2) ? hugeNumbers : numbers);
  if (kind === 4) return random.pick(['true', 'false', 'null']);
  const length = random.chance(0.02) ? 40 : random.below(5);
  const inner = () => `${space()}${jsonText(random, depth - 1)}${space()}`;
  if (kind < 7) return `[${length === 0 ? space() : Array.from({ length }, inner).join(',')}]`;
  const member = () => `${space()}${string()}${space()}:${inner()}`;
  return `{${length === 0 ? space() : Array.from({ length }, member).join(',')}}`;
}

function anyJson(random: Random): string {
  const text = `${random.pick(spaces)}${jsonText(random, random.below(7))}${random.pick(spaces)}`;
  if (!random.chance(0.02)) return text;
  const depth = random.below(300);
  return random.chance(0.5)
    ? `${'['.repeat(depth)}${text}${']'.repeat(depth)}`
    : `${'{"a":'.repeat(depth)}${text}${'}'.repeat(depth)}`;
}

const damage = [
  ...'{}[]",:\\ \n\t-+.0159eEtrufalsn/bx\u0001\u0000é',
  '\\u',
  '\\ud8',
  '//',
  "'",
  '\u00a0',
  '\uFEFF',
  'NaN',
  ',,',
];

/** The text with a few characters of it replaced, removed or put in. */
function damaged(random: Random, text: string): string {
  let result = text;
  for (let times = 1 + random.below(2); times > 0; times--) {
    const at = random.below(result.length + 1);
    result = result.slice(0, at) + (random.chance(0.3) ? '' : random.pick(damage)) + result.slice(at + random.below(3));
  }
  return result;
}

const stringToken = /"(?:[^"\\]|\\.)*"/g;

/** What UTF-8 can hold of a valid text: half a surrogate pair is U+FFFD. */
function wellFormed(text: string): string {
  return text.replace(stringToken, (token) => JSON.stringify((JSON.parse(token) as string).toWellFormed()));
}

function parsed(text: string): { readonly value: unknown } | undefined {
  try {
    return { value: JSON.parse(text) };
  } catch {
    return undefined;
  }
}

function textOf({ source, from, to }: JsonText): string {
  return textIn(source.bytes, from, to);
}

/** Says where what was found in a text differs from its value. */
function differing(found: JsonText, value: unknown): string | undefined {
  if (!isDeepStrictEqual(JSON.parse(textOf(found)), value)) return `${textOf(found)} is not ${JSON.stringify(value)}`;
  if (found.items !== undefined) {
    const items = value as unknown[];
    if (items.length !== found.items.length) return 'other items';
    return found.items.map((item, index) => differing(item, items[index])).find((problem) => problem !== undefined);
  }
  if (found.members === undefined) return undefined;
  const members = value as Record<string, unknown>;
  if (!isDeepStrictEqual(new Set(found.members.keys()), new Set(Object.keys(members)))) return 'other names';
  return [...found.members]
    .map(([name, member]) => differing(member, members[name]))
    .find((problem) => problem !== undefined);
}

const reader = newJsonReader();
fuzz(
  'a text is taken and understood as by JSON.parse, or refused as by it',
  (random) => {
    const valid = anyJson(random);
    // Damage may cut a pair in two, and UTF-8 holds no half of one.
    const text = (random.chance(0.5) ? damaged(random, valid) : valid).toWellFormed();
    const expected = parsed(text);
    let found: JsonText | undefined;
    try {
      found = readJson(reader, Buffer.from(text), random.below(5));
    } catch (error) {
      if (!(error instanceof SyntaxError)) throw error;
    }
    if ((found === undefined) !== (expected === undefined)) {
      throw new Error(`${found === undefined ? 'refused' : 'took'} ${JSON.stringify(text)}`);
    }
    if (found === undefined) return;
    if (skipValue(newSource(found.source.bytes), found.from) !== found.to) throw new Error(`other end: ${text}`);
    const problem = differing(found, JSON.parse(wellFormed(text)));
    if (problem !== undefined) throw new Error(`${problem}: ${JSON.stringify(text)}`);
    if (/[\n\r]/.test(textOf(found))) throw new Error(`a line end in ${JSON.stringify(text)}`);
  },
  1000,
);

fuzz(
  'exact values come out as they went in, and what is no JSON is refused',
  (random) => {
    const valid = anyJson(random);
    const text = random.chance(0.3) ? damaged(random, valid) : valid;
    const expected = parsed(text);
    let written: string | undefined;
    try {
      written = stringifyExact(parseExact(text));
    } catch (error) {
      if (!(error instanceof SyntaxError)) throw error;
    }
    if ((written === undefined) !== (expected === undefined)) throw new Error(`other verdict: ${JSON.stringify(text)}`);
    if (written === undefined) return;
    if (!isDeepStrictEqual(comparable(written), comparable(wellFormed(text)))) throw new Error(`${written} of ${text}`);
  },
  1000,
);

/** The value with its numbers as text, digit by digit but for zeros that say nothing. */
function comparable(text: string): unknown {
  const bare = (number: string) => {
    if (/^-?\d+\.\d+$/.test(number)) return number.replace(/\.?0+$/, '');
    return number;
  };
  return JSON.parse(
    text.replace(/"(?:[^"\\]|\\.)*"|-?\d[\d.eE+-]*/g, (token) =>
      token.startsWith('"') ? `"s${token.slice(1)}` : `"#${bare(String(token))}"`,
    ),
  );
}

/** A stream, with its rules and what its records must be. */
const ajv = new Ajv({ strict: false });
formats.default(ajv);
const targets = Object.keys(streams).map((name) => {
  const schema = readSchema(name);
  return { name, schema, conform: compileConform(schema, schema), validate: ajv.compile(publicSchema(schema)) };
});

/** A record of a schema: names that are declared, aliases and others; values that fit, nearly fit or do not. */
function recordText(
  random: Random,
  schema: Schema,
  value: (schema: Schema | undefined) => string,
  repeats: boolean,
): string {
  const declared = Object.entries(schema.properties ?? {}).flatMap(([name, property]) =>
    name === extraColumn ? [] : [name, ...(property['x-aliases'] ?? [])].map((spelling) => ({ spelling, property })),
  );
  const others = ['new', '__proto__', 'constructor', '0', extraColumn, 'a.b', 'é'].map((spelling) => ({
    spelling,
    property: undefined,
  }));
  const chosen: { spelling: string; property: Schema | undefined }[] = declared.filter(() => random.chance(0.5));
  for (let count = random.below(3); count > 0; count--) chosen.push(random.pick(others));
  if (repeats)
    for (let count = random.below(3); count > 0 && chosen.length > 0; count--) chosen.push(random.pick(chosen));
  if (random.chance(0.3)) chosen.sort(() => (random.chance(0.5) ? 1 : -1));
  const seen = new Set<string>();
  const members = chosen
    .filter(({ spelling }) => repeats || (!seen.has(spelling) && seen.add(spelling)))
    .map(({ spelling, property }) => {
      const name = repeats && random.chance(0.1) ? escaped(spelling) : JSON.stringify(spelling);
      return `${random.pick(spaces)}${name}${random.pick(spaces)}:${random.pick(spaces)}${value(property)}`;
    });
  return `{${members.join(',')}${random.pick(spaces)}}`;
}

function escaped(text: string): string {
  const units = [...Array(text.length).keys()].map((at) => text.charCodeAt(at).toString(16).padStart(4, '0'));
  return `"${units.map((unit) => `\\u${unit}`).join('')}"`;
}

/** What the column of a schema might be sent, or anything else. */
function valueFor(
  random: Random,
  schema: Schema | undefined,
  scalar: () => string,
  repeats: boolean,
  depth = 3,
): string {
  const inner = (other: Schema | undefined) => valueFor(random, other, scalar, repeats, depth - 1);
  const types = [schema?.type ?? []].flat();
  if (depth === 0 || random.chance(0.1)) return random.chance(0.2) ? 'null' : scalar();
  const asText = random.chance(0.1) ? (text: string) => JSON.stringify(text) : (text: string) => text;
  if (types.includes('object') && schema?.properties !== undefined)
    return asText(recordText(random, schema, inner, repeats));
  if (types.includes('object') || (schema === undefined && random.chance(0.5))) {
    const free: Schema = { type: 'object', properties: { a: { type: 'object' }, b: { type: 'array' } } };
    return asText(
      random.chance(0.7) ? recordText(random, free, () => inner(undefined), repeats) : `[${inner(undefined)}]`,
    );
  }
  if (types.includes('array') || schema === undefined) {
    return asText(`[${Array.from({ length: random.below(4) }, () => inner(schema?.items)).join(',')}]`);
  }
  return schema['x-record-id'] && random.chance(0.2) ? `{"id":${inner(undefined)},"x":${scalar()}}` : scalar();
}

const dates = [
  '2024-01-01',
  '2024-02-29T00:00:00.000Z',
  '2024-01-01 01:00:00+01:00',
  '2024-02-30',
  '2024-01-01T00:00:00.0001Z',
];
const texts = [
  '',
  'a',
  '007',
  '-5',
  '1e3',
  ' 1',
  '{',
  '[',
  '{}',
  '[]',
  '[1]',
  '{"id":1}',
  '{"a":1e400}',
  'null',
  'true',
];

function anyScalar(random: Random): string {
  const kind = random.below(6);
  if (kind === 0) return random.pick(['true', 'false', 'null']);
  if (kind < 3) return random.pick([...numbers, ...hugeNumbers]);
  return JSON.stringify(random.pick(kind === 3 ? dates : kind === 4 ? texts : [...numbers, ...hugeNumbers]));
}

function conformed(random: Random, target: (typeof targets)[number], text: string): string {
  const writer = newByteWriter(0);
  const record = random.chance(0.5)
    ? readAnswer(reader, Buffer.from(text), 0)
    : readJson(newJsonReader(), Buffer.from(text), 1);
  target.conform(record, writer);
  const json = writer.bytes.toString('utf8', 0, writer.length);
  // The key need not be there in these records: who has none is refused elsewhere.
  if (
    !target.validate(JSON.parse(json)) &&
    target.validate.errors?.some(({ instancePath }) => instancePath.slice(1).includes('/'))
  ) {
    throw new Error(`${target.name}: ${ajv.errorsText(target.validate.errors)}: ${json}`);
  }
  return json;
}

fuzz(
  'every value of a record of any stream is in its column or in _extra, and nothing else is',
  (random) => {
    const target = random.pick(targets);
    const text = recordText(
      random,
      target.schema,
      (schema) => valueFor(random, schema, () => anyScalar(random), false),
      false,
    );
    const json = conformed(random, target, text);
    const { s_extra: extra, ...columns } = tagged(json) as Tagged;
    const problems = inObject(target.schema, target.schema, tagged(text) as Tagged, columns, extra ?? undefined, '');
    if (problems.length > 0) throw new Error(`${target.name}: ${problems.join('\n')}\n${text}\n${json}`);
  },
  200,
);

fuzz(
  'no name comes twice in an object that is written, and what came twice is there all the same',
  (random) => {
    const target = random.pick(targets);
    const marks: string[] = [];
    const scalar = () => {
      const mark = `7${String(marks.length).padStart(5, '0')}7`;
      marks.push(mark);
      return random.pick([mark, `"${mark}"`, `-${mark}`, `"x${mark}"`, `${mark}.5`, `"2024-08-22T09:14:24.${mark}Z"`]);
    };
    const text = recordText(random, target.schema, (schema) => valueFor(random, schema, scalar, true), true);
    const json = conformed(random, target, text);
    const repeated = repeatedName(json);
    if (repeated !== undefined) throw new Error(`${target.name}: ${repeated} twice in ${json} of ${text}`);
    const lost = marks.filter((mark) => !json.includes(mark));
    if (lost.length > 0) throw new Error(`${target.name}: lost ${lost.join()} of ${text} in ${json}`);
  },
  200,
);

t.test('what looks for repeated names finds them', async (t) => {
  t.equal(repeatedName('{"a":{"b":1},"b":[{"a":1},{"a":2}]}'), undefined);
  t.equal(repeatedName('{"a":[{"x":1, "b":{}, "\\u0078" :2}]}'), 'x');
  t.same(valueIn(readJson(newJsonReader(), Buffer.from('{"a":1,"a":2}'), 0)), { a: 2 });
});
