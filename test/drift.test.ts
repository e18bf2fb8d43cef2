/** What no column holds is counted by stream, field and type, and however many kinds there are, the memory is bounded. */
import t from 'tap';
import { createDriftReport } from '../src/record/drift.ts';

t.test('each kind is counted, in the order in which it came', async (t) => {
  const { count, kinds } = createDriftReport();
  t.strictSame(kinds(), []);
  count('plans', { path: 'new', type: 'number' });
  count('banks', { path: 'new', type: 'number' });
  count('plans', { path: 'new', type: 'string' });
  count('plans', { path: 'old', type: 'number' });
  count('plans', { path: 'new', type: 'number' });
  t.strictSame(kinds(), [
    { stream: 'plans', field: 'new', type: 'number', count: 2 },
    { stream: 'banks', field: 'new', type: 'number', count: 1 },
    { stream: 'plans', field: 'new', type: 'string', count: 1 },
    { stream: 'plans', field: 'old', type: 'number', count: 1 },
  ]);
});

t.test('the parts of a kind are not run together', async (t) => {
  const { count, kinds } = createDriftReport();
  count('a', { path: 'bc', type: 'd' });
  count('ab', { path: 'c', type: 'd' });
  count('a', { path: 'b', type: 'cd' });
  t.equal(kinds().length, 3);
});

t.test('beyond a thousand kinds, further ones are counted together, by stream', async (t) => {
  const { count, kinds } = createDriftReport();
  for (let field = 0; field < 1000; field++) count('plans', { path: `${field}`, type: 'null' });
  t.equal(kinds().length, 1000);
  t.equal(kinds().at(-1)?.field, '999');
  for (const field of ['one', 'two', '7']) count('plans', { path: field, type: 'null' });
  count('banks', { path: 'one', type: 'null' });
  t.equal(kinds()[7]?.count, 2, 'a known one is counted as before');
  t.strictSame(kinds().slice(1000), [
    { stream: 'plans', field: '*', type: 'other kinds', count: 2 },
    { stream: 'banks', field: '*', type: 'other kinds', count: 1 },
  ]);
});
