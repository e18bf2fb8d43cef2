import t from 'tap';
import { parseState } from '../src/singer/state.ts';

t.test('x', async (t) => {
  t.same(parseState({}), { bookmarks: {} });
  await t.rejects(Promise.reject(new Error('x')));
  t.strictSame(Object.assign(Object.create(null), { a: 1 }), { a: 1 });
  t.strictSame({ a: -0 }, { a: 0 });
});
