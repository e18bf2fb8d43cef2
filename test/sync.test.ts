/** A sync within one process: which messages stand in which order, what a failure ends, and how far a bookmark moves. */
import t from 'tap';
import { ForeseenError } from '../src/errors.ts';
import type { Ask } from '../src/paystack/client.ts';
import type { StreamName } from '../src/paystack/streams.ts';
import type { Log } from '../src/report/log.ts';
import type { Observer } from '../src/report/observer.ts';
import { parseState } from '../src/singer/state.ts';
import { OutputClosed } from '../src/sync/output.ts';
import { createReceipts } from '../src/sync/receipt.ts';
import { type Summary, sync } from '../src/sync/sync.ts';
import { refused } from './support/bends.ts';
import { answerer, type Bend, type HostileList } from './support/hostile-paystack.ts';
import { askOf, clock, configWith, day, now, selectedStreams } from './support/runs.ts';
import type { Json } from './support/tap.ts';

interface Input {
  readonly streams: readonly StreamName[];
  readonly bookmarks?: Readonly<Record<string, object>>;
  readonly syncing?: string;
  readonly settings?: object;
  /** Default: a receipt is wanted. */
  readonly hasReceipts?: boolean;
  /** Called before a message is taken; what it throws fails the write. */
  /** Called when all is ready. */
  readonly begun?: (stop: AbortController) => void;
  readonly taking?: (message: Json, stop: AbortController) => void;
}

interface Ran {
  readonly messages: readonly Json[];
  /** Undefined if the run was given up, for this error. */
  readonly summary: Summary | undefined;
  readonly error: unknown;
  readonly log: readonly string[];
  /** What the observer heard: `wrote banks 2`, `ended banks true`. */
  readonly heard: readonly string[];
  /** By stream: what its receipt has, and whether it is exact. */
  readonly receipts: Readonly<Record<string, readonly unknown[]>>;
  /** The lists that were asked for, in order. */
  readonly asked: readonly string[];
  /** Requests that were in flight at once, by their endpoint. */
  readonly most: Readonly<Record<string, number>>;
}

async function run(lists: Record<string, HostileList>, input: Input): Promise<Ran> {
  const server = answerer(lists);
  const config = configWith({ page_size: 10, ...input.settings });
  const stop = new AbortController();
  const [messages, lines, heard]: [Json[], string[], string[]] = [[], [], []];
  const log: Log = (level, text, subject) => void lines.push(`${level} ${text}${subject?.stream ? '' : ' (of what?)'}`);
  const observer: Observer = {
    ...{ asked: () => {}, retried: () => {}, waiting: () => {}, announced: () => {} },
    wrote: (stream, records) => heard.push(`wrote ${stream} ${records}`),
    ended: (stream, { succeeded, durationMs }) =>
      heard.push(`ended ${stream} ${succeeded}${durationMs >= 0 && durationMs < 60_000 ? '' : ' when?'}`),
  };
  const write = async (text: string | Uint8Array) => {
    for (const line of Buffer.from(text).toString().trimEnd().split('\n')) {
      const message = JSON.parse(line);
      input.taking?.(message, stop);
      messages.push(message);
    }
  };
  const most: Record<string, number> = {};
  const ask = counting(askOf(server, stop.signal), most);
  input.begun?.(stop);
  const receipts = input.hasReceipts === false ? undefined : createReceipts(config);
  const state = parseState({ bookmarks: input.bookmarks ?? {}, currently_syncing: input.syncing ?? null });
  const streams = selectedStreams(...input.streams);
  let [summary, error]: [Summary | undefined, unknown] = [undefined, undefined];
  try {
    summary = await sync({ streams, state, config, ask, write, log, observer, clock, stop, receipts });
  } catch (thrown) {
    error = thrown;
  }
  const counted = (receipts?.streams() ?? []).map(({ stream, figures, isExact }) => [
    stream,
    [figures?.keys, isExact, ...(figures?.totals ?? []).flatMap(({ sums }) => sums.get('amount') || [])],
  ]);
  const asked = server.requests.map(({ list }) => list);
  return { messages, summary, error, log: lines, heard, receipts: Object.fromEntries(counted), asked, most };
}

