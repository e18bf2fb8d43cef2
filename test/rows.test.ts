/** What a row says of its record beside the text: its key, its creation, whether it is open, and which record it changes. */
import t from 'tap';
import { newJsonReader, readAnswer } from '../src/json/read.ts';
import type { StreamFacts } from '../src/paystack/stream-facts.ts';
import { type StreamName, streams } from '../src/paystack/streams.ts';
import { readSchema } from '../src/record/schemas.ts';
import type { Schema } from '../src/schema.ts';
import { askedOf, compileParents, compileRows } from '../src/sync/rows.ts';

const frame = () => ({ before: Buffer.from('<'), after: Buffer.from('>\n') });

function rowsOf(stream: StreamName, records: string) {
  const facts: StreamFacts = streams[stream];
  const schema = readSchema(stream);
  const toRows = compileRows(facts, schema, schema, frame)();
  return toRows(readAnswer(newJsonReader(), Buffer.from(records), 1).items!, 0).rows;
}

t.test('the record that a row changes is found, whatever else is converted in what embeds it', async (t) => {
  const embedded = [
    '{"id":7}',
    '{"fees_split":{"params":{"percentage_charge":"12.5"}},"id":7,"log":{"input":[]}}',
    '{"id":"7","paid_at":"","metadata":"{}","new":{"id":8}}',
    '"{\\"id\\":7}"',
    '7',
    '"7"',
    '{"id":6,"id":7}',
  ];
  for (const transaction of embedded) {
    for (const stream of ['disputes', 'refunds'] as const) {
      const [row] = rowsOf(stream, `[{"id":1,"transaction":${transaction}}]`);
      if (stream === 'disputes' || !transaction.startsWith('"{'))
        t.equal(row?.changes, '7', `${stream}: ${transaction}`);
    }
  }
  for (const none of ['null', '{}', '""', '{"id":null}', '{"id":"x"}', '[7]']) {
    t.equal(rowsOf('disputes', `[{"id":1,"transaction":${none}}]`)[0]?.changes, undefined, none);
  }
});

t.test('a row has its key, its creation and whether it is open', async (t) => {
  const [row, open] = rowsOf(
    'transfers',
    '[{"id":"12","created_at":"2024-08-22 09:14:24","status":"success"},{"status":"pending","id":13,"createdAt":"2024-08-22T09:14:24.001Z"}]',
  );
  t.match(row, { key: '12', created: Date.UTC(2024, 7, 22, 9, 14, 24), isOpen: false });
  t.match(open, { key: '13', created: Date.UTC(2024, 7, 22, 9, 14, 24, 1), isOpen: true });
  const { bytes, from, to } = open!.content;
  t.match(bytes.toString('utf8', from, to), /^<\{"status":"pending","id":13,.*,"_extra":null\}>\n$/);
});

t.test('what is no object, or has no key, is no row', async (t) => {
  t.same(rowsOf('transfers', '[null,1,"x",[{"id":1}],{},{"id":null},{"id":"x"},{"id":1.5}]'), []);
});

t.test('of a parent, the fields are kept that its children need', async (t) => {
  const toRows = compileParents(streams.settlements, readSchema('settlements'), ['id', 'createdAt']);
  const { items } = readAnswer(newJsonReader(), Buffer.from('[{"id":"5","created_at":"2024-01-01"},{"id":6}]'), 1);
  t.match(
    toRows(items!, 0).rows.map(({ content }) => [content['id'], content['createdAt']]),
    [
      ['5', '"2024-01-01T00:00:00.000Z"'],
      ['6', 'null'],
    ],
  );
});

/** The rows of records with these columns. Frames differ from page to page, as times do. */
function compileFor(facts: Partial<StreamFacts>, schema: Schema = readSchema('transfers')) {
  const whole: StreamFacts = { holds: '', path: '/', key: ['id'], ...facts };
  const toRows = compileRows(whole, schema, schema, (askedAt) => ({ ...frame(), after: Buffer.from(`${askedAt}>\n`) }));
  const reader = newJsonReader();
  return (records: string, askedAt = 1, fromParent = {}) =>
    toRows(fromParent)(readAnswer(reader, Buffer.from(records), 1).items!, askedAt);
}

t.test('what is asked of a record is its key first, and nothing twice', async (t) => {
  t.strictSame(askedOf(streams.banks, ['name', 'id']), ['id', 'name']);
  const disputes = ['id', 'createdAt', 'updatedAt', 'status', 'transaction'];
  t.strictSame(askedOf(streams.disputes, ['currency', 'status', 'currency']), [...disputes, 'currency']);
});

