/**
 * A merchant whose records come, change and go from day to day, by chance, as those of real ones do. A day passes when all dates
 * become a day older.
 */
import type { StreamFacts } from '../../src/paystack/stream-facts.ts';
import { type StreamName, streams } from '../../src/paystack/streams.ts';
import type { HostileList } from './hostile-paystack.ts';
import type { Json } from './tap.ts';

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;

/** What the merchant has, each with the statuses that a record may begin with, its open ones first. */
const beginnings = {
  customers: [],
  disputes: ['awaiting-merchant-feedback', 'pending', 'resolved'],
  refunds: ['pending', 'processing', 'processed', 'processed'],
  settlements: ['pending', 'processing', 'success', 'success'],
  subaccounts: [],
  subscriptions: ['active', 'non-renewing', 'completed'],
  transactions: ['pending', 'success', 'success', 'failed', 'abandoned'],
  transfers: ['pending', 'otp', 'success', 'success', 'failed'],
} as const satisfies Partial<Record<StreamName, readonly string[]>>;

export type Own = keyof typeof beginnings;
export const ownStreams = Object.keys(beginnings) as Own[];
export const childStreams = ['settlement_transactions', 'subscription_invoices'] as const;

export interface Merchant {
  /** By stream, or `stream/parent`. */
  readonly lists: Record<string, HostileList>;
  /** Everything becomes older by so much. */
  age(ms: number): void;
  /** A day's business, at a time that is now for Paystack. */
  trade(nowMs: number): void;
  /** A record comes, dated then. */
  create(stream: Own, ms: number): Json;
  /** Something about a record changes, at a time that is now. */
  touch(record: Json, nowMs: number, fields?: object): void;
  /** One goes, where any may go. */
  remove(stream: Own): void;
  /** Transactions that a refund or dispute has changed, in order. A test may empty it. */
  readonly struck: Strike[];
}

export interface Strike {
  readonly transaction: number;
  /** The refund or dispute. */
  readonly by: Json;
}

/** @param chance numbers from 0 up to 1 */
export function createMerchant(chance: () => number, lookbackDays: number, nowMs: number): Merchant {
  const lists: Record<string, HostileList> = Object.fromEntries(ownStreams.map((stream) => [stream, { records: [] }]));
  const struck: Strike[] = [];
  let lastId = 0;

  const below = (count: number) => Math.floor(chance() * count);
  const pick = <Item>(items: readonly Item[]) => items[below(items.length)];

  function create(stream: Own, ms: number): Json {
    const id = ++lastId;
    const createdAt = dateOf(ms);
    const record: Json = { id, createdAt, updatedAt: createdAt, revision: 1 };
    const status = pick(beginnings[stream] as readonly string[]);
    if (status !== undefined) record.status = status;
    lists[stream]!.records.push(record);
    if (stream === 'refunds' || stream === 'disputes') strike(record, stream, ms);
    if (stream === 'settlements' || stream === 'subscriptions') addChildren(stream, record, 1 + below(3));
    return record;
  }

  /** The transaction of a refund or dispute changes with it. */
  function strike(record: Json, stream: Own, ms: number): void {
    const transactions = lists['transactions']!.records;
    record.transaction ??= pick(transactions)?.id;
    const transaction = transactions.find(({ id }) => id === record.transaction);
    if (transaction === undefined) return;
    if (stream === 'disputes' && typeof record.transaction === 'number') record.transaction = { id: transaction.id };
    touch(transaction, ms, { status: 'reversed' });
    struck.push({ transaction: transaction.id, by: record });
  }

  function addChildren(stream: 'settlements' | 'subscriptions', record: Json, count: number): void {
    record.subscription_code ??= `SUB_${record.id}`;
    const list = childList(stream, record);
    lists[list] ??= { records: [] };
    for (let added = 0; added < count; added++) lists[list].records.push({ id: ++lastId, revision: 1 });
  }

  function touch(record: Json, ms: number, fields: object = {}): void {
    Object.assign(record, fields, { revision: record.revision + 1, updatedAt: dateOf(ms) });
  }

  function remove(stream: Own): void {
    // Money that moved stays on record.
    if (stream === 'transactions') return;
    const { records } = lists[stream]!;
    const gone = pick(records);
    lists[stream]!.records = records.filter((record) => record !== gone);
  }

  /** An open record becomes final, or only another. */
  function settle(stream: Own, record: Json, ms: number): void {
    const final = finalStatuses(stream);
    const becomesFinal = chance() < 0.7;
    touch(record, ms, becomesFinal ? { status: final[below(final.length)] } : {});
    if (stream === 'refunds') strike(record, stream, ms);
    if (stream === 'disputes') strikeOwn(record, ms);
    if (stream === 'settlements' || stream === 'subscriptions') addChildren(stream, record, 1);
  }

  function strikeOwn(record: Json, ms: number): void {
    const transaction = lists['transactions']!.records.find(({ id }) => id === record.transaction?.id);
    if (transaction === undefined) return;
    touch(transaction, ms);
    struck.push({ transaction: transaction.id, by: record });
  }

  function trade(ms: number): void {
    const lookbackMs = lookbackDays * dayMs;
    for (const stream of ownStreams) {
      for (let count = below(stream === 'transactions' ? 5 : 2); count > 0; count--)
        create(stream, ms - below(20) * hourMs);
      // One that was late in being listed. Of what changes others, it would have to be known that it was not there before.
      const isLate = !['refunds', 'disputes'].includes(stream) && chance() < 0.1;
      if (isLate) create(stream, ms - chance() * (lookbackMs - dayMs));
      for (const record of [...lists[stream]!.records]) {
        if (isOpen(stream, record)) {
          if (chance() < 0.15) settle(stream, record, ms);
        } else if (Date.parse(record.createdAt) > ms - lookbackMs + dayMs && chance() < 0.1) touch(record, ms);
      }
      if (chance() < 0.1) remove(stream);
    }
    for (const record of lists['subaccounts']!.records) if (chance() < 0.1) touch(record, ms);
  }

  for (const stream of ownStreams) {
    const count = stream === 'transactions' ? 80 : 12;
    for (let index = count; index > 0; index--) create(stream, nowMs - (index * 55 * dayMs) / count - hourMs);
  }
  struck.length = 0;

  function age(by: number): void {
    for (const { records } of Object.values(lists)) {
      for (const record of records) {
        for (const field of ['createdAt', 'updatedAt']) {
          if (record[field] !== undefined) record[field] = dateOf(Date.parse(record[field]) - by);
        }
      }
    }
  }

  return { lists, age, trade, create, touch, remove, struck };
}

/** The list of the children of a settlement or a subscription. */
export function childList(stream: 'settlements' | 'subscriptions', record: Json): string {
  return stream === 'settlements'
    ? `settlement_transactions/${record.id}`
    : `subscription_invoices/${record.subscription_code}`;
}

export function isOpen(stream: Own, { status }: Json): boolean {
  return status !== undefined && !finalStatuses(stream).includes(status);
}

function finalStatuses(stream: StreamName): readonly string[] {
  return (streams[stream] as StreamFacts).finalStatuses ?? [];
}

/** Observed: whole seconds. */
function dateOf(ms: number): string {
  return new Date(Math.floor(ms / 1000) * 1000).toISOString();
}