/** Notes how many requests of an endpoint are in flight at once. */
function counting(ask: Ask, most: Record<string, number>): Ask {
  const now: Record<string, number> = {};
  return async (question, read) => {
    const { endpoint } = question;
    now[endpoint] = (now[endpoint] ?? 0) + 1;
    most[endpoint] = Math.max(most[endpoint] ?? 0, now[endpoint]);
    try {
      return await ask(question, read);
    } finally {
      now[endpoint]--;
    }
  };
}

const date = (day: string) => `${day}T00:00:00.000Z`;
const record = (id: number, on: string, more: object = {}) => ({ id, createdAt: date(on), ...more });

/** A word for each message: its type, and whose it is; of a state what it is syncing, of a record its key. */
function briefly({ messages }: Ran): string[] {
  return messages.map(({ type, stream, record, value }) => {
    if (type === 'STATE') return ['STATE', value.currently_syncing ?? []].flat().join(' ');
    return type === 'RECORD' ? `${stream} ${record.id}` : `${type} ${stream}`;
  });
}

const lastState = ({ messages }: Ran) => messages.findLast(({ type }) => type === 'STATE').value;
const bookmarkOf = (ran: Ran, stream: string) => lastState(ran).bookmarks[stream]?.createdAt;
const idsOf = ({ messages }: Ran, of: string) =>
  messages.filter(({ stream, type }) => type === 'RECORD' && stream === of).map(({ record }) => record.id);
const failureOf = ({ summary }: Ran, of: string) => summary?.streams.find(({ stream }) => stream === of)?.failure;

t.test('schemas and a state, then the records of each stream, and a state behind them', async (t) => {
  const lists = {
    banks: { records: [{ id: 1 }, { id: 2 }] },
    plans: { records: [record(3, '2026-06-20'), record(4, '2026-06-21')] },
  };
  const ran = await run(lists, { streams: ['banks', 'plans'] });
  const words = briefly(ran);
  t.strictSame(words.slice(0, 3), ['SCHEMA banks', 'SCHEMA plans', 'STATE']);
  t.strictSame(words.filter((word) => /^(?:banks|plans)/.test(word)).sort(), [
    'banks 1',
    'banks 2',
    'plans 3',
    'plans 4',
  ]);
  t.equal(words.at(-1), 'STATE', 'none is being synced any more');
  t.ok(words.includes('STATE plans'));
  t.strictSame(lastState(ran), {
    bookmarks: { plans: { createdAt: date('2026-06-21'), as_of: new Date(now).toISOString() } },
  });
  t.match(ran.summary?.streams, [
    { stream: 'banks', written: 2, failure: undefined, tally: { missing: 0 } },
    { stream: 'plans', written: 2, failure: undefined, tally: { announced: 2 } },
  ]);
  t.strictSame(ran.heard.toSorted(), ['ended banks true', 'ended plans true', 'wrote banks 2', 'wrote plans 2']);
  t.strictSame(ran.receipts, { banks: [2, true], plans: [2, true] });
  t.match(ran.log.toSorted(), [/^INFO banks: 2 records written/, /^INFO plans: 2 records written/]);
  t.equal(ran.log.length, 2);
});

t.test('a stream without records has its schema, a state, and no word to the observer', async (t) => {
  const ran = await run({}, { streams: ['plans'] });
  t.strictSame(briefly(ran).slice(0, 2), ['SCHEMA plans', 'STATE']);
  t.strictSame(ran.heard, ['ended plans true']);
  t.strictSame(lastState(ran), { bookmarks: {} });
});

t.test('the stream that was interrupted comes first', async (t) => {
  const ran = await run({}, { streams: ['banks', 'plans'], syncing: 'plans' });
  t.strictSame(briefly(ran).slice(0, 2), ['SCHEMA plans', 'SCHEMA banks']);
  t.equal(lastState(ran).currently_syncing, undefined);
});

t.test('what no column holds is counted', async (t) => {
  const records = [record(1, '2026-06-20', { new: 1, name: [] }), record(2, '2026-06-20', { new: 2 })];
  const { summary } = await run({ plans: { records } }, { streams: ['plans'] });
  t.strictSame(summary?.drift, [
    { stream: 'plans', field: 'new', type: 'number', count: 2 },
    { stream: 'plans', field: 'name', type: 'array', count: 1 },
  ]);
});

