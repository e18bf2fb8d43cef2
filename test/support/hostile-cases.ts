/**
 * Cases of one kind, each a list of its own, read by the same runs: one that meets the hostile answers, and one after it, from
 * its state, when all is well again. Whatever the first was answered, what both have written is what there was.
 */
import type { Test } from 'tap';
import type { StreamName } from '../../src/paystack/streams.ts';
import {
  type Asked,
  createdField,
  type HostileList,
  type HostilePaystack,
  startHostilePaystack,
} from './hostile-paystack.ts';
import { type Json, runSync, type SyncRun } from './tap.ts';

export const dayMs = 86_400_000;

/** Streams that are alike: numbered pages, `from` and `to`, `createdAt`, a key of `id`, no part in others. */
export const plainStreams = [
  'balance_ledger',
  'bulk_charges',
  'customers',
  'payment_pages',
  'plans',
  'products',
  'settlements',
  'subscriptions',
  'transaction_splits',
  'transactions',
  'transfer_recipients',
  'transfers',
] as const satisfies readonly StreamName[];

export interface Case {
  readonly name: string;
  /** Made for the stream on which the case is tried. */
  readonly list: (stream: StreamName) => HostileList;
  /** Default: any plain one. */
  readonly stream?: StreamName;
  /**
   * `whole`: every row is written, and nothing is said to be wrong. `written`: every row is written, and whether something is
   * said to be wrong is left open. `honest`: every row is written, or the run says that the stream failed. `later`: what cannot
   * be seen to be missing comes with the next run, as it lies in the lookback. A pattern: the stream fails, and this is in
   * the line that says so. Default: whole.
   */
  readonly outcome?: 'whole' | 'written' | 'honest' | 'later' | RegExp;
  /** In the log, besides. */
  readonly says?: RegExp;
  /** Not in the log. */
  readonly neverSays?: RegExp;
  /** The first run resumes from here. */
  readonly bookmark?: { readonly createdAt: string };
  /** Default: thrice the pages that the list has, and twenty. */
  readonly maxRequests?: number;
}

export interface Tried {
  readonly stream: StreamName;
  readonly list: HostileList;
  readonly run: SyncRun;
  readonly requests: readonly Asked[];
}

/** One record a day, the newest an hour old: `id` counts from the oldest, from 1. */
export function daily(stream: StreamName, count: number, fields: (id: number) => object = () => ({})): Json[] {
  const field = createdField(stream);
  return Array.from({ length: count }, (_, index) => {
    const createdAt = new Date(Date.now() - (count - index - 1) * dayMs - 3_600_000).toISOString();
    return { id: index + 1, [field]: createdAt, ...fields(index + 1) };
  });
}

/** A record that arrives now. */
export function newcomer(stream: StreamName, id: number, fields: object = {}): Json {
  return { id, [createdField(stream)]: new Date().toISOString(), ...fields };
}

/** Tries all cases, as many in a run as there are streams for. */
export async function tryCases(
  t: Test,
  settings: { readonly page_size: number },
  cases: readonly Case[],
): Promise<void> {
  for (const group of grouped(cases)) await tryGroup(t, settings, group);
}

type Placed = readonly (readonly [StreamName, Case])[];

function grouped(cases: readonly Case[]): Placed[] {
  const groups: [StreamName, Case][][] = [];
  for (const one of cases) {
    const wanted: readonly StreamName[] = one.stream === undefined ? plainStreams : [one.stream];
    const free = (group: Placed) => wanted.find((name) => !group.some(([taken]) => taken === name));
    const group = groups.find((other) => free(other) !== undefined) ?? groups[groups.push([]) - 1]!;
    group.push([free(group)!, one]);
  }
  return groups;
}

