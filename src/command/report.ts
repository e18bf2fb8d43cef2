/**
 * `--report`: the receipt of a run as a JSON file. What its figures mean is said at the head of `sync/receipt.ts`.
 *
 * Sums are strings, since many readers of JSON round a number beyond 2 ** 53.
 */
import type { Clock } from '../clock.ts';
import { messageOf } from '../errors.ts';
import { packageVersion } from '../package.ts';
import { clean, type Log } from '../report/log.ts';
import type { Figures, Receipts, StreamReceipt } from '../sync/receipt.ts';
import { receiptSql } from './receipt-sql.ts';
import type { ReportFile } from './report-file.ts';

/** How the run ended: everything is whole, a stream is not, it was stopped by a signal, or it broke off. */
export type Outcome = 'complete' | 'incomplete' | 'stopped' | 'failed';

export interface Report {
  /**
   * Writes the file. To be called once.
   *
   * @throws UserError if it cannot be written
   */
  end(outcome: Outcome, reason?: unknown): void;
}

/**
 * Prepares the report of a run. A run that is made to end at once writes it on its way out.
 *
 * @param file the one that is to hold it
 */
export function openReport(file: ReportFile, receipts: Receipts, clock: Clock, log: Log): Report {
  const startedAt = clock.now();
  const end = (outcome: Outcome, reason?: unknown) => {
    process.off('exit', onExit);
    const content = {
      ...{ tap: `tap-paystack ${packageVersion()}`, started_at: dateOf(startedAt), ended_at: dateOf(clock.now()) },
      ...{ outcome, reason: reason === undefined ? null : clean(messageOf(reason)) },
      state: receipts.state() ?? null,
      streams: receipts.streams().map(streamJson),
    };
    file.write(`${JSON.stringify(content, null, 2)}\n`);
    log('INFO', `the receipt of this run is in ${file.path}`);
  };
  /* c8 ignore start: coverage is written before it runs; a test has a run killed that hangs. */
  const onExit = () => {
    try {
      end('stopped', 'the run had no time to end');
    } catch (error) {
      log('CRITICAL', messageOf(error));
    }
  };
  /* c8 ignore stop */
  process.on('exit', onExit);
  return { end };
}

function streamJson(receipt: StreamReceipt): object {
  const { stream, written, figures, columns, parts, unasked, isExact, failure } = receipt;
  const { created, currency, amounts } = columns;
  return {
    ...{ stream, is_whole: isExact, failure: failure === undefined ? null : clean(failure), written },
    ...(figures === undefined ? { note: 'more keys than a receipt can hold' } : figuresJson(figures)),
    columns: { created: created ?? null, currency: currency ?? null, amounts },
    ...(unasked > 0 && { not_asked: unasked }),
    checks: parts.map((part) => ({
      ...{ scope: part.scope, ...figuresJson(part) },
      sql: { quoted: receiptSql(receipt, part, 'quoted'), folded: receiptSql(receipt, part, 'folded') },
    })),
  };
}

/** The figures as JSON, also for the log. */
export function figuresJson({ keys, first, last, totals }: Figures): object {
  return {
    ...{ keys, first_created: first ?? null, last_created: last ?? null },
    totals: totals.map(({ currency, keys: own, sums }) => ({
      ...(currency !== undefined && { currency }),
      keys: own,
      sums: Object.fromEntries([...sums].map(([name, sum]) => [name, String(sum)])),
    })),
  };
}

function dateOf(ms: number): string {
  return new Date(ms).toISOString();
}
