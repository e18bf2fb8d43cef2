import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { settingsOfEnvironment, unknownSettings } from '../src/command/inputs.ts';
import { parseConfig } from '../src/config.ts';

// A date without a zone must not be read in the machine's.
process.env['TZ'] = 'America/New_York';

const secret_key = 'sk_test_0123456789abcdef';

const parse = (given: object) => parseConfig({ secret_key, ...given }, '1.2.3');

/** What the user reads, or undefined if the settings are accepted. */
function complaint(given: object): string | undefined {
  try {
    parseConfig(given, '1.2.3');
    return undefined;
  } catch (error) {
    if (!(error instanceof Error) || error.name !== 'UserError') throw error;
    return error.message;
  }
}

t.test('only the key is required; everything else has a default', async (t) => {
  t.strictSame(parse({}), {
    secretKey: secret_key,
    streams: undefined,
    startMs: Number.NEGATIVE_INFINITY,
    endMs: undefined,
    isBounded: false,
    lookbackMs: 31 * 86_400_000,
    openLookbackMs: 730 * 86_400_000,
    pageSize: 200,
    concurrency: 16,
    allowance: { requests: 100, perMs: 60_000, isCeiling: false },
    requestTimeoutMs: 60_000,
    userAgent: 'tap-paystack/1.2.3',
    activateVersion: false,
    batch: undefined,
    apiUrl: 'https://api.paystack.co',
  });
});

t.test('settings are taken as they are given', async (t) => {
  const config = parse({
    streams: ['transactions', 'cust*'],
    start_date: '2024-01-01',
    end_date: '2024-02-01',
    lookback_window_days: 0,
    open_lookback_days: 90,
    page_size: 50,
    concurrency: 1,
    requests_per_minute: 60,
    request_timeout_seconds: 0.5,
    user_agent: 'acme (ops@acme.test)',
    activate_version: true,
    batch_config: { storage: { root: 'file:///data/batches/', prefix: 'acme-' }, batch_size: 5000 },
    api_url: 'https://proxy.test/paystack/',
  });
  t.strictSame(config, {
    secretKey: secret_key,
    streams: ['transactions', 'cust*'],
    startMs: Date.UTC(2024, 0, 1),
    endMs: Date.UTC(2024, 1, 1),
    isBounded: true,
    lookbackMs: 0,
    openLookbackMs: 90 * 86_400_000,
    pageSize: 50,
    concurrency: 1,
    allowance: { requests: 60, perMs: 60_000, isCeiling: true },
    requestTimeoutMs: 500,
    userAgent: 'acme (ops@acme.test)',
    activateVersion: true,
    batch: { folder: '/data/batches', prefix: 'acme-', compression: 'gzip', size: 5000 },
    apiUrl: 'https://proxy.test/paystack',
  });
});

t.test('numbers and booleans may come as strings', async (t) => {
  const config = parse({ page_size: '50', lookback_window_days: ' 7 ', request_timeout_seconds: '2.5' });
  t.match(config, { pageSize: 50, lookbackMs: 7 * 86_400_000, requestTimeoutMs: 2500 });
  for (const yes of ['true', 'TRUE', '1', 'yes', 'on', ' True ']) {
    t.equal(parse({ activate_version: yes }).activateVersion, true, yes);
  }
  for (const no of ['false', 'False', '0', 'no', 'off'])
    t.equal(parse({ activate_version: no }).activateVersion, false, no);
});

t.test('what is null or empty is not set', async (t) => {
  const names = ['streams', 'start_date', 'end_date', 'page_size', 'activate_version', 'api_url', 'user_agent'];
  for (const nothing of [null, '', '  ']) {
    t.strictSame(parse(Object.fromEntries(names.map((name) => [name, nothing]))), parse({}), JSON.stringify(nothing));
  }
  t.equal(parse({ streams: [] }).streams, undefined);
});

t.test('streams may come as a list, as JSON, or as words', async (t) => {
  for (const streams of [['a', '-b*'], '["a","-b*"]', 'a,-b*', ' a  -b* ', 'a, -b*', 'a\n-b*']) {
    t.strictSame(parse({ streams }).streams, ['a', '-b*'], JSON.stringify(streams));
  }
});

