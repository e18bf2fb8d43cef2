/** Single records, asked for by their keys: the path, the endpoint, and that it is the record that was asked for. */
import t from 'tap';
import type { Ask } from '../src/paystack/client.ts';
import { readSchema } from '../src/record/schemas.ts';
import { lineFrame } from '../src/singer/messages.ts';
import { compileRows } from '../src/sync/rows.ts';
import { openSingles, revisitedBy } from '../src/sync/single-records.ts';
import { answerer, type HostileList } from './support/hostile-paystack.ts';
import { askOf, day, rowWith } from './support/runs.ts';
import type { Json } from './support/tap.ts';

/** Reads a transfer by its key. What is asked goes to `asked`. */
function read(key: string, lists: Record<string, HostileList>, asked: unknown[] = []) {
  const schema = readSchema('transfers');
  const toRows = compileRows({ holds: '', path: '/transfer', key: ['id'] }, schema, schema, () => lineFrame)();
  const answering = askOf(answerer(lists));
  const ask: Ask = (question, read) => {
    asked.push(question);
    return answering(question, read);
  };
  return openSingles({ path: '/transfer', endpoint: 'transfers', rank: 7, ask, toRows })(key);
}

t.test('a record is asked for under the path of its list, at an endpoint of its own', async (t) => {
  const asked: unknown[] = [];
  const { kind, rows } = await read('12', { transfers: { records: [{ id: 12 }] } }, asked);
  t.strictSame([kind, rows.map(({ key }) => key)], ['rows', ['12']]);
  t.strictSame(asked, [{ endpoint: 'transfers by key', rank: 7, path: '/transfer/12' }]);
});

t.test('a key is in the path as it is in an address: all digits of a number, a text without its quotes', async (t) => {
  for (const [key, path] of [
    ['9007199254740993', '/transfer/9007199254740993'],
    ['"a b/\u00e9"', '/transfer/a%20b%2F%C3%A9'],
  ] as const) {
    const asked: unknown[] = [];
    await t.rejects(read(key, {}, asked));
    t.match(asked[0], { path });
  }
});

t.test('an answer with no record, or with another one, is none', async (t) => {
  const answering = (record: Json) => ({
    'transfers by key': { records: [], bends: [(answer: Json) => ({ ...answer, status: 200, rows: [record] })] },
  });
  t.equal((await read('12', answering({ id: '12' }))).rows.length, 1);
  await t.rejects(read('12', answering(null)), { name: 'WrongAnswer', message: 'answered with no record' });
  await t.rejects(read('12', answering({})), { name: 'WrongAnswer' });
  await t.rejects(read('12', answering({ id: 13 })), {
    name: 'NoAnswer',
    message: 'answered with another record than 12',
  });
});

t.test('what is seen again is open only if it says so', async (t) => {
  const created = day('2026-06-01') + 5;
  const rows = [rowWith({ key: '1', created, isOpen: true }), rowWith({ key: '2', created })];
  const open = new Map([['1', day('2026-06-01')]]);
  t.strictSame(revisitedBy(rows, ['1', '2', '3']), { kind: 'revisited', keys: new Set(['1', '2', '3']), open });
});
