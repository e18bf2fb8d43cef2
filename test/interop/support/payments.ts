/** What the sandbox holds for these tests, and what a warehouse must hold after it was loaded. */
import type { StreamFacts } from '../../../src/paystack/stream-facts.ts';
import { type StreamName, streams } from '../../../src/paystack/streams.ts';
import { type Records, readFixtures } from '../../../src/sandbox/dataset.ts';
import { rawRecord } from '../../../src/sandbox/rows.ts';
import { type Sandbox, type SandboxOptions, startSandbox } from '../../../src/sandbox/server.ts';
import type { Json } from '../../support/tap.ts';

export const streamNames = Object.keys(streams) as StreamName[];

/** More than two pages. */
const rows = 450;
const dayMs = 86_400_000;
const currencies = ['NGN', 'GHS', 'ZAR', 'KES'] as const;

/** Above what a double can hold exactly, and above the amounts that one can add. */
export const bigId = '9007199254740993';

/** What breaks quoting, columns and encodings. */
export const awkwardText = 'Ọjà "Ade" & Sons, C:\\new; \'50%\' 🧾 ✓';

/** The same with line breaks, inside an object: pipelinewise's targets change them in a column of text. */
export const awkwardLines = `${awkwardText}\r\n\t${awkwardText}\n`;

const { created_at: _, paid_at: __, ...template } = (readFixtures('transactions') as Json[])[0];
const newest = Date.now() - 40 * dayMs;

/** A transaction as the API sends it; the higher its number, the newer it is. */
export function transaction(number: number, changes: object = {}): Json {
  const at = new Date(newest - (rows - 1 - number) * 0.9 * dayMs).toISOString();
  return {
    ...template,
    id: 5_000_000_000 + number,
    reference: `interop-${number}`,
    amount: 100 + ((number * 7919) % 1_000_000),
    currency: currencies[number % currencies.length],
    createdAt: at,
    paidAt: at,
    metadata: { cart: { sku: `SKU-${number}` }, lines: number },
    ...changes,
  };
}

/** Metadata takes every shape: merchants write what they like, and the API passes some of it on as text. */
const oddities: readonly object[] = [
  { id: bigId, amount: bigId, metadata: { order: '18446744073709551615', cart: { sku: 'SKU-BIG' } } },
  { message: awkwardText, metadata: { note: awkwardLines } },
  { metadata: 'walk-in customer' },
  { metadata: ['blue', 'large'] },
  { metadata: 0 },
  { metadata: '' },
  { metadata: null, amount: null, paidAt: null },
  { field_of_tomorrow: { is: ['not', 'foreseen'] } },
];

/** Long digits, which are text here, are numbers on the wire. */
function sent(record: Json): object {
  return rawRecord(JSON.stringify(record).replace(/"(\d{16,})"/g, '$1'));
}

/** Newest first, as the API lists them. */
export function transactions(): Json[] {
  return Array.from({ length: rows }, (_, number) => transaction(number, oddities[number])).reverse();
}

export interface Held {
  readonly sandbox: Sandbox;
  /** Settings that point the tap at the sandbox. */
  readonly config: { readonly secret_key: string; readonly api_url: string };
  /** Rows of each stream. */
  readonly counts: Readonly<Record<string, number>>;
  readonly transactions: Json[];
  /** Puts a record at the top of the transactions. */
  add(record: Json): void;
  /** Puts a record at the top of another list. */
  addTo(stream: StreamName, record: Json): void;
  /** Changes a transaction in place. */
  change(id: number, changes: object): void;
}

/** A sandbox with the fixtures of all streams and the transactions above, and a second account of what is in it. */
export async function startHeld(options: SandboxOptions = {}): Promise<Held> {
  const held = transactions();
  const records: SandboxOptions['records'] = {
    transactions: held.map(sent),
    refunds: pointing('refunds'),
    disputes: pointing('disputes'),
    ...options.records,
  };
  const sandbox = await startSandbox({ ...options, records });
  const counts: Record<string, number> = {};
  for (const name of streamNames) counts[name] = countOf(records[name] ?? readFixtures(name));
  return {
    sandbox,
    config: { secret_key: sandbox.secretKey, api_url: sandbox.url },
    counts,
    transactions: held,
    add: (record) => {
      sandbox.add('transactions', sent(record));
      held.unshift(record);
      counts['transactions'] = held.length;
    },
    addTo: (stream, record) => {
      sandbox.add(stream, record);
      counts[stream]!++;
    },
    change: (id, changes) => {
      sandbox.change('transactions', id, changes);
      Object.assign(
        held.find((record) => record.id === id),
        changes,
      );
    },
  };
}

/** The fixtures of a stream; what they say of a transaction is true of the newest one above. */
function pointing(stream: StreamName): Json[] {
  const id = transaction(rows - 1).id;
  return (readFixtures(stream) as Json[]).map((record) => {
    const { transaction } = record;
    if (transaction === undefined || transaction === null) return record;
    return { ...record, transaction: typeof transaction === 'object' ? { ...transaction, id } : id };
  });
}

function countOf(records: Records): number {
  return Object.values(records).flat().length;
}

/** Sum of the amounts in each currency, exact. */
export function sumsOf(records: readonly Json[]): Record<string, string> {
  const sums = new Map<string, bigint>();
  for (const { currency, amount } of records) sums.set(currency, (sums.get(currency) ?? 0n) + BigInt(amount ?? 0));
  return Object.fromEntries([...sums].sort().map(([currency, sum]) => [currency, String(sum)]));
}

/** Columns of a stream's primary key. */
export function keyOf(stream: StreamName): readonly string[] {
  return (streams[stream] as StreamFacts).key;
}