t.test('whichever facts a stream has, a row has what its record says', async (t) => {
  const records = '[{"id":5,"createdAt":"2024-01-01","updatedAt":"2024-01-02","status":"open","transfer_code":"T"}]';
  const [created, updated] = [Date.UTC(2024, 0, 1), Date.UTC(2024, 0, 2)];
  const none = { key: '5', created: Number.NaN, updated: Number.NaN, isOpen: false, changes: undefined };
  const by = { stream: 'transactions', by: 'transfer_code' };
  const rowWith = (facts: Partial<StreamFacts>) => {
    const { fingerprint: _, content: __, ...row } = compileFor(facts)(records).rows[0]!;
    return row;
  };
  t.strictSame(rowWith({}), none);
  t.strictSame(rowWith({ created: 'createdAt' }), { ...none, created });
  t.strictSame(rowWith({ updated: 'updatedAt' }), { ...none, updated });
  t.strictSame(rowWith({ changes: by }), { ...none, changes: '"T"' });
  t.strictSame(rowWith({ created: 'createdAt', changes: by }), { ...none, created, changes: '"T"' });
  t.strictSame(rowWith({ updated: 'updatedAt', changes: by }), { ...none, updated, changes: '"T"' });
  const date = { stream: 'transactions', by: 'createdAt' };
  t.match(rowWith({ changes: date }), { created: Number.NaN, updated: Number.NaN, changes: /2024-01-01/ });
  t.strictSame(rowWith({ finalStatuses: ['done'], changes: by }), { ...none, changes: '"T"' }, 'of no day');
  const all = { created: 'createdAt', updated: 'updatedAt', finalStatuses: ['done'], changes: by };
  t.strictSame(rowWith(all), { ...none, created, updated, isOpen: true, changes: '"T"' });
  t.strictSame(rowWith({ ...all, finalStatuses: ['done', 'open'] }).isOpen, false);
});

t.test(
  'a key of several columns has all of them, from the parent or from the facts where the record has none',
  async (t) => {
    const { key, absentKeys, parent } = streams.product_orders;
    const toRows = compileFor({ key, absentKeys, parent, created: 'createdAt' }, readSchema('product_orders'));
    const records = '[{"order_id":1},{"order_id":2,"variant_code":"V"},{"order_id":null,"variant_code":"V"}]';
    const { rows } = toRows(records, 1, { product_id: '7', product: '{"id":7}' });
    t.strictSame(
      rows.map(({ key }) => key),
      ['7\u00001\0"none"', '7\u00002\0"V"'],
    );
    const { bytes, from, to } = rows[0]!.content;
    t.match(bytes.toString('utf8', from, to), /"product_id":7/);
  },
);

t.test('a fingerprint is that of the record alone: the same for the same, another for any other', async (t) => {
  const toRows = compileFor({});
  const prints = (records: string, askedAt?: number) =>
    toRows(records, askedAt).rows.map(({ fingerprint }) => fingerprint);
  for (let length = 0; length < 9; length++) {
    const record = (text: string) => `{"id":1,"reason":"${text}"}`;
    const text = 'a'.repeat(length);
    const [first, second] = prints(`[${record(text)},{"id":2},${record(text)}]`.replace(',{"id":2}', ''));
    t.equal(second, first);
    t.strictSame(prints(`[{"id":2},${record(text)}]`, 99).slice(1), [first], 'wherever it stands, whenever it came');
    const others = [...Array(length).keys()].map((at) => record(`${text.slice(0, at)}b${text.slice(at + 1)}`));
    others.push(record(`${text}a`), '{"id":3}');
    const all = new Set([first, ...prints(`[${others.join()}]`)]);
    t.equal(all.size, others.length + 1, `${length} letters`);
  }
});

t.test('the last byte of a record is in its fingerprint', async (t) => {
  const schema = {
    type: 'object',
    properties: { id: { type: ['integer'] }, n: { type: ['null', 'integer'] } },
  } as const;
  const toRows = compileFor({}, schema);
  for (const digits of ['', '1', '11', '111', '1111']) {
    const prints = toRows(`[{"id":1,"n":${digits}1},{"id":1,"n":${digits}2}]`).rows.map(
      ({ fingerprint }) => fingerprint,
    );
    t.equal(new Set(prints).size, 2, digits);
  }
});

t.test('the buffer of a page is used again once it is released, and not before', async (t) => {
  const toRows = compileFor({});
  const page = () => toRows('[{"id":1}]');
  const [first, second] = [page(), page()];
  const bufferOf = ({ rows }: ReturnType<typeof page>) => rows[0]!.content.bytes;
  t.not(bufferOf(first), bufferOf(second));
  first.release();
  const third = page();
  t.equal(bufferOf(third), bufferOf(first));
  t.not(bufferOf(page()), bufferOf(third));
});

t.test('what is no object, or has no key, is no parent', async (t) => {
  const toRows = compileParents(streams.settlements, readSchema('settlements'), ['id', 'status']);
  const { items } = readAnswer(newJsonReader(), Buffer.from('[null,[{"id":1}],"x",{"status":"a"},{"id":3}]'), 1);
  const { rows, release } = toRows(items!, 0);
  t.match(
    rows.map(({ key, content }) => [key, content['status']]),
    [['3', 'null']],
  );
  t.equal(rows.length, 1);
  t.doesNotThrow(release);
});
