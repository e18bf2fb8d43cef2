/**
 * A month of daily runs, from state to state, while records arrive, change and go, answers are bent, and runs are killed: after
 * each run that ends well, the warehouse has every record, and of what is promised its last state.
 * Refunds and disputes are listed within a day of their creation: one that comes later, and does not say when it changed, cannot
 * be seen to be new, and its transaction is not read again.
 *
 * `MONTH_SEED=123` repeats one, `MONTH_COUNT=20` lives through more.
 */
import t, { type Test } from 'tap';
import { randomNumbers } from '../../src/sandbox/rows.ts';
import { noMeta, noTotal, once, refused, total } from '../support/bends.ts';
import {
  type Bend,
  type HostileList,
  type HostilePaystack,
  oldestFirst,
  startHostilePaystack,
} from '../support/hostile-paystack.ts';
import {
  childList,
  childStreams,
  createMerchant,
  isOpen,
  type Merchant,
  type Own,
  ownStreams,
  type Strike,
} from '../support/merchant.ts';
import { type Running, type Stopped, startSync } from '../support/stopped.ts';
import type { Json } from '../support/tap.ts';

const days = 30;
const lookbackDays = 5;
const hourMs = 3_600_000;
const dayMs = 24 * hourMs;
/** Of transactions, older open ones are given up. */
const maxOpenDays = 90;

const months = Number(process.env['MONTH_COUNT'] ?? 1);
const firstSeed = Number(process.env['MONTH_SEED'] ?? Date.now() % 1_000_000);

for (let month = 0; month < months; month++) {
  const seed = firstSeed + month;
  t.test(`a month, MONTH_SEED=${seed}`, (t) => liveThrough(t, seed));
}

/** What the warehouse has of a record. */
interface Kept {
  readonly revision: number;
  /** As it was when it was written. */
  readonly isOpen: boolean;
  readonly version: number | undefined;
}

async function liveThrough(t: Test, seed: number): Promise<void> {
  let current = randomNumbers(seed);
  const chance = () => current();
  // The clock of the machine is not Paystack's.
  const skewMs = Math.floor((chance() - 0.5) * 5) * hourMs;
  const merchant = createMerchant(chance, lookbackDays, Date.now() + skewMs);
  const server = await startHostilePaystack(merchant.lists);
  t.teardown(() => server.close());
  const warehouse = new Map<string, Map<number, Kept>>();
  /** Parents that were open, or not yet there, when a run last ended well: their children are read again. */
  let settled = new Set<number>();
  let state: Json;
  let wellEnded = 0;
  for (let day = 1; day <= days; day++) {
    // What happens during a run depends on how fast it is; what a day has in store must not.
    const plan = planOf(randomNumbers(seed * 100 + day), day);
    current = randomNumbers(seed * 100 + day + 50);
    if (day > 1) merchant.age(dayMs);
    if (day > 1) state = aged(state);
    merchant.trade(Date.now() + skewMs);
    if (plan.ending === 'none') continue;
    const before = snapshotOf(merchant);
    const struck = [...merchant.struck];
    const ended = await runThrough(server, merchant, plan, state, skewMs, chance);
    state = ended.state ?? state;
    load(warehouse, ended);
    if (plan.ending === 'kill' && ended.code !== 0) continue;
    const what = `seed ${seed}, day ${day}, ${JSON.stringify(plan)}`;
    if (ended.code !== 0) {
      t.equal(ended.code, 0, what, { stderr: ended.stderr.replace(/^INFO .*\n/gm, '').slice(0, 2000) });
      return;
    }
    wellEnded++;
    const wrong = missingFrom(warehouse, merchant, before, struck, settled, Date.now() + skewMs);
    t.same(wrong, [], what, wrong.length > 0 ? evidence(server, ended, wrong) : {});
    if (wrong.length > 0) return;
    merchant.struck.splice(0, struck.length);
    settled = new Set(
      parentsOf(before)
        .filter(([stream, record]) => !isOpen(stream, record))
        .map(([, { id }]) => id),
    );
  }
  t.ok(wellEnded > days / 3, `${wellEnded} runs ended well`);
}

/** What helps to find out why something is missing: what was asked and said of its stream, and where it resumed. */
function evidence({ requests }: HostilePaystack, { stderr, state }: Stopped, wrong: readonly string[]): object {
  const stream = wrong[0]!.split(/[ /]/)[0]!;
  const own = requests.filter((asked) => asked.stream === stream);
  return {
    asked: own.slice(0, 30).map(({ path, query, status }) => `${path}?${new URLSearchParams(query)} ${status}`),
    said: stderr.split('\n').filter((line) => line.includes(` ${stream}:`)),
    state: JSON.stringify(state?.bookmarks[stream])?.slice(0, 500),
  };
}

