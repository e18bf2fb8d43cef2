/** Records that no schema foresees arrive exactly: in their column, or in `_extra`; and the run goes on. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { rawRecord } from '../src/sandbox/rows.ts';
import { startSandbox } from '../src/sandbox/server.ts';
import { repeatedName } from './support/conformed.ts';
import { type Json, runSync } from './support/tap.ts';

const texts = readFileSync(join(import.meta.dirname, '../fixtures/hostile/transactions.jsonl'), 'utf8')
  .trimEnd()
  .split('\n');

async function sync(lines: readonly string[]) {
  const sandbox = await startSandbox({ records: { transactions: lines.map(rawRecord) } });
  const config = { secret_key: sandbox.secretKey, api_url: sandbox.url };
  const run = await runSync({ config, streams: ['transactions'] });
  await sandbox.close();
  return run;
}

const run = await sync(texts);
const printed = run.stdout.split('\n').filter((line) => line.startsWith('{"type":"RECORD"'));

/** The printed line of a record, digits and all. */
function line(reference: string): string {
  return printed.find((one) => one.includes(`"reference":"${reference}`)) ?? '';
}

function record(reference: string): Json {
  return JSON.parse(line(reference)).record;
}

t.test('every record arrives, and the run ends well', async (t) => {
  t.equal(run.code, 0, run.stderr);
  t.equal(printed.length, texts.length);
});

t.test('numbers keep every digit', async (t) => {
  t.match(line('largest id'), '"id":18446744073709551615,');
  t.match(line('largest id'), '"amount":9007199254740993');
  for (const token of [
    '"digits":12345678901234567890123456789012345678901234567890,',
    '"long":0.12345678901234567890,',
    '"huge":1e400,',
    '"tiny":1e-400,',
    '"minus_zero":-0,',
    '"exponent":1E5,',
  ]) {
    t.match(line('numbers'), token);
  }
  t.match(line('amount beyond 64 bits'), `"_extra":{"amount":${'9'.repeat(400)}}`);
  t.equal(record('amount beyond 64 bits').amount, null);
});

t.test('NUL stays, a lone surrogate becomes the replacement character, a pair stays', async (t) => {
  t.equal(record('NUL').reference, 'NUL \0 inside');
  t.same(record('NUL').metadata, { 'nul\0key': '\0' });
  t.equal(record('lone').reference, 'lone \uFFFD surrogate');
  t.same(record('lone').metadata, { '\uFFFD': '\u{1F600} is a pair' });
});

t.test('names that mean something to JavaScript mean nothing here', async (t) => {
  t.match(line('names"'), '"_extra":{"__proto__":{"polluted":true},"constructor":"c","toString":1}');
  t.match(line('names"'), '"metadata":{"__proto__":{"a":1},"constructor":2}');
});

t.test('no object that is written has a name twice; the last stands, and the others are kept', async (t) => {
  const { amount, metadata, customer, log, _extra } = record('a name in an object twice');
  t.same([amount, metadata], [2, { cart: { total: 1, items: 4 }, note: 'last' }]);
  t.same([customer.metadata, log.input], [{ tier: 'silver' }, { value: [{ a: 2 }] }]);
  t.same(_extra, {
    amount: 1,
    metadata: { cart: { items: 3 }, note: 'first' },
    customer: { metadata: { tier: 'gold' } },
    log: { input: { '0': { a: 1 } } },
    unknown: '{"x":1,"x":2}',
  });
  for (const one of printed) t.equal(repeatedName(one), undefined);
  t.match(run.stderr, /WARNING drift: transactions\.metadata came as object with a repeated name 2 times/);
  t.match(run.stderr, /WARNING drift: transactions\.gone came as null 1 time;/);
  t.notMatch(run.stderr, /silver|tier|cart/, 'nothing of what merchants write');
});

t.test('dates that are none are null, and kept', async (t) => {
  const { createdAt, paidAt, _extra } = record('dates that are none');
  t.same([createdAt, paidAt], [null, null]);
  t.same(_extra, { createdAt: '2026-06-31T00:00:00.000Z', paid_at: '0000-00-00 00:00:00' });
  t.same(record('two dates')._extra, { created_at: '2026-06-19T01:00:00.000Z' });
});

t.test('what a column cannot hold is null there, and kept', async (t) => {
  const { _extra, ...columns } = record('other types');
  t.same(_extra, {
    amount: 'a lot',
    status: { code: 1 },
    log: 'none',
    customer: 'CUS_demo',
    authorization: [1, 2],
    fees: '12.50',
    ip_address: false,
    plan: 'PLN_demo',
  });
  for (const name of Object.keys(_extra)) t.equal(columns[name], null, name);
});

t.test('what can be converted is', async (t) => {
  const converted = record('1008');
  t.match(converted, { id: 1008, reference: '1008', customer: { id: 40_000_001 }, message: '' });
  t.equal(converted.createdAt, '2026-06-20T03:00:00.123Z');
  t.same(converted._extra, { createdAt: '2026-06-20T03:00:00.123456Z', amount: '000123' });
  t.match(line('1008'), '"metadata":{"big":12345678901234567890}');
  t.same(record('names twice').metadata, { value: [1, 'two', null, { three: 3 }] });
});

t.test('each kind of drift is reported by name and type, never by value', async (t) => {
  t.match(run.stderr, /WARNING drift: transactions.amount came as string 2 times/);
  t.match(run.stderr, /WARNING drift: transactions.status came as object 1 time;/);
  t.notMatch(run.stderr, /a lot|CUS_demo/);
});