async function tryGroup(t: Test, settings: { readonly page_size: number }, group: Placed): Promise<void> {
  const lists = Object.fromEntries(group.map(([stream, one]) => [stream, one.list(stream)]));
  const before = new Map(group.map(([stream]) => [stream, [...lists[stream]!.records]]));
  const server = await startHostilePaystack(lists);
  const config = { ...server.config, ...settings };
  const names = group.map(([stream]) => stream);
  const bookmarks = Object.fromEntries(
    group.flatMap(([stream, { bookmark }]) => (bookmark ? [[stream, bookmark]] : [])),
  );
  const run = await runSync({ config, streams: names, state: { bookmarks } });
  const asked = server.requests.splice(0);
  const failures = names.filter((name) => failureOf(run, name) !== undefined);
  t.equal(run.code, failures.length > 0 ? 1 : 0, 'the exit code is that of the streams', { stderr: run.stderr });
  /** What is there from the beginning to the end, as far as the run is to read it. */
  const stayed = new Map(
    group.map(([stream, { bookmark }]) => {
      const owed = (row: Json) => lists[stream]!.records.includes(row) && !isPassed(row, stream, bookmark);
      return [stream, before.get(stream)!.filter(owed)];
    }),
  );
  const second = await afterwards(server, names, config, run.state);
  await server.close();
  for (const [stream, one] of group) {
    await t.test(`${one.name} (${stream})`, async (t) => {
      const requests = asked.filter((request) => request.stream === stream);
      check(t, one, { stream, list: lists[stream]!, run, requests }, stayed.get(stream)!, settings.page_size);
      t.equal(failureOf(second, stream), undefined, 'all is well again', { stderr: linesOf(second, stream) });
      const union = new Set([...tokensOf(run, stream), ...tokensOf(second, stream)]);
      const owed = lists[stream]!.records.filter((row) => !isPassed(row, stream, one.bookmark));
      const lost = owed.map(tokenOf).filter((token) => !union.has(token));
      t.same(lost, [], 'from the state of the hostile run nothing is lost');
    });
  }
}

/** True for a record that lies further back than the lookback (31 days, by default) of a bookmark. */
function isPassed(row: Json, stream: StreamName, bookmark: Case['bookmark']): boolean {
  return bookmark !== undefined && Date.parse(row[createdField(stream)]) < Date.parse(bookmark.createdAt) - 31 * dayMs;
}

/** The answers are honest again, a row has come to each list, and the next run resumes. */
async function afterwards(
  server: HostilePaystack,
  names: readonly StreamName[],
  config: object,
  state: Json,
): Promise<SyncRun> {
  for (const name of names) {
    const list = server.lists[name]!;
    Object.assign(list, { bends: [], meanwhile: undefined, order: undefined });
    list.records.push(newcomer(name, 9_000_001));
  }
  return runSync({ config, streams: names, ...(state !== undefined && { state }) });
}

function check(t: Test, one: Case, tried: Tried, stayed: readonly Json[], pageSize: number): void {
  const { run, stream, list, requests } = tried;
  const { outcome = 'whole', says, neverSays } = one;
  const failure = failureOf(run, stream);
  const written = tokensOf(run, stream);
  const missing = stayed.map(tokenOf).filter((token) => !written.has(token));
  const stderr = linesOf(run, stream);
  if (outcome === 'whole') t.equal(failure, undefined, 'the stream is whole', { stderr });
  if (outcome === 'honest' && missing.length > 0) t.ok(failure, 'what is missing is said', { stderr });
  if (outcome instanceof RegExp) t.match(failure ?? 'no failure', outcome);
  if (outcome === 'whole' || outcome === 'written') {
    t.same(missing, [], 'every row that was there all the time is written', { stderr });
  }
  if (says !== undefined) t.match(run.stderr, says);
  if (neverSays !== undefined) t.notMatch(run.stderr, neverSays);
  const size = Math.min(pageSize, list.maxPageSize ?? pageSize);
  const atMost = one.maxRequests ?? 3 * Math.ceil(list.records.length / size) + 20;
  t.ok(requests.length <= atMost, `${requests.length} requests, ${atMost} at most`);
}

/** The line that says that a stream failed; undefined if none does. */
export function failureOf({ stderr }: SyncRun, stream: string): string | undefined {
  return stderr.split('\n').find((line) => line.startsWith(`ERROR ${stream}:`));
}

function linesOf({ stderr }: SyncRun, stream: string): string {
  return stderr
    .split('\n')
    .filter((line) => line.includes(` ${stream}:`))
    .join('\n')
    .slice(0, 2000);
}

/** A row, by its key and by the `mark` in which it differs from others of the same key. */
function tokenOf({ id, mark }: Json): string {
  return mark === undefined ? `${id}` : `${id} ${mark}`;
}

function tokensOf(run: SyncRun, stream: string): Set<string> {
  return new Set((run.records[stream] ?? []).map(({ id, _extra }) => tokenOf({ id, mark: _extra?.mark })));
}
