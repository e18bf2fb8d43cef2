/** What a row says of its record beside the text: its key, its creation, whether it is open, and which record it changes. */
import t from 'tap';
import { newJsonReader, readAnswer } from '../src/json/read.ts';
import type { StreamFacts } from '../src/paystack/stream-facts.ts';
import { type StreamName, streams } from '../src/paystack/streams.ts';
import { readSchema } from '../src/record/schemas.ts';
import { compileParents, compileRows } from '../src/sync/rows.ts';

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