t.test('records that are none are counted, the others written, and the bookmark stays before them', async (t) => {
  const good = '{"id":1,"createdAt":"2026-06-20T10:00:00.000Z"}';
  const broken = await sync([good, 'null', '"text"', '[1]', '{"createdAt":"2026-06-20T09:00:00.000Z"}', '{"id":null}']);
  t.equal(broken.code, 1);
  t.match(broken.stderr, /ERROR transactions: 5 records could not be written: no object, or no key \(id\)/);
  t.same(
    broken.records['transactions']?.map(({ id }) => id),
    [1],
  );
  t.same(broken.state.bookmarks, {});
});

t.test('an answer that is written over many lines is written on one', async (t) => {
  const customer = '{\n "id": 7,\r\n "new": [1]\n}';
  const spread = JSON.stringify(
    { id: 1, amount: 5, customer, metadata: { lines: ['a\nb'] }, unknown: [1, 2] },
    null,
    2,
  );
  const run = await sync([spread.replaceAll('\n', '\r\n')]);
  t.equal(run.code, 0, run.stderr);
  t.match(run.records['transactions'], [
    {
      amount: 5,
      customer: { id: 7 },
      metadata: { lines: ['a\nb'] },
      _extra: { customer: { new: [1] }, unknown: [1, 2] },
    },
  ]);
});

t.test('a text of five million characters arrives whole, and a thousand new fields and more', async (t) => {
  const long = 'a"\\n,:1234567890123456789'.repeat(200_000);
  const unknown = Object.fromEntries(Array.from({ length: 1100 }, (_, index) => [`new_${index}`, index]));
  const whole = await sync([
    JSON.stringify({ id: 1, createdAt: '2026-06-20T10:00:00.000Z', message: long, ...unknown }),
  ]);
  t.equal(whole.code, 0);
  t.ok(whole.records['transactions']?.[0].message === long);
  t.same(whole.records['transactions']?.[0]._extra, unknown);
  t.match(whole.stderr, /drift: transactions\.\* came as other kinds 100 times/);
});

t.test('a record in the place of its number, and a number in the place of a record', async (t) => {
  const createdAt = '2026-06-20T10:00:00.000Z';
  const sandbox = await startSandbox({
    records: {
      refunds: [rawRecord(`{"id":1e3,"createdAt":"${createdAt}","transaction":{"id":18446744073709551615,"x":1.0}}`)],
      transfers: [
        { id: 2, createdAt, integration: { id: 100100, key: 'k', logo: null }, gateway_response: 'Approved' },
      ],
      subscriptions: [{ id: 3, createdAt, authorization: 880002, cancelledAt: '2026-06-21 10:00:00', plan: '12' }],
      plans: [{ id: 4, createdAt, subscriptions: [{ id: 5, authorization: '880003', plan: 4 }] }],
    },
  });
  const config = { secret_key: sandbox.secretKey, api_url: sandbox.url };
  const { code, stdout } = await runSync({ config, streams: ['refunds', 'transfers', 'subscriptions', 'plans'] });
  await sandbox.close();
  t.equal(code, 0);
  const lines = stdout.split('\n').filter((line) => line.startsWith('{"type":"RECORD"'));
  t.equal(lines.length, 4);
  for (const record of [
    `{"id":1000,"createdAt":"${createdAt}","transaction":18446744073709551615,"_extra":{"transaction":{"x":1.0}}}`,
    `{"id":2,"createdAt":"${createdAt}","integration":100100,"gateway_response":"Approved","_extra":{"integration":{"key":"k"}}}`,
    `{"id":3,"createdAt":"${createdAt}","authorization":{"id":880002},"cancelledAt":"2026-06-21T10:00:00.000Z","plan":{"id":12},"_extra":null}`,
    `{"id":4,"createdAt":"${createdAt}","subscriptions":[{"id":5,"authorization":{"id":880003},"plan":{"id":4}}],"_extra":null}`,
  ]) {
    t.ok(
      lines.some((line) => line.includes(`"record":${record},`)),
      record,
    );
  }
});

t.test('what only a record that is read by itself shows is in columns, and nothing of it in _extra', async (t) => {
  const createdAt = '2026-06-20T10:00:00.000Z';
  const customer = { id: 7, transactions: [], subscriptions: [], authorizations: [{ signature: 'SIG_1' }] };
  const line = { product: { id: 2, name: 'Ankara' }, quantity: 2, amount: 2000 };
  const payer = { id: 8, email: 'tolu@example.com', metadata: { gift: true } };
  const flags = { pay_for_me: true, is_gift: false, valid: true };
  const sandbox = await startSandbox({
    records: {
      subscriptions: [{ id: 3, createdAt, invoices: [], invoices_history: [{ invoice: 1 }] }],
      invoices: [{ id: 4, created_at: createdAt, customer }],
      orders: [
        {
          id: 5,
          created_at: createdAt,
          line_items: [line],
          shipping_method: null,
          expiration_date: '2026-07-01',
          payer,
          ...flags,
        },
      ],
    },
  });
  const config = { secret_key: sandbox.secretKey, api_url: sandbox.url };
  const { code, records } = await runSync({ config, streams: ['subscriptions', 'invoices', 'orders'] });
  await sandbox.close();
  t.equal(code, 0);
  const [subscription, invoice, order] = ['subscriptions', 'invoices', 'orders'].map((stream) => records[stream]?.[0]);
  t.match(subscription, { invoices: [], invoices_history: { value: [{ invoice: 1 }] }, _extra: null });
  t.match(invoice?.customer, { transactions: { value: [] }, authorizations: { value: [{ signature: 'SIG_1' }] } });
  t.equal(invoice?._extra, null);
  t.match(order, {
    line_items: [line],
    shipping_method: null,
    expiration_date: '2026-07-01',
    payer,
    ...flags,
    _extra: null,
  });
});
