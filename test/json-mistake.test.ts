/** Where a text stops being JSON, and what it looks like there. */
import t from 'tap';
import { jsonMistakeIn } from '../src/command/json-mistake.ts';

const cases: [text: string, line: number, column: number, cause: RegExp][] = [
  ['{"a": 1,}', 1, 9, /comma before it/],
  ['[1,\n2,\n]', 3, 1, /comma before it/],
  ['{"a": 1 // x\n}', 1, 9, /no comments/],
  ['{"a": 1, /* x */ "b": 2}', 1, 10, /no comments/],
  ['{\n  # mine\n  "a": 1}', 2, 3, /no comments/],
  ["{'a': 1}", 1, 2, /double quotes/],
  ['{"a": \'x\'}', 1, 7, /double quotes/],
  ['{a: 1}', 1, 2, /double quotes/],
  ['{"a": x}', 1, 7, /double quotes/],
  ['{"a": sk_test_1}', 1, 7, /double quotes/],
  ['{"a": 1 "b": 2}', 1, 9, /comma missing/],
  ['{"a" 1}', 1, 6, /colon/],
  ['{"a" = 1}', 1, 6, /colon/],
  ['{"a": 1', 1, 8, /too early/],
  ['{"a":', 1, 6, /too early/],
  ['{"a": "x', 1, 7, /not ended/],
  ['{"a": "C:\\dir"}', 1, 7, /backslash/],
  ['{"a": "x\ny"}', 1, 7, /line break/],
  ['{"a": 01}', 1, 7, /number|double quotes/],
  ['{"a": .5}', 1, 7, /number/],
  ['{"a": +5}', 1, 7, /number/],
  ['{"a": 2024-01-31}', 1, 11, /date.*double quotes/],
  ['{"a": None}', 1, 7, /Python/],
  ['{"a": NaN}', 1, 7, /no such value/],
  ['{"a": undefined}', 1, 7, /no such value/],
  ['{} {}', 1, 4, /behind the end/],
  ['{"a": 1}}', 1, 9, /behind the end/],
  ['{"a": [1}', 1, 9, /mend|comma/],
  ['{"a": ?}', 1, 7, /mend it/],
  ['a: 1\nb: 2', 1, 1, /YAML/],
  ['---\na: 1', 1, 1, /YAML/],
  ['KEY=value', 1, 1, /\.env/],
  ['export KEY=value', 1, 1, /\.env/],
  ['<html>', 1, 1, /HTML/],
  ['{"a":\u00a01}', 1, 6, /space that JSON does not know/],
];

for (const [text, line, column, cause] of cases) {
  t.test(JSON.stringify(text), async (t) => {
    t.throws(() => JSON.parse(text));
    const mistake = jsonMistakeIn(text);
    t.match(mistake, { line, column, cause });
    t.notMatch(mistake.cause, /sk_test|dir/, 'nothing of the text is shown');
  });
}

t.test('wherever a text is cut, there is a place and a cause', async (t) => {
  const text = '{"a": [1, 2.5e3, "x\\u00e9\\n", {"b": null, "c": true}], "d": {}}';
  for (let length = 1; length < text.length; length++) {
    const { line, column, cause } = jsonMistakeIn(text.slice(0, length));
    t.equal(line, 1);
    t.ok(column >= 1 && column <= length + 1 && cause !== '', `${length}: ${column} ${cause}`);
  }
});
