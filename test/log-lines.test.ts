import t from 'tap';
import { createLog, type Level } from '../src/report/log.ts';

/** The line that a text becomes. */
function line(text: string, level: Level = 'INFO', least: Level = 'INFO'): string | undefined {
  const lines: string[] = [];
  createLog((written) => void lines.push(written), least)(level, text);
  return lines[0];
}

t.test('a line is the level and the text', async (t) => {
  t.equal(line('hello'), 'INFO hello\n');
  t.equal(line('METRIC: {"type":"counter"}'), 'INFO METRIC: {"type":"counter"}\n');
  t.equal(line('naïve — 😀 日本'), 'INFO naïve — 😀 日本\n');
  t.equal(line(''), 'INFO \n');
});

t.test('what is less than the least level is not written', async (t) => {
  const levels: Level[] = ['DEBUG', 'INFO', 'WARNING', 'ERROR', 'CRITICAL'];
  for (const [least, leastLevel] of levels.entries()) {
    for (const [at, level] of levels.entries()) {
      t.equal(line('x', level, leastLevel), at >= least ? `${level} x\n` : undefined, `${level} of ${leastLevel}`);
    }
  }
});

t.test('a secret key does not appear, wherever it stands', async (t) => {
  for (const mode of ['test', 'live']) {
    const prefix = `sk_${mode}_`;
    const secret = '0123456789abcdefABCDEF0123456789abcdef01';
    const key = prefix + secret;
    const texts = {
      [key]: `${prefix}***`,
      [`key ${key} is wrong`]: `key ${prefix}*** is wrong`,
      [`Bearer ${key}`]: `Bearer ${prefix}***`,
      [`{"authorization":"Bearer ${key}"}`]: `{"authorization":"Bearer ${prefix}***"}`,
      [`'${key}', (${key}); ${key}`]: `'${prefix}***', (${prefix}***); ${prefix}***`,
      [`"{\\"key\\":\\"${key}\\"}"`]: `"{\\"key\\":\\"${prefix}***\\"}"`,
      [`?key=${key}&a=1`]: undefined,
      [`${key}.`]: undefined,
      [`a${key}b`]: undefined,
      [`${key}\n${key}`]: `${prefix}***\\u000a${prefix}***`,
    };
    for (const [text, expected] of Object.entries(texts)) {
      const written = line(text) ?? '';
      t.notOk(written.includes(secret.slice(0, 6)), text.replaceAll(secret, '…'));
      if (expected !== undefined) t.equal(written, `INFO ${expected}\n`);
    }
  }
});

t.test('nothing that was written can drive a terminal or begin another line', async (t) => {
  const shown = {
    'a\nINFO METRIC: {}': 'a\\u000aINFO METRIC: {}',
    'a\r\nb': 'a\\u000d\\u000ab',
    '\u001b[31mred\u001b[0m': '\\u001b[31mred\\u001b[0m',
    '\u001b]0;title\u0007': '\\u001b]0;title\\u0007',
    '\u009b2J': '\\u009b2J',
    '\u0000\t\u007f': '\\u0000\\u0009\\u007f',
    'a\u2028b\u2029c\u0085d': 'a\\u2028b\\u2029c\\u0085d',
    '\u202eevil\u202c': '\\u202eevil\\u202c',
    '\u200b\u2066\ufeff\u00ad': '\\u200b\\u2066\\ufeff\\u00ad',
  };
  for (const [text, expected] of Object.entries(shown)) t.equal(line(text), `INFO ${expected}\n`);
  for (let code = 0; code < 0xa0; code++) {
    if (code >= 0x20 && code < 0x7f) continue;
    t.equal(line(String.fromCharCode(code)), `INFO \\u${code.toString(16).padStart(4, '0')}\n`);
  }
});

t.test('as JSON: the same texts, and nothing that could drive a terminal or show a key', async (t) => {
  const lines: string[] = [];
  const log = createLog((written) => void lines.push(written), 'INFO', { format: 'json' });
  const text = 'a\nb\u001b[31m\u009b2J\u202e\u{e0001} "quoted" sk_test_0123456789 😀';
  const error = Object.assign(new Error(text), { name: 'Odd' });
  log('WARNING', text, { stream: 'refunds', error });
  log('DEBUG', 'less');
  t.equal(lines.length, 1);
  t.match(lines[0], /^[^\n]+\n$/);
  t.notMatch(lines[0]!.trimEnd(), /[\p{Cc}\p{Cf}]|0123456789/u);
  const logged = JSON.parse(lines[0]!);
  t.equal(`WARNING ${logged.message}\n`, line(text, 'WARNING'));
  t.match(logged, { level: 'warning', stream_name: 'refunds', exception: { type: 'Odd', message: logged.message } });
});
