import t from 'tap';
import { mergedStates, parseState, resumeOrder, withBookmark, withCurrentlySyncing } from '../src/singer/state.ts';

const streams = ['a', 'b', 'c', 'd'].map((id) => ({ id }));

const order = (state: object) => resumeOrder(streams, parseState(state)).map(({ id }) => id);

t.test('a state is read as it was written', async (t) => {
  t.strictSame(parseState({}), { bookmarks: {} });
  t.strictSame(parseState({ bookmarks: null, currently_syncing: null }), { bookmarks: {} });
  t.strictSame(parseState({ bookmarks: { a: { createdAt: '2024-01-01T00:00:00.000Z' } }, currently_syncing: 'a' }), {
    bookmarks: { a: { createdAt: '2024-01-01T00:00:00.000Z' } },
    currently_syncing: 'a',
  });
});

t.test('what the tap does not know of is kept', async (t) => {
  const told = {
    bookmarks: { gone: { id: 7, nested: { offset: [1] } }, a: { version: 3 } },
    activate_versions: { a: 1 },
    value: { some: 'thing' },
    type: 'other',
  };
  t.strictSame(parseState(told), told);
  const later = withCurrentlySyncing(withBookmark(parseState(told), 'a', { createdAt: 'x' }), 'a');
  t.strictSame(later, {
    ...told,
    bookmarks: { gone: { id: 7, nested: { offset: [1] } }, a: { version: 3, createdAt: 'x' } },
    currently_syncing: 'a',
  });
});

t.test('what is no state is told of', async (t) => {
  const broken = [
    null,
    [],
    'state',
    1,
    { bookmarks: [] },
    { bookmarks: 'x' },
    { bookmarks: { a: '2024-01-01' } },
    { bookmarks: { a: ['2024-01-01'] } },
    { currently_syncing: 1 },
    { currently_syncing: ['a'] },
  ];
  for (const json of broken) {
    t.throws(() => parseState(json), { name: 'UserError', message: /no Singer state/ }, JSON.stringify(json));
  }
  t.throws(() => parseState({ bookmarks: { a: 'sesame' } }), { message: /bookmarks\.a / });
  t.throws(() => parseState({ bookmarks: { a: 'sesame' } }), { message: /^(?!.*sesame)/ });
});

t.test('a whole STATE message is no state', async (t) => {
  t.throws(() => parseState({ type: 'STATE', value: { bookmarks: {} } }), { name: 'UserError', message: /"value"/ });
  t.throws(() => parseState({ type: 'STATE', value: {} }), { name: 'UserError', message: /STATE message/ });
});

t.test('a stream without a bookmark may have null', async (t) => {
  t.strictSame(withBookmark(parseState({ bookmarks: { a: null } }), 'a', { createdAt: 'x' }).bookmarks, {
    a: { createdAt: 'x' },
  });
});

t.test('a bookmark moves without touching others, or the state before', async (t) => {
  const before = parseState({ bookmarks: { a: { createdAt: '1' }, b: { createdAt: '2' } } });
  const after = withBookmark(before, 'b', { createdAt: '3' });
  t.strictSame(after, { bookmarks: { a: { createdAt: '1' }, b: { createdAt: '3' } } });
  t.strictSame(before, { bookmarks: { a: { createdAt: '1' }, b: { createdAt: '2' } } });
  t.strictSame(withBookmark(parseState({}), 'c', { createdAt: '4' }).bookmarks, { c: { createdAt: '4' } });
});

t.test('currently_syncing is there while a stream is written, and gone at the end', async (t) => {
  const state = withCurrentlySyncing(parseState({ currently_syncing: 'a' }), 'b');
  t.strictSame(state, { bookmarks: {}, currently_syncing: 'b' });
  t.strictSame(withCurrentlySyncing(state, undefined), { bookmarks: {} });
  t.strictSame(withCurrentlySyncing(parseState({}), undefined), { bookmarks: {} });
});

t.test('the stream that was interrupted is first, and the others follow, wrapped around', async (t) => {
  t.strictSame(order({ currently_syncing: 'a' }), ['a', 'b', 'c', 'd']);
  t.strictSame(order({ currently_syncing: 'b' }), ['b', 'c', 'd', 'a']);
  t.strictSame(order({ currently_syncing: 'd' }), ['d', 'a', 'b', 'c']);
});

t.test('without an interrupted stream, or one that is not selected, the order stays', async (t) => {
  for (const state of [{}, { currently_syncing: null }, { currently_syncing: 'gone' }, { currently_syncing: '' }]) {
    t.strictSame(order(state), ['a', 'b', 'c', 'd']);
  }
  t.strictSame(resumeOrder([], parseState({ currently_syncing: 'a' })), []);
});

t.test('states of runs that shared the work are one', async (t) => {
  const one = { bookmarks: { a: { at: '2026-02-01', open: ['x', 'y'] }, b: { at: '2026-01-01' } }, mine: 1 };
  const other = {
    bookmarks: { a: { at: '2026-01-31', open: ['y', 'z'], version: 2 }, c: null },
    currently_syncing: 'c',
  };
  t.strictSame(mergedStates([one, other].map(parseState)), {
    bookmarks: { a: { at: '2026-02-01', open: ['x', 'y', 'z'], version: 2 }, b: { at: '2026-01-01' }, c: {} },
    mine: 1,
    currently_syncing: 'c',
  });
  t.strictSame(mergedStates([]), { bookmarks: {} });
});