/** What a day has in store. */
interface Plan {
  readonly ending: 'well' | 'kill' | 'none';
  readonly pageSize: number;
  readonly total: string;
  readonly order: string;
  readonly depth: number;
  readonly meanwhile: readonly string[];
  readonly isFaulty: boolean;
}

function planOf(chance: () => number, day: number): Plan {
  const pick = <Item>(...items: readonly Item[]) => items[Math.floor(chance() * items.length)]!;
  const isReported = chance() < 0.6;
  const order = pick('newest', 'newest', 'newest', 'oldest');
  const isQuiet = order === 'oldest' || !isReported;
  return {
    ending: day === days ? 'well' : pick('well', 'well', 'well', 'well', 'well', 'kill', 'kill', 'none'),
    pageSize: pick(3, 5, 20, 100),
    total: isReported ? pick('honest', 'text') : pick('none', 'no meta', 'capped', 'low', 'zero', 'page', 'stale'),
    order,
    // In rows. A few days hold less.
    depth: pick(1_000_000, 1_000_000, 40, 100),
    // A row that goes while another comes leaves no trace in a list that is read forwards, or says nothing.
    meanwhile: isQuiet ? [] : ['come', 'change', ...(isReported ? ['go'] : [])].filter(() => chance() < 0.4),
    isFaulty: chance() < 0.2,
  };
}

const totals: Readonly<Record<string, Bend>> = {
  honest: (answer) => answer,
  text: total((all) => String(all)),
  none: noTotal,
  'no meta': noMeta,
  capped: total((all) => Math.min(all, 12)),
  low: total((all) => Math.max(0, all - 3)),
  zero: total(() => 0),
  page: total((all, { page, size }) => Math.max(0, Math.min(size, all - (page - 1) * size))),
  stale: total((all) => Math.max(0, all - 1)),
};

async function runThrough(
  server: HostilePaystack,
  { lists, create, touch, remove }: Merchant,
  plan: Plan,
  state: Json,
  skewMs: number,
  chance: () => number,
): Promise<Stopped> {
  let running: Running | undefined;
  const stopAfter = plan.ending === 'kill' ? 1 + Math.floor(chance() * 60) : Number.POSITIVE_INFINITY;
  const signal = chance() < 0.5 ? 'SIGKILL' : 'SIGTERM';
  let changes = 0;
  const happen = (stream: string) => {
    if (server.requests.length >= stopAfter) running?.stop(signal);
    if (!(ownStreams as string[]).includes(stream) || changes > 6 || chance() < 0.7) return;
    changes++;
    const own = stream as Own;
    const { records } = lists[stream]!;
    const one = records[Math.floor(chance() * records.length)];
    if (plan.meanwhile.includes('come')) create(own, Date.now() + skewMs);
    if (plan.meanwhile.includes('change') && one !== undefined) touch(one, Date.now() + skewMs);
    if (plan.meanwhile.includes('go')) remove(own);
  };
  for (const [name, list] of Object.entries(lists)) {
    const stream = name.split('/')[0]!;
    const isList = !name.includes('/');
    const bends = [totals[plan.total]!];
    if (isList && stream !== 'subaccounts')
      bends.push(refused(400, 'Page is too deep', ({ page, size }) => page * size > plan.depth));
    if (isList && plan.isFaulty) bends.push(failing(once(({ nth }) => nth % 3 === 0)));
    const order =
      plan.order === 'oldest' && stream in { transfers: 1, customers: 1, disputes: 1 }
        ? oldestFirst(stream as Own)
        : undefined;
    Object.assign(list, { bends, order, meanwhile: () => happen(name) } satisfies Partial<HostileList>);
  }
  server.requests.length = 0;
  const settings = { page_size: plan.pageSize, lookback_window_days: lookbackDays, activate_version: true };
  const streams = [...ownStreams, ...childStreams];
  running = startSync({ config: { ...server.config, ...settings }, streams, state });
  const ended = await running.ended;
  for (const list of Object.values(lists)) Object.assign(list, { bends: [], order: undefined, meanwhile: undefined });
  return ended;
}