t.test('a stream that is refused fails by itself, and says why', async (t) => {
  const lists = {
    plans: { records: [], bends: [refused(403, 'Not for you')] },
    customers: { records: [record(1, '2026-06-20')] },
  };
  const ran = await run(lists, { streams: ['plans', 'customers'] });
  t.match(failureOf(ran, 'plans'), /answered 403 \(Not for you\)/);
  t.equal(failureOf(ran, 'customers'), undefined);
  t.strictSame(Object.keys(lastState(ran).bookmarks), ['customers']);
  t.strictSame(ran.heard.filter((word) => word.startsWith('ended')).toSorted(), [
    'ended customers true',
    'ended plans false',
  ]);
  t.strictSame(ran.receipts['plans'], [0, false]);
  t.ok(ran.log.some((line) => /^ERROR plans: .*403/.test(line)));
});

t.test('a feature that an integration lacks is an empty stream, unless it is known to have had records', async (t) => {
  const lacking = { records: [], bends: [refused(403, 'Feature unavailable')] };
  const lists = { preauthorizations: lacking, storefronts: lacking, plans: { records: [] } };
  const ran = await run(lists, { streams: ['storefronts', 'plans'] });
  t.equal(failureOf(ran, 'storefronts'), undefined);
  const warnings = ran.log.filter((line) => line.startsWith('WARNING'));
  t.match(warnings, [
    /^WARNING storefronts: not available to this integration: Paystack answered 403 \(Feature.*the stream is empty$/,
  ]);
  t.ok(ran.heard.includes('ended storefronts true'));
  const bookmarks = { preauthorizations: { created_at: date('2026-06-01') } };
  const later = await run(lists, { streams: ['preauthorizations', 'plans'], bookmarks });
  t.match(failureOf(later, 'preauthorizations'), /403/);
});

t.test('where every stream is refused the run is given up, and nothing is written', async (t) => {
  const no = { records: [], bends: [refused(403, 'No')] };
  const ran = await run({ plans: no, storefronts: no }, { streams: ['plans', 'storefronts'] });
  t.match(ran.error, { name: 'EveryStreamRefused', message: /refused all 2 streams: it answered 403 \(No\); nothing/ });
  t.strictSame([ran.messages, ran.heard, ran.log], [[], [], []]);
});

t.test('a refusal after the first answer is no refusal of the whole', async (t) => {
  const records = Array.from({ length: 25 }, (_, index) => record(index + 1, '2026-06-20'));
  const later: Bend = refused(403, 'No', ({ page }) => page > 1);
  const ran = await run({ plans: { records, bends: [later] } }, { streams: ['plans'] });
  t.match(failureOf(ran, 'plans'), /403/);
  t.equal(ran.error, undefined);
  t.equal(bookmarkOf(ran, 'plans'), undefined);
  t.equal(idsOf(ran, 'plans').length, 10, 'what came is written');
});

t.test('a rejected key ends the run at once, and nothing is written', async (t) => {
  const lists = { plans: { records: [], bends: [refused(401, 'Invalid key')] } };
  const ran = await run(lists, { streams: ['plans', 'customers'] });
  t.match(ran.error, { name: 'KeyRejected' });
  t.strictSame(ran.heard, []);
});

class Stopped extends ForeseenError {
  readonly remedy = 'end the run';
}

const manyPlans = () => Array.from({ length: 25 }, (_, index) => record(index + 1, '2026-06-20'));

t.test('a run that is stopped among its records ends with a state that claims none of them', async (t) => {
  const reason = new Stopped('stopped');
  const taking: Input['taking'] = ({ type }, stop) => {
    if (type === 'RECORD') stop.abort(reason);
  };
  const ran = await run({ plans: { records: manyPlans() } }, { streams: ['plans', 'customers'], taking });
  t.equal(ran.error, reason);
  t.equal(briefly(ran).at(-1), 'STATE plans', 'it will come first');
  t.strictSame(lastState(ran).bookmarks['plans'], undefined);
  t.strictSame(
    ran.heard.filter((word) => word.startsWith('ended')),
    ['ended plans false'],
    'the other was not begun',
  );
  t.notOk(ran.receipts['plans']?.[1]);
  t.match(ran.log[0], /^INFO plans: /);
  t.equal(ran.log.length, 1, 'that it was stopped is no failure of its own');
});

t.test('a run that is stopped before its first answer writes nothing', async (t) => {
  const reason = new Stopped('stopped');
  const ran = await run({}, { streams: ['plans'], begun: (stop) => stop.abort(reason) });
  t.equal(ran.error, reason);
  t.strictSame([ran.messages, ran.heard, ran.log, ran.asked], [[], [], [], []]);
});

t.test('where nobody reads any more the run ends without a further line', async (t) => {
  let tries = 0;
  const taking: Input['taking'] = ({ type }) => {
    if (type === 'RECORD' || tries > 0) {
      tries++;
      throw new OutputClosed(new Error('gone'));
    }
  };
  const ran = await run({ plans: { records: manyPlans() } }, { streams: ['plans'], taking });
  t.match(ran.error, { name: 'OutputClosed' });
  t.equal(tries, 1);
});

t.test('a defect is a failure of its stream, and is called one', async (t) => {
  const lists = { plans: { records: [record(1, '2026-06-20')] }, customers: { records: [record(2, '2026-06-20')] } };
  const taking: Input['taking'] = ({ type, stream }) => {
    if (type === 'RECORD' && stream === 'plans') throw new TypeError('no such thing');
  };
  const ran = await run(lists, { streams: ['plans', 'customers'], taking });
  t.match(failureOf(ran, 'plans'), /^a defect of tap-paystack: TypeError: no such thing/);
  t.ok(ran.log.some((line) => line.startsWith('DEBUG') && line.includes('TypeError')));
  t.notOk(ran.log.some((line) => line.endsWith('(of what?)')));
  t.equal(failureOf(ran, 'customers'), undefined);
  t.strictSame(Object.keys(lastState(ran).bookmarks), ['customers']);
});

t.test('what cannot be written holds the bookmark, and is said', async (t) => {
  const records = [record(1, '2026-06-20'), { createdAt: date('2026-06-21') }, record(3, '2026-06-22')];
  const bookmarks = { plans: { createdAt: date('2026-06-10'), as_of: date('2026-06-10') } };
  const ran = await run({ plans: { records } }, { streams: ['plans'], bookmarks });
  t.match(failureOf(ran, 'plans'), /^1 record could not be written/);
  t.strictSame(lastState(ran).bookmarks, bookmarks);
  t.strictSame(idsOf(ran, 'plans').toSorted(), [1, 3]);
  t.ok(ran.heard.includes('ended plans false'));
  t.strictSame(ran.receipts['plans'], [2, false]);
});

t.test('a version is activated where a list is read whole, and only there', async (t) => {
  const settings = { activate_version: true };
  const lists = { countries: { records: [{ id: 1 }] }, plans: { records: [record(2, '2026-06-20')] } };
  const ran = await run(lists, { streams: ['countries', 'plans'], settings });
  t.strictSame(ran.asked.toSorted(), ['countries', 'countries', 'plans'], 'two readings agree');
  const countries = ran.messages.filter(({ stream }) => stream === 'countries');
  t.strictSame(
    countries.map(({ type, version }) => [type, version]),
    [
      ['SCHEMA', undefined],
      ['RECORD', now],
      ['ACTIVATE_VERSION', now],
    ],
  );
  t.notOk(ran.messages.some(({ stream, type }) => stream === 'plans' && type === 'ACTIVATE_VERSION'));
  const unusable = { countries: { records: [{ id: 1 }, { name: 'no key' }] } };
  const holed = await run(unusable, { streams: ['countries'], settings });
  t.match(failureOf(holed, 'countries'), /1 record could not be written/);
  t.notOk(holed.messages.some(({ type }) => type === 'ACTIVATE_VERSION'));
  const refusing = {
    storefronts: { records: [record(1, '2026-06-20'), record(2, '2026-06-21')] },
    'storefront_products/1': { records: [], bends: [refused(404, 'No')] },
  };
  const failed = await run(refusing, { streams: ['storefronts', 'storefront_products'], settings });
  const activated = failed.messages.filter(({ type }) => type === 'ACTIVATE_VERSION').map(({ stream }) => stream);
  t.strictSame(activated, ['storefronts']);
});

/** Transactions, of which the first two are old; and refunds of them. */
function struck(
  refunds: readonly Json[],
  more: Partial<Record<string, HostileList>> = {},
): Record<string, HostileList> {
  const old = { updatedAt: date('2026-01-01'), status: 'success' };
  const records = [
    record(1, '2026-01-01', old),
    record(2, '2026-01-02', old),
    record(3, '2026-06-25', { status: 'success' }),
  ];
  return { transactions: { records }, refunds: { records: [...refunds] }, ...more } as Record<string, HostileList>;
}

const both = { streams: ['refunds', 'transactions'] as const };
const reached = { createdAt: date('2026-06-10'), as_of: date('2026-06-10') };
const bookmarks = { refunds: reached, transactions: reached };
const refund = (id: number, transaction: number, on = '2026-06-20') =>
  record(id, on, { transaction, status: 'processed', updatedAt: date(on) });

t.test('what a refund changed is read again, and then the bookmark of the refunds moves', async (t) => {
  const ran = await run(struck([refund(11, 1), refund(12, 1), refund(13, 3)]), { ...both, bookmarks });
  t.strictSame(idsOf(ran, 'transactions').toSorted(), [1, 3]);
  t.strictSame(
    ran.asked.filter((list) => list === 'transactions by key').length,
    1,
    'each once, and none that came anyhow',
  );
  t.equal(bookmarkOf(ran, 'refunds'), date('2026-06-20'));
  t.equal(bookmarkOf(ran, 'transactions'), date('2026-06-25'));
  const at = ran.messages.findIndex(({ stream, record }) => stream === 'transactions' && record?.id === 1);
  const claims = ran.messages.findIndex(
    ({ type, value }) => type === 'STATE' && value.bookmarks.refunds.createdAt !== reached.createdAt,
  );
  t.ok(at > 0 && at < claims, 'not before that');
  t.strictSame(lastState(ran).bookmarks.refunds, { createdAt: date('2026-06-20'), as_of: new Date(now).toISOString() });
  t.ok(ran.log.some((line) => /^INFO transactions: .*\b1 older record read again because of a refund/.test(line)));
  t.strictSame(ran.receipts['transactions'], [2, true]);
});

t.test('a refund that is no news changes nothing', async (t) => {
  const since = { ...reached, as_of: date('2026-06-25') };
  const ran = await run(struck([refund(11, 1)]), { ...both, bookmarks: { ...bookmarks, refunds: since } });
  t.strictSame(idsOf(ran, 'transactions'), [3]);
  t.strictSame(idsOf(ran, 'refunds'), [11]);
});

t.test('of what a refund changed, only what is still missed is written', async (t) => {
  const settings = { start_date: '2026-01-02' };
  const ran = await run(struck([refund(11, 1), refund(12, 2)]), { ...both, bookmarks, settings });
  t.strictSame(idsOf(ran, 'transactions').toSorted(), [2, 3], 'the first is left out by the settings');
  const open = { transactions: { ...reached, open: ['2026-01-01/2026-01-03'] }, refunds: reached };
  const lists = struck([refund(11, 1), refund(12, 2)]);
  Object.assign(lists['transactions']!.records[0], { status: 'ongoing' });
  const again = await run(lists, { ...both, bookmarks: open });
  t.strictSame(idsOf(again, 'transactions').toSorted(), [1, 2, 3]);
});

t.test('a record that is read again and is open is remembered', async (t) => {
  const lists = struck([refund(11, 1)]);
  Object.assign(lists['transactions']!.records[0], { createdAt: date('2026-05-01'), status: 'ongoing' });
  const ran = await run(lists, { ...both, bookmarks });
  t.strictSame(lastState(ran).bookmarks.transactions.open, ['2026-05-01 1']);
});

t.test('what cannot be read again holds the bookmark of the refunds, and not that of the transactions', async (t) => {
  const lists = struck([refund(11, 1), refund(12, 2)], {
    'transactions by key': { records: [], bends: [refused(404, 'Gone', ({ path }) => path.endsWith('/1'))] },
  });
  const ran = await run(lists, { ...both, bookmarks });
  t.strictSame(idsOf(ran, 'transactions').toSorted(), [2, 3]);
  const failure = failureOf(ran, 'transactions');
  t.match(
    failure,
    /^of the records that refunds or disputes changed, 1 could not be read again: 1 \(answered 404 \(Gone\)\); the bookmark of refunds stays where it was$/,
  );
  t.strictSame(lastState(ran).bookmarks.refunds, reached);
  t.equal(bookmarkOf(ran, 'transactions'), date('2026-06-25'));
});

t.test('several that changed the same stream are named', async (t) => {
  const dispute = record(21, '2026-06-20', { transaction: 2, status: 'resolved', updatedAt: date('2026-06-20') });
  const lists = struck([refund(11, 1)], {
    disputes: { records: [dispute] },
    'transactions by key': { records: [], bends: [refused(404, 'Gone')] },
  });
  const streams = ['disputes', 'refunds', 'transactions'] as const;
  const ran = await run(lists, { streams, bookmarks: { ...bookmarks, disputes: reached } });
  t.match(failureOf(ran, 'transactions'), /2 could not be read again.*; the bookmark of disputes and refunds stays/);
});

t.test('a refund list that is not whole holds its bookmark, though what it changed was read', async (t) => {
  const ran = await run(struck([refund(11, 1), { transaction: 2, createdAt: date('2026-06-21') }]), {
    ...both,
    bookmarks,
  });
  t.match(failureOf(ran, 'refunds'), /could not be written/);
  t.strictSame(lastState(ran).bookmarks.refunds, reached);
  t.strictSame(idsOf(ran, 'transactions').toSorted(), [1, 3]);
});

t.test('a run that is stopped before it has read again what refunds changed does not claim them', async (t) => {
  const reason = new Stopped('stopped');
  const taking: Input['taking'] = ({ stream, record }, stop) => {
    if (stream === 'transactions' && record?.id === 3) stop.abort(reason);
  };
  const ran = await run(struck([refund(11, 1)]), { ...both, bookmarks, taking });
  t.equal(ran.error, reason);
  t.strictSame(lastState(ran).bookmarks.refunds, reached);
  t.strictSame(idsOf(ran, 'transactions'), [3]);
});

t.test('a bookmark that cannot be read is said before anything is asked', async (t) => {
  const ran = await run({}, { streams: ['plans'], bookmarks: { plans: { createdAt: 'soon' } } });
  t.match(ran.error, { name: 'UserError' });
  t.strictSame([ran.asked, ran.messages], [[], []]);
  t.equal(day('2026-06-30') < now, true);
});

t.test('without a receipt nothing else is asked of a record', async (t) => {
  const ran = await run(struck([refund(11, 1)]), { ...both, bookmarks, hasReceipts: false });
  t.strictSame(idsOf(ran, 'transactions').toSorted(), [1, 3]);
  t.strictSame(
    ran.summary?.streams.map(({ failure }) => failure),
    [undefined, undefined],
  );
});

t.test('a receipt has the sums of what was written, also of what was read again', async (t) => {
  const lists = struck([refund(11, 1)]);
  for (const one of lists['transactions']!.records) Object.assign(one, { amount: one.id, currency: 'NGN' });
  t.strictSame((await run(lists, { ...both, bookmarks })).receipts['transactions'], [2, true, 4n]);
});

t.test('what was open and is read by its key is open no more', async (t) => {
  const old = record(1, '2026-01-01', { status: 'success' });
  const open = { createdAt: date('2026-06-10'), open: ['2026-01-01 1'] };
  const ran = await run({ transfers: { records: [old] } }, { streams: ['transfers'], bookmarks: { transfers: open } });
  t.equal(failureOf(ran, 'transfers'), undefined);
  const at = { createdAt: date('2026-06-10'), as_of: new Date(now).toISOString() };
  t.strictSame(lastState(ran).bookmarks, { transfers: at });
});

t.test('a stream of which the settings leave nothing was answered, as far as others are concerned', async (t) => {
  const settings = { end_date: '2026-01-01', lookback_window_days: 0 };
  const no = { records: [], bends: [refused(403, 'No')] };
  const ran = await run(
    { plans: no },
    { streams: ['plans', 'transfers'], bookmarks: { transfers: reached }, settings },
  );
  t.equal(ran.error, undefined);
  t.match(failureOf(ran, 'plans'), /403/);
  t.ok(ran.heard.includes('ended plans false'));
});

t.test('what nobody answers is a failure, though no other stream was answered', async (t) => {
  const ran = await run({ plans: { records: [], bends: [refused(503, 'Busy')] } }, { streams: ['plans'] });
  t.match(failureOf(ran, 'plans'), /503/);
  t.match(ran.log, [/^INFO plans: 0 records/, /^ERROR plans: answered 503/]);
  t.equal(ran.log.length, 2);
  t.strictSame(ran.heard, ['ended plans false']);
});

t.test('a run of no streams is a state', async (t) => {
  const ran = await run({}, { streams: [] });
  t.strictSame([ran.error, briefly(ran)], [undefined, ['STATE']]);
});

t.test('refunds alone, and one of no transaction, change nothing', async (t) => {
  const alone = await run(struck([refund(11, 1)]), { streams: ['refunds'], bookmarks });
  t.strictSame([failureOf(alone, 'refunds'), bookmarkOf(alone, 'refunds')], [undefined, date('2026-06-20')]);
  const none = await run(struck([{ ...refund(11, 1), transaction: null }]), { ...both, bookmarks });
  t.strictSame([failureOf(none, 'transactions'), idsOf(none, 'transactions')], [undefined, [3]]);
  t.notOk(none.asked.includes('transactions by key'));
});

t.test('refunds that come after all transactions change them too', async (t) => {
  const many = Array.from({ length: 150 }, (_, index) => refund(100 + index, 3, '2026-06-24'));
  const input = { ...both, bookmarks, syncing: 'transactions', settings: { concurrency: 1 } };
  const ran = await run(struck([refund(11, 1), ...many]), input);
  t.strictSame(idsOf(ran, 'transactions').toSorted(), [1, 3]);
  t.equal(bookmarkOf(ran, 'refunds'), date('2026-06-24'));
});

t.test('refunds that were not read to their end are not as of this run', async (t) => {
  const since = day('2025-10-01');
  const refunds = Array.from({ length: 200 }, (_, index) => {
    const createdAt = new Date(since + index * 30 * 3_600_000).toISOString();
    return { id: 1000 + index, createdAt, updatedAt: createdAt, transaction: 3, status: 'processed' };
  });
  const lists = struck(refunds);
  lists['refunds']!.bends = [refused(403, 'No', ({ from }) => from > day('2026-03-01'))];
  const settings = { page_size: 1, lookback_window_days: 300 };
  const ran = await run(lists, { ...both, bookmarks, settings });
  t.match(failureOf(ran, 'refunds'), /403/);
  t.ok(idsOf(ran, 'refunds').length > 50, 'some windows of it were read');
  t.equal(lastState(ran).bookmarks.refunds.as_of, reached.as_of);
});

t.test('what is missing of the transactions is said beside what refunds changed of them', async (t) => {
  const gone = { records: [], bends: [refused(404, 'Gone')] };
  const lists = struck([refund(11, 1)], { 'transactions by key': gone });
  lists['transactions']!.records.push({ createdAt: date('2026-06-26') });
  const ran = await run(lists, { ...both, bookmarks });
  t.match(
    failureOf(ran, 'transactions'),
    /^1 record could not be written.*missing; of the records .*; the bookmark of refunds/,
  );
});

const long = (count: number) => Array.from({ length: count }, (_, index) => record(index + 1, '2026-06-20'));

t.test('all streams together have half as many pages again ahead as there are requests in flight', async (t) => {
  const most = async (concurrency: number, ...streams: StreamName[]) => {
    const lists = Object.fromEntries(streams.map((stream, at) => [stream, { records: long(200 + 200 * at) }]));
    const ran = await run(lists, { streams, settings: { concurrency } });
    return streams.map((stream) => ran.most[stream]);
  };
  t.strictSame(await most(8, 'plans'), [12]);
  t.strictSame(await most(1, 'plans'), [2]);
  const [first, second] = await most(8, 'customers', 'plans');
  t.equal(first, 6);
  t.ok(second! > 6, 'more, once the other has ended');
});

t.test('what others changed is asked for with as many requests as may be in flight', async (t) => {
  const old = Array.from({ length: 40 }, (_, index) => record(100 + index, '2026-01-01', { status: 'success' }));
  const lists = struck(old.map(({ id }) => refund(id + 1000, id)));
  lists['transactions']!.records.push(...old);
  const ran = await run(lists, { ...both, bookmarks, settings: { concurrency: 3 } });
  t.equal(idsOf(ran, 'transactions').length, 41);
  t.equal(ran.most['transactions by key'], 3);
});

t.test('a stream that has ended is heard of before the others have', async (t) => {
  const lists = { plans: { records: long(1000) }, customers: { records: long(2) } };
  const { heard } = await run(lists, { streams: ['plans', 'customers'] });
  t.ok(heard.indexOf('ended customers true') < heard.lastIndexOf('wrote plans 10'), heard.join());
});
