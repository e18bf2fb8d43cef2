/**
 * What a daily run costs beside a full read, in requests and in rows: of merchants of two years of whose records few, or many, are
 * still open. Nothing has changed since the full read but what is said.
 */
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';

import type { StreamName } from '../../src/paystack/streams.ts';

import { type Sandbox, type SandboxOptions, startSandbox } from '../../src/sandbox/server.ts';
import { spread } from '../support/spread.ts';
import { executable } from './measure.ts';
import type { Suite } from './suites.ts';
import type { Finding } from './table.ts';

const days = 730;
const lookbackDays = 31;

interface Merchant {
  readonly what: string;
  readonly streams: readonly StreamName[];
  readonly records: NonNullable<SandboxOptions['records']>;
  /** What happens between the two runs. */
  readonly meanwhile?: (sandbox: Sandbox) => void;
  /** Rows that a daily run may write. */
  readonly maxRows: number;
  /** Requests that a daily run may make. Default: a full read's and a tenth, and two. */
  readonly maxRequests?: number;
}

/** What a daily run has to write: the lookback, and what is open before it, with a tenth for good measure. */
function dueOf(count: number, every: number): number {
  const recent = Math.ceil((count * lookbackDays) / days);
  return Math.ceil(1.1 * (recent + (count - recent) / every));
}

const nth = (every: number) => (index: number) => index % every === 0;

function oneStream(stream: StreamName, count: number, open: string, final: string, every: number): Merchant {
  const share = Math.ceil(count / every).toLocaleString('en');
  return {
    what: `${count.toLocaleString('en')} ${stream}, ${share} ${open}`,
    streams: [stream],
    records: { [stream]: spread(stream, { count, open, final, isOpen: nth(every) }) },
    maxRows: dueOf(count, every),
  };
}

function refunding(): Merchant {
  const none = { open: '', isOpen: () => false };
  const transactions = spread('transactions', { ...none, count: 3000, final: 'success' });
  // None of the last two days, which count as new for the sake of clocks.
  const dates = { firstDays: lookbackDays - 1, lastDays: 2 };
  const refunds = spread('refunds', { ...none, ...dates, count: 600, final: 'processed' }).map((refund, index) => ({
    ...refund,
    transaction: index + 1,
  }));
  const now = new Date().toISOString();
  return {
    what: '600 refunds in the lookback, one new',
    streams: ['refunds', 'transactions'],
    records: { transactions, refunds },
    meanwhile: (sandbox) =>
      sandbox.add('refunds', { id: 9999, transaction: 700, status: 'processed', createdAt: now, updatedAt: now }),
    maxRows: Math.ceil(1.1 * (601 + (3000 * lookbackDays) / days + 1)),
  };
}

function invoicing(): Merchant {
  const subscriptions = spread('subscriptions', {
    ...{ count: 2000, open: 'active', final: 'completed', isOpen: nth(12) },
  }).map((row) => ({ ...row, subscription_code: `SUB_${row.id}` }));
  const invoice = (id: unknown) => [{ id: Number(id) * 10, subscription: id, status: 'success' }];
  return {
    what: 'the invoices of 2,000 subscriptions, 167 active',
    streams: ['subscription_invoices'],
    records: {
      subscriptions,
      subscription_invoices: Object.fromEntries(
        subscriptions.map(({ id, subscription_code }) => [subscription_code, invoice(id)]),
      ),
    },
    maxRows: dueOf(2000, 12),
    // The parents in the lookback and the open ones, and the pages that they are on.
    maxRequests: dueOf(2000, 12) + 12,
  };
}

function merchants(isQuick: boolean): readonly (() => Merchant)[] {
  const small = [
    () => oneStream('disputes', 2000, 'pending', 'resolved', 10),
    () => oneStream('subscriptions', 20_000, 'active', 'completed', 100),
    refunding,
    invoicing,
  ];
  const large = [
    () => oneStream('transfers', 40_000, 'pending', 'success', 400),
    () => oneStream('transfers', 100_000, 'pending', 'success', 332),
  ];
  return isQuick ? small : [...small, ...large];
}

export const daily: Suite = async function* ({ isQuick }) {
  for (const make of merchants(isQuick)) yield* findings(make());
};

async function* findings(merchant: Merchant): AsyncIterable<Finding> {
  const { what, streams, records, meanwhile, maxRows } = merchant;
  const sandbox = await startSandbox({ fixtures: false, records });
  try {
    const full = await sync(sandbox, streams);
    meanwhile?.(sandbox);
    const next = await sync(sandbox, streams, full.state);
    yield { what: `${what}: requests of a full read`, values: [full.requests] };
    yield {
      what: `${what}: requests of a daily run`,
      values: [next.requests],
      bar: { atMost: merchant.maxRequests ?? Math.floor(1.1 * full.requests + 2) },
    };
    yield { what: `${what}: rows of a daily run`, values: [next.rows], bar: { atMost: maxRows } };
  } finally {
    await sandbox.close();
  }
}

interface Synced {
  readonly requests: number;
  readonly rows: number;
  readonly state: unknown;
}

/** @throws Error if it does not end with 0 */
async function sync(sandbox: Sandbox, names: readonly StreamName[], state?: unknown): Promise<Synced> {
  const folder = mkdtempSync(join(tmpdir(), 'tap-paystack-bench-'));
  const file = (name: string, content: unknown) => {
    writeFileSync(join(folder, name), JSON.stringify(content));
    return join(folder, name);
  };
  const config = {
    secret_key: sandbox.secretKey,
    api_url: sandbox.url,
    requests_per_minute: 1_000_000,
    page_size: 200,
  };
  const metadata = [{ breadcrumb: [], metadata: { selected: true } }];
  const catalog = { streams: names.map((stream) => ({ tap_stream_id: stream, stream, metadata })) };
  const args = ['--config', file('config.json', config), '--catalog', file('catalog.json', catalog)];
  if (state !== undefined) args.push('--state', file('state.json', state));
  try {
    sandbox.resetRequests();
    const child = spawn(process.execPath, [executable, ...args], { env: { PATH: process.env['PATH'] } });
    const ended = new Promise<number | null>((resolve) => child.on('close', resolve));
    const [stdout, stderr, code] = await Promise.all([text(child.stdout), text(child.stderr), ended]);
    if (code !== 0) throw new Error(`${names} failed: ${stderr.slice(-2000)}`);
    const lines = stdout.trimEnd().split('\n');
    const rows = lines.filter((line) => line.startsWith('{"type":"RECORD"')).length;
    return { requests: sandbox.requests.length, rows, state: (JSON.parse(lines.at(-1)!) as { value: unknown }).value };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