/** A failure that passes. */
function failing(when: (asked: { readonly nth: number } & Parameters<Bend>[1]) => boolean): Bend {
  return (answer, asked) => (when(asked) ? { ...answer, status: 503, message: 'Bad gateway' } : answer);
}

/** The same state, seen from a time that is a day later. */
function aged(state: Json): Json {
  if (state === undefined) return undefined;
  const older = (date: string) =>
    new Date(Date.parse(date.includes('T') ? `${date}Z` : date) - dayMs).toISOString().slice(0, date.length);
  return JSON.parse(JSON.stringify(state).replace(/\d{4}-\d\d-\d\d(?:T[\d:.]+)?/g, older));
}

type Snapshot = Readonly<Record<string, readonly Json[]>>;

function snapshotOf({ lists }: Merchant): Snapshot {
  return Object.fromEntries(
    Object.entries(lists).map(([name, { records }]) => [name, records.map((record) => ({ ...record }))]),
  );
}

function parentsOf(snapshot: Snapshot): (readonly ['settlements' | 'subscriptions', Json])[] {
  return (['settlements', 'subscriptions'] as const).flatMap((stream) =>
    snapshot[stream]!.map((record) => [stream, record] as const),
  );
}

/** A target: the last of each record stays, and what a complete listing did not have goes. */
function load(warehouse: Map<string, Map<number, Kept>>, { messages }: Stopped): void {
  for (const { type, stream, record, version } of messages) {
    const table = warehouse.get(stream) ?? new Map<number, Kept>();
    if (stream !== undefined) warehouse.set(stream, table);
    if (type === 'RECORD') {
      const open = (ownStreams as string[]).includes(stream) && isOpen(stream, record);
      table.set(record.id, { revision: record._extra?.revision, isOpen: open, version });
    }
    if (type === 'ACTIVATE_VERSION') for (const [id, kept] of table) if (kept.version !== version) table.delete(id);
  }
}

/** What the warehouse should have and has not, in words. */
function missingFrom(
  warehouse: ReadonlyMap<string, ReadonlyMap<number, Kept>>,
  merchant: Merchant,
  before: Snapshot,
  struck: readonly Strike[],
  settled: ReadonlySet<number>,
  nowMs: number,
): string[] {
  const wrong: string[] = [];
  const check = (stream: string, list: string, record: Json, isDue: (kept: Kept) => boolean) => {
    const now = merchant.lists[list]?.records.find(({ id }) => id === record.id);
    if (now === undefined) return;
    const kept = warehouse.get(stream)?.get(record.id);
    if (kept === undefined) wrong.push(`${list} ${record.id} of ${record.createdAt} is not there`);
    // What changed while it was read may be there as it was, or as it is.
    else if (isDue(kept) && kept.revision < record.revision) {
      wrong.push(
        `${list} ${record.id} of ${record.createdAt} is ${kept.revision}, not ${record.revision}${reasonOf(record)}`,
      );
    }
  };
  // One that is gone cannot be seen to have changed anything.
  const there = (by: Json) =>
    [...merchant.lists['refunds']!.records, ...merchant.lists['disputes']!.records].includes(by);
  const reversed = new Set(struck.filter(({ by }) => there(by)).map(({ transaction }) => transaction));
  const reasonOf = ({ id, status }: Json) => {
    const by = struck.findLast(({ transaction }) => transaction === id)?.by;
    return by === undefined ? ` (${status})` : `, by ${JSON.stringify(by)}`;
  };
  const isRecent = (record: Json) => Date.parse(record.createdAt) >= nowMs - lookbackDays * dayMs + hourMs;
  for (const stream of ownStreams) {
    for (const record of before[stream]!) {
      const isStruck = stream === 'transactions' && reversed.has(record.id);
      const isYoung = stream !== 'transactions' || Date.parse(record.createdAt) > nowMs - (maxOpenDays - 2) * dayMs;
      check(stream, stream, record, (kept) => {
        return stream === 'subaccounts' || isStruck || isRecent(record) || (kept.isOpen && isYoung);
      });
    }
  }
  for (const [stream, parent] of parentsOf(before)) {
    if (settled.has(parent.id) && !isRecent(parent)) continue;
    const list = childList(stream, parent);
    const child = stream === 'settlements' ? 'settlement_transactions' : 'subscription_invoices';
    if (merchant.lists[stream]!.records.some(({ id }) => id === parent.id)) {
      for (const record of before[list] ?? []) check(child, list, record, () => true);
    }
  }
  return wrong.slice(0, 10);
}
