/** Runs of streams, and rows of theirs, for tests of what becomes of them within one process. */
import { type Clock, systemClock } from '../../src/clock.ts';
import { discover } from '../../src/command/discover.ts';
import { type Config, parseConfig } from '../../src/config.ts';
import { newJsonReader } from '../../src/json/read.ts';
import { judge } from '../../src/paystack/answer.ts';
import type { Ask } from '../../src/paystack/client.ts';
import { NoAnswer } from '../../src/paystack/errors.ts';
import type { Row } from '../../src/paystack/list.ts';
import type { StreamName } from '../../src/paystack/streams.ts';
import { type SelectedStream, selectStreams } from '../../src/singer/selection.ts';
import { parseState } from '../../src/singer/state.ts';
import type { RecordLine } from '../../src/sync/rows.ts';
import { openStreamRuns, type StreamRun } from '../../src/sync/stream-run.ts';
import type { Answerer } from './hostile-paystack.ts';

export const dayMs = 86_400_000;

/** When the runs begin. */
export const now = Date.UTC(2026, 5, 30, 12);

/** The midnight at which a day begins. */
export function day(date: string): number {
  return Date.parse(`${date}T00:00:00Z`);
}

/** Streams with all their columns, in the order of a sync. */
export function selectedStreams(...ids: readonly StreamName[]): SelectedStream[] {
  return selectStreams(discover(), undefined, new Set<string>(ids));
}

/** @param given settings beside the key */
export function configWith(given: object = {}): Config {
  return parseConfig({ secret_key: 'sk_test_1', ...given }, '1', now);
}

/** Runs that begin now, in the order of a sync. What they log goes to `lines`. */
export function runsOf(
  ids: readonly StreamName[],
  bookmarks: Readonly<Record<string, object>> = {},
  settings: object = {},
  lines: string[] = [],
): StreamRun[] {
  const log = (level: string, text: string) => void lines.push(`${level} ${text}`);
  return openStreamRuns(
    selectedStreams(...ids),
    { state: parseState({ bookmarks }), config: configWith(settings), log },
    now,
  );
}

/** A row of a final record that has no dates, but for what is said of it. */
export function rowWith(more: Partial<Row<RecordLine>> = {}): Row<RecordLine> {
  const content = { bytes: Buffer.from(''), from: 0, to: 0, misfits: [], asked: [] };
  const dates = { created: Number.NaN, updated: Number.NaN };
  return { key: '1', ...dates, isOpen: false, changes: undefined, fingerprint: 0, content, ...more };
}

/** The machine's clock, which shows that the runs have just begun. */
export const clock: Clock = { ...systemClock, now: () => now };

/** Asks a Paystack without a network, as the client does but for its patience: each failure is the last. */
export function askOf({ answer }: Answerer, signal = new AbortController().signal): Ask {
  const reader = newJsonReader();
  return async ({ path, query = {} }, read) => {
    signal.throwIfAborted();
    const url = new URL(path, 'http://127.0.0.1');
    for (const [name, value] of Object.entries(query)) url.searchParams.set(name, value);
    await new Promise((resolve) => setImmediate(resolve));
    signal.throwIfAborted();
    const { status, body } = answer(url);
    const { outcome } = judge(new Response(null, { status }), Buffer.from(body), reader, now);
    if (outcome instanceof Error) throw outcome;
    if (!('data' in outcome)) throw new NoAnswer(outcome.why);
    return read({ ...outcome, askedAt: now });
  };
}