t.test('spaces around a text do not count', async (t) => {
  t.equal(parse({ secret_key: ` ${secret_key}\n` }).secretKey, secret_key);
  t.equal(parse({ api_url: ' https://api.paystack.co ' }).apiUrl, 'https://api.paystack.co');
  t.equal(parse({ start_date: ' 2024-01-01 ' }).startMs, Date.UTC(2024, 0, 1));
});

t.test('settings are read from the environment by their names', async (t) => {
  const environment = {
    TAP_PAYSTACK_SECRET_KEY: secret_key,
    TAP_PAYSTACK_PAGE_SIZE: '50',
    TAP_PAYSTACK_ACTIVATE_VERSION: 'true',
    TAP_PAYSTACK_START_DATE: '',
    TAP_PAYSTACK_END_DATE: undefined,
    TAP_PAYSTACK_UNKNOWN: 'x',
    SECRET_KEY: 'other',
  };
  const given = settingsOfEnvironment(environment);
  t.strictSame(given, { secret_key, page_size: '50', activate_version: 'true' });
  t.match(parseConfig(given, '1.2.3'), { pageSize: 50, activateVersion: true });
});

t.test('names that are no setting are found', async (t) => {
  t.strictSame(unknownSettings({ secret_key, start_date: null, startDate: '', toString: 1 }), [
    'startDate',
    'toString',
  ]);
  t.strictSame(unknownSettings({}), []);
});

t.test('a date that a person writes is the instant that was meant', async (t) => {
  const dates = {
    '2024-01-31': '2024-01-31T00:00:00.000Z',
    '2024-01-31T08:00:00Z': '2024-01-31T08:00:00.000Z',
    '2024-01-31T08:00:00.250Z': '2024-01-31T08:00:00.250Z',
    '2024-01-31T08:00:00': '2024-01-31T08:00:00.000Z',
    '2024-01-31T08:00': '2024-01-31T08:00:00.000Z',
    '2024-01-31 08:00:00': '2024-01-31T08:00:00.000Z',
    '2024-01-31T08:00:00+00:00': '2024-01-31T08:00:00.000Z',
    '2024-01-31T08:00:00+01:00': '2024-01-31T07:00:00.000Z',
    '2024-01-31 00:30:00+01:00': '2024-01-30T23:30:00.000Z',
    '2024-01-31T20:00:00-0500': '2024-02-01T01:00:00.000Z',
    '2024-01-31T08:00:00.123456': '2024-01-31T08:00:00.123Z',
    '2024-01-31T08:00:00.123456+00:00': '2024-01-31T08:00:00.123Z',
    '2024-01-31 08:00:00.123456': '2024-01-31T08:00:00.123Z',
    // A day on which New York's clocks leap: the hour exists in UTC.
    '2024-03-10T02:30:00': '2024-03-10T02:30:00.000Z',
    '2024-02-29': '2024-02-29T00:00:00.000Z',
  };
  for (const [text, expected] of Object.entries(dates)) {
    t.equal(new Date(parse({ start_date: text }).startMs).toISOString(), expected, `start_date ${text}`);
  }
});

t.test('the end date is read in the same way', async (t) => {
  t.equal(parse({ end_date: '2024-01-31' }).endMs, Date.UTC(2024, 0, 31));
  t.equal(parse({ end_date: '2024-01-31T08:00:00.123456' }).endMs, Date.UTC(2024, 0, 31, 8, 0, 0, 123));
});

t.test('an invalid setting is named, with its value', async (t) => {
  const invalid: Record<string, readonly unknown[]> = {
    start_date: ['yesterday', '2024-02-30', '2024-13-01', '31.01.2024', '01/31/2024', '12:30', 20240131, true, {}],
    end_date: ['tomorrow', '2023-02-29', '2024-01-31T25:00:00Z', '23:59', 1706659200, {}],
    lookback_window_days: [-1, 1.5, '7d', 36_501, true, {}],
    page_size: [0, 1001, 10.5, 'many', Number.NaN, '1e9', [200]],
    concurrency: [0, 101, 2.5, 'all', false],
    requests_per_minute: [0, -600, 1_000_001, 0.5, 'fast'],
    request_timeout_seconds: [0, -1, 3601, 'soon', '1m'],
    user_agent: ['a\nb', 'Ünïcode', 'tab\there', 42, true],
    activate_version: ['maybe', 2, 'truex', {}],
    streams: [1, {}, [1], [['a']], true, '["a"'],
    api_url: ['api.paystack.co', 'ftp://api.paystack.co', 'https://', 'file:///etc/passwd', 443],
  };
  for (const [setting, values] of Object.entries(invalid)) {
    for (const value of values) {
      const message = complaint({ secret_key, [setting]: value }) ?? '';
      const shown = JSON.stringify(value);
      t.ok(message.startsWith(`setting ${setting} `), `${setting} ${shown}: ${message}`);
      if (setting !== 'user_agent') t.ok(message.includes(shown.trim()), `${setting} ${shown} is shown: ${message}`);
      t.notOk(message.includes('\n'));
    }
  }
});

