import fc from 'fast-check';
import t from 'tap';
import { parseExact, stringifyExact } from '../src/json/exact.ts';
import {
  isDeeperThan,
  type JsonText,
  jsonOf,
  openBrace,
  openBracket,
  readAnswer,
  readJson,
  skipSpace,
  skipString,
  skipValue,
  textIn,
  valueIn,
} from '../src/json/scan.ts';

function read(text: string, depth = 0): JsonText {
  return readJson(Buffer.from(text), depth);
}

/** The value again, as text. */
function textOf({ bytes, from, to }: JsonText): string {
  return textIn(bytes, from, to);
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

t.test('what JSON.parse takes is taken, and nothing else, whatever the depth', async (t) => {
  const words = ['{}', '[]', '{"a":[{}]}', ' [ 1 , -0.5e+3 , "\\u00e9\\n" , true,false,null ] ', '{"a":1,"a":2}', '0'];
  const broken = [
    '',
    ' ',
    '{',
    '[1',
    '"a',
    '[1,]',
    '{"a":1,}',
    '{"a"}',
    '{a:1}',
    '[01]',
    '[1.]',
    '[.5]',
    '[1e]',
    '[+1]',
  ];
  const others = [
    '[nul]',
    '[truE]',
    '["\\x"]',
    '["\\u12g4"]',
    '["\n"]',
    '["\t"]',
    '[1]]',
    '1 1',
    '{"a":1]',
    '[1}',
    '\uFEFF1',
  ];
  for (const text of [...words, ...broken, ...others]) {
    for (const depth of [0, 1, 2, 9]) {
      if (isJson(text)) t.doesNotThrow(() => read(text, depth), text);
      else t.throws(() => read(text, depth), { name: 'SyntaxError' }, text);
    }
  }
});

t.test('any text, one character of it changed, is taken when JSON.parse takes it', async () => {
  const character = fc.constantFrom(...'{}[]",:\\ \n\t-+.0159eEtrufalsn/bx\u0001é😀');
  const change = fc.tuple(fc.nat(200), fc.nat(2), character);
  fc.assert(
    fc.property(fc.json(), fc.option(change), fc.nat(3), (json, change, depth) => {
      const [place, removed, added] = change ?? [0, 0, ''];
      const characters = [...json];
      const at = place % (characters.length + 1);
      const text = [...characters.slice(0, at), added, ...characters.slice(at + removed)].join('');
      let taken = true;
      try {
        read(text, depth);
      } catch {
        taken = false;
      }
      if (taken !== isJson(text)) throw new Error(`${taken ? 'took' : 'refused'} ${JSON.stringify(text)}`);
    }),
    { numRuns: 3000 },
  );
});

t.test('a value ends where it ends', async () => {
  fc.assert(
    fc.property(fc.json(), fc.constantFrom('', ',', ']', '}', ' ', '\n'), (json, behind) => {
      const bytes = Buffer.from(json + behind);
      if (skipValue(bytes, 0) !== bytes.length - behind.length) throw new Error(`${json} ends elsewhere`);
    }),
  );
});

t.test('values are found down to the depth that is asked for, the last of those that share a name', async (t) => {
  const { members } = read(' { "a" : [ 1 , {"b":2} ] , "\\u0062" : {"c": [3]}, "d": 1, "d": "é" } ', 2);
  t.strictSame([...(members?.keys() ?? [])], ['a', 'b', 'd']);
  t.strictSame(members?.get('a')?.items?.map(textOf), ['1', '{"b":2}']);
  t.equal(members?.get('a')?.items?.[1]?.members, undefined, 'no deeper');
  t.strictSame(
    [...(members?.get('b')?.members ?? [])].map(([name, value]) => [name, textOf(value)]),
    [['c', '[3]']],
  );
  t.equal(members?.get('d') && textOf(members.get('d')!), '"é"');
  t.strictSame(valueIn(members!.get('a')!), [1, { b: 2 }]);
});

t.test('numbers keep their digits', async (t) => {
  t.equal(stringifyExact(valueIn(read('[12345678901234567890,1e400]'))), '[12345678901234567890,1e400]');
  t.equal(textOf(jsonOf(parseExact('{"a":12345678901234567890}'), 0)), '{"a":12345678901234567890}');
});

t.test('nesting has no limit, and is told', async (t) => {
  const text = `${'[{"a":'.repeat(100_000)}1${'}]'.repeat(100_000)}`;
  for (const readText of [readJson, readAnswer]) {
    const { bytes, from } = readText(Buffer.from(text), 0);
    t.equal(skipValue(bytes, from), text.length);
    t.ok(isDeeperThan(199_999, bytes, from));
    t.notOk(isDeeperThan(200_000, bytes, from));
  }
});

/** Where each value and name of a text starts and ends, by scanning it. */
function spansOf(bytes: Buffer, from: number): [number, number][] {
  const to = skipValue(bytes, from);
  const opening = bytes[from];
  if (opening !== openBrace && opening !== openBracket) return [[from, to]];
  const spans: [number, number][] = [[from, to]];
  for (let at = skipSpace(bytes, from + 1); at < to - 1; at = skipSpace(bytes, at)) {
    if (bytes[at] === 0x2c) at = skipSpace(bytes, at + 1);
    if (opening === openBrace) {
      const nameEnd = skipString(bytes, at);
      spans.push([at, nameEnd]);
      at = skipSpace(bytes, skipSpace(bytes, nameEnd) + 1);
    }
    spans.push(...spansOf(bytes, at));
    at = skipValue(bytes, at);
  }
  return spans;
}

t.test('what is noted of an answer is what scanning it tells, whatever was read before and in between', async (t) => {
  let told = 0;
  fc.assert(
    fc.property(fc.json({ maxDepth: 6 }), fc.nat(3), fc.nat(3), fc.json(), (json, depth, spaces, other) => {
      const text = JSON.stringify(JSON.parse(json), undefined, spaces);
      const expected = spansOf(Buffer.from(text), 0);
      const answer = readAnswer(Buffer.from(text), depth);
      readJson(Buffer.from(other), 1);
      t.strictSame(spansOf(answer.bytes, answer.from), expected);
      told += expected.length;
    }),
  );
  t.ok(told > 500);
});

t.test('an answer that is no JSON leaves nothing noted', async (t) => {
  const broken = Buffer.from('{"a":"b","c":[1,2');
  t.throws(() => readAnswer(broken, 1), SyntaxError);
  t.equal(skipString(broken, 1), 4);
  t.equal(skipString(Buffer.from('["x"]'), 1), 4);
});

t.test('half a surrogate pair becomes U+FFFD, in names too; a pair stays', async (t) => {
  const written = {
    '["\\ud800"]': '["\\ufffd"]',
    '["a\\uDFFFb"]': '["a\\ufffdb"]',
    '["\\ud800\\ud801"]': '["\\ufffd\\ufffd"]',
    '["\\udc00\\ud800"]': '["\\ufffd\\ufffd"]',
    '["\\ud800\\ud83d\\ude00\\udc00"]': '["\\ufffd\\ud83d\\ude00\\ufffd"]',
    '["\\\\\\ud800"]': '["\\\\\\ufffd"]',
    '{"\\ud800a":1}': '{"\\ufffda":1}',
    '["\\\\ud800"]': '["\\\\ud800"]',
    '["😀"]': '["😀"]',
  };
  for (const [text, expected] of Object.entries(written)) t.equal(textOf(read(text)), expected);
});

t.test('bytes that are no UTF-8 become U+FFFD', async (t) => {
  const bytes = Buffer.concat([Buffer.from('["a'), Buffer.from([0xff, 0xc3]), Buffer.from('b"]')]);
  t.equal(textOf(readJson(bytes, 0)), '["a\uFFFD\uFFFDb"]');
});

t.test('line ends between values become spaces, those in strings are escapes and stay', async (t) => {
  const text = '{\r\n"a\\n":\n[1,\n"\\r\\n"]\n}\n';
  t.equal(textOf(read(text)), '{  "a\\n": [1, "\\r\\n"] }');
});

t.test('a byte order mark in front of an answer is passed over', async (t) => {
  t.equal(textOf(readAnswer(Buffer.from('\uFEFF{"a":1}'), 0)), '{"a":1}');
  t.throws(() => readAnswer(Buffer.from('\uFEFF'), 0), SyntaxError);
});
