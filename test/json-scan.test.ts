import fc from 'fast-check';
import t from 'tap';
import { parseExact, stringifyExact } from '../src/json/exact.ts';
import { jsonOf, newJsonReader, readAnswer, readJson } from '../src/json/read.ts';
import {
  isDeeperThan,
  type JsonSource,
  type JsonText,
  memberIn,
  newSource,
  openBrace,
  openBracket,
  skipColon,
  skipSpace,
  skipString,
  skipValue,
  textIn,
  valueIn,
} from '../src/json/scan.ts';

function read(text: string, depth = 0): JsonText {
  return readJson(newJsonReader(), Buffer.from(text), depth);
}

/** The value again, as text. */
function textOf({ source, from, to }: JsonText): string {
  return textIn(source.bytes, from, to);
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
      const source = newSource(Buffer.from(json + behind));
      if (skipValue(source, 0) !== source.bytes.length - behind.length) throw new Error(`${json} ends elsewhere`);
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

t.test('nesting has no limit, and can be asked for', async (t) => {
  const text = `${'[{"a":'.repeat(100_000)}1${'}]'.repeat(100_000)}`;
  for (const source of [read(text).source, newSource(Buffer.from(text))]) {
    t.equal(skipValue(source, 0), text.length);
    t.ok(isDeeperThan(199_999, source, 0));
    t.notOk(isDeeperThan(200_000, source, 0));
  }
  t.notOk(isDeeperThan(0, read('[[1],2]').source, 5), 'a scalar');
});

t.test('a member is found by its name, however it is spelt', async (t) => {
  const source = newSource(Buffer.from(' { "a" : {"id":1} , "\\u0069d" : "x" , "b":[] }'));
  t.equal(textOf(memberIn(source, 1, 'id')!), '"x"');
  t.equal(textOf(memberIn(source, 1, 'b')!), '[]');
  t.equal(memberIn(source, 1, 'c'), undefined);
  t.equal(memberIn(newSource(Buffer.from('{ }')), 0, 'c'), undefined);
});

/** Where each value and name of a text starts and ends. */
function spansOf(source: JsonSource, from: number): [number, number][] {
  const { bytes } = source;
  const to = skipValue(source, from);
  const opening = bytes[from];
  if (opening !== openBrace && opening !== openBracket) return [[from, to]];
  const spans: [number, number][] = [[from, to]];
  for (let at = skipSpace(bytes, from + 1); at < to - 1; at = skipSpace(bytes, at)) {
    if (bytes[at] === 0x2c) at = skipSpace(bytes, at + 1);
    if (opening === openBrace) {
      const nameEnd = skipString(source, at);
      spans.push([at, nameEnd]);
      at = skipColon(bytes, nameEnd);
    }
    spans.push(...spansOf(source, at));
    at = skipValue(source, at);
  }
  return spans;
}

t.test('what a reader notes of a text is what scanning finds, whatever was read before', async (t) => {
  const reader = newJsonReader();
  let found = 0;
  fc.assert(
    fc.property(fc.json({ maxDepth: 6 }), fc.nat(3), fc.nat(3), fc.json(), (json, depth, spaces, other) => {
      const text = JSON.stringify(JSON.parse(json), undefined, spaces);
      const expected = spansOf(newSource(Buffer.from(text)), 0);
      readJson(reader, Buffer.from(other), 1);
      const { source, from } = readAnswer(reader, Buffer.from(text), depth);
      t.ok(source.ends, 'noted');
      t.strictSame(spansOf(source, from), expected);
      found += expected.length;
    }),
  );
  t.ok(found > 500);
});

t.test(
  'a text that is still walked when its reader reads another is scanned, and so is one that another reader reads',
  async () => {
    const reader = newJsonReader();
    fc.assert(
      fc.property(fc.json({ maxDepth: 6 }), fc.json({ maxDepth: 6 }), (json, other) => {
        const text = JSON.stringify(JSON.parse(json));
        const expected = JSON.stringify(spansOf(newSource(Buffer.from(text)), 0));
        const { source } = readJson(reader, Buffer.from(text), 1);
        const next = readJson(reader, Buffer.from(other), 1);
        if (source.ends !== undefined || next.source.ends === undefined) throw new Error('notes of two texts at once');
        if (JSON.stringify(spansOf(source, 0)) !== expected) throw new Error('found something else');
        const kept = readJson(newJsonReader(), Buffer.from(text), 1).source;
        if (next.source.ends === undefined || JSON.stringify(spansOf(kept, 0)) !== expected) throw new Error('shared');
      }),
    );
  },
);

t.test('a text that is no JSON leaves nothing noted', async (t) => {
  const reader = newJsonReader();
  const before = readJson(reader, Buffer.from('{"long":"name"}'), 1);
  t.throws(() => readAnswer(reader, Buffer.from('{"a":"b","c":[1,2'), 1), SyntaxError);
  t.equal(before.source.ends, undefined);
  t.equal(skipString(before.source, 1), 7);
  t.equal(textOf(readJson(reader, Buffer.from('["x"]'), 1).items![0]!), '"x"');
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

t.test('an escape that is cut short is an error, be it half a surrogate pair or not', async (t) => {
  for (const text of [
    '"\\ud8u0022"',
    '"\\ud8"',
    '"\\uDFg0"',
    '"\\ud83d\\ude0"',
    '"\\ud83d\\udg00"',
    '"\\ud8\\u0022"',
  ]) {
    t.throws(() => read(text), SyntaxError, text);
  }
});

t.test('bytes that are no UTF-8 become U+FFFD', async (t) => {
  const bytes = Buffer.concat([Buffer.from('["a'), Buffer.from([0xff, 0xc3]), Buffer.from('b"]')]);
  t.equal(textOf(readJson(newJsonReader(), bytes, 0)), '["a\uFFFD\uFFFDb"]');
});

t.test('line ends between values become spaces, those in strings are escapes and stay', async (t) => {
  const text = '{\r\n"a\\n":\n[1,\n"\\r\\n"]\n}\n';
  t.equal(textOf(read(text)), '{  "a\\n": [1, "\\r\\n"] }');
});

t.test('a byte order mark in front of an answer is passed over', async (t) => {
  t.equal(textOf(readAnswer(newJsonReader(), Buffer.from('\uFEFF{"a":1}'), 0)), '{"a":1}');
  t.throws(() => readAnswer(newJsonReader(), Buffer.from('\uFEFF'), 0), SyntaxError);
});
