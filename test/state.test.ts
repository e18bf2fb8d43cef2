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
  const given = {
    bookmarks: { gone: { id: 7, nested: { offset: [1] } }, a: { version: 3 } },
    activate_versions: { a: 1 },
    value: { some: 'thing' },
    type: 'other',
  };
  t.strictSame(parseState(given), given);
  const later = withCurrentlySyncing(withBookmark(parseState(given), 'a', { createdAt: 'x' }), 'a');
  t.strictSame(later, {
    ...given,
    bookmarks: { gone: { id: 7, nested: { offset: [1] } }, a: { version: 3, createdAt: 'x' } },
    currently_syncing: 'a',
  });
});

t.test('what is no state is named', async (t) => {
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

const known = [
  { tap_stream_id: 'banks' },
  { tap_stream_id: 'transactions', replication_key: 'createdAt' },
  { tap_stream_id: 'invoices', replication_key: 'created_at' },
];
const good = { bookmarks: { invoices: { created_at: '2026-01-31T00:00:00.000Z' } } };

t.test('a fresh start is one, and what is ours is understood beside what is not', async (t) => {
  const understood = [
    {},
    { bookmarks: {} },
    { bookmarks: null },
    { currently_syncing: 'invoices' },
    { bookmarks: {}, activate_versions: { other: 1 } },
    { bookmarks: { banks: { version: 1 } } },
    { bookmarks: { transactions: {}, invoices: null } },
    { bookmarks: { transactions: { createdAt: null } } },
    { ...good, bookmarks: { ...good.bookmarks, elsewhere: { id: 12 } } },
    { ...good, value: { bookmarks: { elsewhere: { id: 12 } } } },
  ];
  for (const json of understood)
    t.match(parseState(json, known), { ...json, bookmarks: json.bookmarks ?? {} }, JSON.stringify(json));
});

t.test('bookmarks in another place or form are refused, with where they should be', async (t) => {
  const old = { replication_key: 'created_at', replication_key_value: '2026-01-31' };
  const cases: [unknown, RegExp][] = [
    [{ state: good }, /"state\.bookmarks"/],
    [{ value: good }, /"value\.bookmarks"/],
    [{ type: 'STATE', value: good }, /"value"/],
    [{ singer_state: good }, /"singer_state\.bookmarks"/],
    [{ completed: { singer_state: good }, partial: {} }, /"completed\.singer_state\.bookmarks"/],
    [{ bookmarks: {}, value: good }, /"value\.bookmarks"/],
    [{ bookmarks: good }, /must be object|"bookmarks"/],
    [[good], /a list/],
    [[{ type: 'STATE', value: good }], /a list/],
    [JSON.stringify(good), /no Singer state/],
    [good.bookmarks, /"invoices" does not stand in "bookmarks"/],
    [{ invoices: '2026-01-31' }, /"invoices" does not stand in "bookmarks"/],
    [{ since: '2026-01-31' }, /no "bookmarks", but "since"/],
    [{ bookmark: { invoices: old } }, /no "bookmarks", but "bookmark"/],
    [
      { bookmarks: { invoices: old } },
      /"invoices" has "replication_key", "replication_key_value".*must have "created_at"/,
    ],
    [{ bookmarks: { invoices: { createdAt: '2026-01-31' } } }, /"invoices" has "createdAt".*must have "created_at"/],
    [{ bookmarks: { invoices: { open: [] } } }, /must have "created_at"/],
    [
      { bookmarks: { users: { id: 1 }, events: { id: 2 } } },
      /no bookmark of a stream of this tap, but of "users", "events"/,
    ],
    [
      { bookmarks: { users: {}, events: {}, plans: {}, teams: {}, rooms: {} } },
      /but of "users", "events", "plans" and 2 more/,
    ],
    [{ bookmarks: { 'test-invoices': { created_at: '2026-01-31' } } }, /another tap/],
  ];
  for (const [json, message] of cases) {
    const text = JSON.stringify(json);
    t.throws(() => parseState(json, known), { name: 'UserError', message }, text);
    const example =
      text.includes('"invoices"') && !text.startsWith('"')
        ? /\{"invoices": \{"created_at": "2026/
        : /\{"transactions": \{"createdAt": "2026/;
    if (!text.includes('STATE')) t.throws(() => parseState(json, known), { message: example }, text);
  }
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
  const unfinished = { began: '2026-01-01' };
  const one = {
    bookmarks: { a: { at: '2026-02-01', open: ['x', 'y'] }, b: { at: '2026-01-01', unfinished } },
    mine: 1,
  };
  const other = {
    bookmarks: { a: { at: '2026-01-31', open: ['y', 'z'], version: 2 }, c: null },
    currently_syncing: 'c',
  };
  t.strictSame(mergedStates([one, other].map((state) => parseState(state))), {
    bookmarks: { a: { at: '2026-02-01', open: ['x', 'y', 'z'], version: 2 }, b: { at: '2026-01-01' }, c: {} },
    mine: 1,
    currently_syncing: 'c',
  });
  t.strictSame(mergedStates([one]), one, 'of one run, all is kept');
  t.strictSame(mergedStates([]), { bookmarks: {} });
});
