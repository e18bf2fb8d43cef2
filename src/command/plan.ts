/** `--plan`: what a sync would cost, by the estimate of each stream. */
import { systemClock } from '../clock.ts';
import type { Config } from '../config.ts';
import { endsRun, ForeseenError } from '../errors.ts';
import { EveryStreamRefused, mayBeLacking, Refused } from '../paystack/errors.ts';
import { explained } from '../report/defects.ts';
import type { Log } from '../report/log.ts';
import { type Estimate, type EstimateOptions, estimate } from '../sync/estimate.ts';
import { print } from '../sync/output.ts';
import { openStreamRuns, type StreamRun } from '../sync/stream-run.ts';
import { counted, grouped } from '../words.ts';
import type { Args } from './arguments.ts';
import { askUntilSignal } from './connect.ts';
import { type InputOptions, readInputs } from './inputs.ts';
import { markdownTable } from './markdown.ts';

export interface PlanOptions extends InputOptions {
  readonly format: Args['format'];
  readonly log: Log;
}

/** Of a stream, or of all; null where it cannot be known. */
interface Line {
  readonly stream: string;
  readonly records: number | null;
  readonly requests: number | null;
  /** Until the last request may start, under the quota. */
  readonly minutes: number | null;
  /** True if it may be much more. */
  readonly at_least: boolean;
}

interface Plan {
  readonly streams: readonly Line[];
  readonly all: Omit<Line, 'stream'>;
  readonly requests_per_minute: number;
}

const writers = { json: jsonText, markdown: markdownText, text: plainText } as const;

/**
 * Estimates what a sync with the same options would cost, and prints it.
 *
 * @returns the exit code: 1 if a stream failed
 * @throws UserError, KeyRejected, EveryStreamRefused
 */
export async function planSync(options: PlanOptions): Promise<number> {
  const { log, format } = options;
  const now = systemClock.now();
  const { config, streams, state } = readInputs(options, now, log);
  const runs = openStreamRuns(streams, { state, config, log }, now);
  return askUntilSignal(config, options, async (ask) => {
    const tried = await Promise.all(runs.map((run) => tryEstimate(run, { config, ask, now }, log)));
    const hasFailed = report(tried, log);
    await print(writers[format](planOf(tried, config)));
    return hasFailed ? 1 : 0;
  });
}

interface Tried {
  readonly run: StreamRun;
  readonly estimate?: Estimate;
  readonly error?: unknown;
  readonly why?: string;
}

async function tryEstimate(run: StreamRun, options: EstimateOptions, log: Log): Promise<Tried> {
  try {
    return { run, estimate: await estimate(run, options) };
  } catch (error) {
    if (endsRun(error)) throw error;
    return { run, error, why: explained(error, log, { stream: run.stream.id }) };
  }
}

/**
 * Logs what could not be estimated.
 *
 * @returns true if a stream failed that the integration has
 * @throws EveryStreamRefused
 */
function report(tried: readonly Tried[], log: Log): boolean {
  const without = tried.filter(({ estimate }) => estimate === undefined);
  if (without.length > 0 && without.length === tried.length && without.every(({ error }) => error instanceof Refused)) {
    throw new EveryStreamRefused(without.map(({ run, why = '' }) => ({ stream: run.stream.id, why })));
  }
  let hasFailed = false;
  for (const { run, error, why } of without) {
    const stream = run.stream.id;
    if (mayBeLacking(error, run.facts) && run.start.reached === undefined) {
      log('WARNING', `${stream}: not available to this integration: Paystack ${why}`, { stream });
    } else {
      hasFailed = true;
      log('ERROR', `${stream}: ${error instanceof ForeseenError ? 'Paystack ' : ''}${why}`, { stream });
    }
  }
  return hasFailed;
}

/** The streams that share an endpoint share its quota; endpoints do not wait for each other. */
function planOf(tried: readonly Tried[], { allowance }: Config): Plan {
  const estimates = tried.flatMap(({ estimate }) => estimate ?? []);
  const perMinute = allowance.requests;
  const together = new Map<string, number>();
  for (const { requests } of estimates) {
    for (const [endpoint, count] of requests) together.set(endpoint, (together.get(endpoint) ?? 0) + count);
  }
  return {
    streams: tried.map(({ run, estimate }) => ({ stream: run.stream.id, ...lineOf(estimate, perMinute) })),
    all: {
      records: estimates.reduce((sum, { records }) => sum + (records ?? 0), 0),
      requests: sumOf(together),
      minutes: minutesOf(together, perMinute),
      at_least: estimates.some(({ records, isLeast }) => isLeast || records === undefined),
    },
    requests_per_minute: perMinute,
  };
}

function lineOf(estimate: Estimate | undefined, perMinute: number): Omit<Line, 'stream'> {
  if (estimate === undefined) return { records: null, requests: null, minutes: null, at_least: false };
  const { records, requests, isLeast } = estimate;
  const minutes = minutesOf(requests, perMinute);
  return { records: records ?? null, requests: sumOf(requests), minutes, at_least: isLeast };
}

function sumOf(counts: ReadonlyMap<string, number>): number {
  return [...counts.values()].reduce((sum, count) => sum + count, 0);
}

/** As many requests as the quota allows start at once, as many a minute later, and so on. */
function minutesOf(requests: ReadonlyMap<string, number>, perMinute: number): number {
  return Math.max(0, ...[...requests.values()].map((count) => Math.floor((count - 1) / perMinute)));
}

const columns = ['stream', 'records', 'requests', 'minutes'] as const;

function cellsOf({ streams, all }: Plan): string[][] {
  return [...streams, { stream: 'all', ...all }].map(({ stream, records, requests, minutes, at_least }) => {
    const more = at_least ? '+' : '';
    const minutesText = minutes === 0 ? '< 1' : figure(minutes, more);
    return [stream, figure(records, stream === 'all' ? more : ''), figure(requests, more), minutesText];
  });
}

/** A plus stands behind what may be much more. */
function figure(count: number | null, more: string): string {
  return count === null ? '?' : `${grouped(count)}${more}`;
}

function noteOf({ requests_per_minute }: Plan): string {
  return `At ${counted(requests_per_minute, 'request')} a minute to each endpoint, which is what minutes are counted by.`;
}

function jsonText(plan: Plan): string {
  return JSON.stringify(plan, null, 2);
}

function markdownText(plan: Plan): string {
  return `${markdownTable(columns, cellsOf(plan))}\n\n${noteOf(plan)}`;
}

function plainText(plan: Plan): string {
  const rows = [[...columns], ...cellsOf(plan)];
  const widths = columns.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  const lines = rows.map((row) =>
    row.map((cell, column) => (column === 0 ? cell.padEnd(widths[0]!) : cell.padStart(widths[column]!))).join('  '),
  );
  return [...lines, '', noteOf(plan)].join('\n');
}