t.test('of a long value, as much is shown as shows which it is', async (t) => {
  const message = complaint({ secret_key, page_size: 'many'.repeat(1000) }) ?? '';
  t.match(message, /not "manymany.*…/);
  t.ok(message.length < 250, message);
});

t.test('a key that is none is named, and never shown', async (t) => {
  const invalid = [
    '',
    ' ',
    null,
    undefined,
    42,
    true,
    {},
    'secret',
    'sk_test_',
    'sk_prod_0123456789',
    'test_0123456789',
  ];
  const more = [
    'sk_test_0123 456789',
    'sk_live_0123456789\nX-Header: 1',
    'sk_test_é0123456789',
    'Bearer sk_test_0123456789',
    'key sk_test_0123456789',
  ];
  for (const key of [...invalid, ...more]) {
    const message = complaint({ secret_key: key }) ?? '';
    t.ok(message.startsWith('setting secret_key '), `${JSON.stringify(key)}: ${message}`);
    t.notOk(/0123|Header/.test(message));
  }
  t.match(complaint({}), /secret_key is missing.*TAP_PAYSTACK_SECRET_KEY/);
});

t.test('a key with something around it is recognised', async (t) => {
  const around: [string, RegExp][] = [
    [`"${secret_key}"`, /quotes/],
    [`'${secret_key}'`, /quotes/],
    [`“${secret_key}”`, /quotes/],
    [`Bearer ${secret_key}`, /Bearer/],
    [`TAP_PAYSTACK_SECRET_KEY=${secret_key}`, /name/],
    [`${secret_key.slice(0, 12)} ${secret_key.slice(12)}`, /space or line break/],
    [`${secret_key.slice(0, 12)}\n${secret_key.slice(12)}`, /space or line break/],
    ['sk_test_…', /example/],
    ['sk_live_xxxxxxxx', /example/],
    ['sk_test_0123****', /example/],
  ];
  for (const [key, pattern] of around) {
    const message = complaint({ secret_key: key }) ?? '';
    t.match(message, pattern, key.replace(secret_key, '…'));
    t.notMatch(message, /0123/);
  }
});

t.test('all that is wrong is said at once', async (t) => {
  const message = complaint({ page_size: 0, start_date: 'soon', concurrency: 'all', api_url: 'ftp://x' }) ?? '';
  for (const name of ['secret_key', 'page_size', 'start_date', 'concurrency', 'api_url']) {
    t.match(message, new RegExp(`setting ${name} `), name);
  }
});

t.test('a start in the future, where nothing is, is no start', async (t) => {
  const now = Date.UTC(2026, 0, 31);
  t.throws(() => parseConfig({ secret_key, start_date: '2026-02-01' }, '1', now), {
    name: 'UserError',
    message: /^setting start_date is in the future \("2026-02-01", and the clock says 2026-01-31T00:00:00.000Z\)/,
  });
  t.equal(parseConfig({ secret_key, start_date: '2026-01-31' }, '1', now).startMs, now);
});

t.test('every setting is read somewhere', async (t) => {
  const folder = join(import.meta.dirname, '../src');
  const sources = readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts') && !['config.ts', 'setting-values.ts'].includes(file))
    .map((file) => readFileSync(join(folder, file), 'utf8'))
    .join('\n');
  const read = new Set([...sources.matchAll(/\bconfig\??\.(\w+)/g)].map(([, name]) => name));
  for (const [, names] of sources.matchAll(/\{([^{}]*)\}\s*(?:=\s*(?:options\.)?config\b|:\s*Config\b)/g)) {
    for (const name of names!.split(',')) read.add(name.trim().split(':')[0]!.trim());
  }
  for (const name of Object.keys(parse({}))) t.ok(read.has(name), `${name} is read`);
});

t.test('a public key is known from a secret one', async (t) => {
  for (const key of ['pk_test_0123456789', 'pk_live_0123456789']) {
    const message = complaint({ secret_key: key });
    t.match(message, /setting secret_key .*public key/);
    t.notMatch(message, /0123/);
  }
});

t.test('the end must come after the start', async (t) => {
  t.match(complaint({ secret_key, start_date: '2024-02-01', end_date: '2024-01-01' }), /end_date .*start_date/);
  t.match(complaint({ secret_key, start_date: '2024-02-01', end_date: '2024-02-01' }), /end_date .*start_date/);
  t.match(
    complaint({ secret_key, start_date: '2024-02-01T00:00:00-01:00', end_date: '2024-02-01T00:30:00' }),
    /end_date/,
  );
  t.equal(complaint({ secret_key, start_date: '2024-02-01', end_date: '2024-02-01T00:00:00.001Z' }), undefined);
});

t.test('the key is sent over https, or not off the machine', async (t) => {
  const accepted = {
    'https://api.paystack.co': 'https://api.paystack.co',
    'https://api.paystack.co/': 'https://api.paystack.co',
    'https://proxy.test:8443/a/b//': 'https://proxy.test:8443/a/b',
    'HTTPS://API.PAYSTACK.CO': 'https://api.paystack.co',
    'http://127.0.0.1:8080': 'http://127.0.0.1:8080',
    'http://127.1.2.3': 'http://127.1.2.3',
    'http://localhost:3000/': 'http://localhost:3000',
    'http://[::1]:3000': 'http://[::1]:3000',
  };
  for (const [url, expected] of Object.entries(accepted)) t.equal(parse({ api_url: url }).apiUrl, expected, url);
  const rejected = [
    ...['http://api.paystack.co', 'http://10.0.0.1', 'http://192.168.1.1', 'http://0.0.0.0', 'http://128.0.0.1'],
    ...['http://localhost.evil.test', 'http://127.0.0.1.evil.test', 'http://evil.test/127.0.0.1', 'http://[::2]'],
    ...['http://localhost@evil.test', 'ws://127.0.0.1', 'http://127.0.0.1@evil.test:80', 'javascript:alert(1)'],
  ];
  for (const url of rejected) t.match(complaint({ secret_key, api_url: url }), /^setting api_url /, url);
});

t.test('an address holds nothing but where the API is', async (t) => {
  const rejected = [
    ...['https://user@api.test', 'https://user:hunter2@api.test', 'https://:hunter2@api.test'],
    ...[
      'https://api.test?a=1',
      'https://api.test/x?hunter2',
      'https://api.test#hunter2',
      'http://user:hunter2@127.0.0.1',
      '//user:hunter2@api.test',
    ],
  ];
  for (const url of rejected) {
    const message = complaint({ secret_key, api_url: url });
    t.match(message, /^setting api_url /, url);
    t.notMatch(message, /hunter2/);
  }
  // The path of a request is put behind it, so nothing may stand in between.
  for (const url of ['https://api.test/?', 'https://api.test/#', 'https://api.test/x?#']) {
    const isRejected = complaint({ secret_key, api_url: url }) !== undefined;
    t.ok(isRejected || /^https:\/\/api\.test(?:\/x)?$/.test(parse({ api_url: url }).apiUrl), url);
  }
});

t.test('the quota is that of the kind of key, in one burst, until the user sets another', async (t) => {
  t.strictSame(parseConfig({ secret_key: 'sk_live_0123456789' }, '1').allowance, {
    requests: 600,
    perMs: 60_000,
    isCeiling: false,
  });
  t.strictSame(parse({}).allowance, { requests: 100, perMs: 60_000, isCeiling: false });
});

t.test('a quota that the user sets is counted over the minute, exactly, and never exceeded', async (t) => {
  for (const requests of [1, 2, 11, 17, 59, 100, 600, 12_345]) {
    const given = parse({ requests_per_minute: requests }).allowance;
    t.strictSame(given, { requests, perMs: 60_000, isCeiling: true });
  }
});
