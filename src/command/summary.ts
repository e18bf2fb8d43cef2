/** The end of a sync in the log: the drift, the streams that are not whole, and one last line with the totals. */
import type { Counts } from '../report/counter.ts';
import type { Log } from '../report/log.ts';
import type { StreamReceipt } from '../sync/receipt.ts';
import type { Summary } from '../sync/sync.ts';
import { counted } from '../words.ts';
import { figuresJson } from './report.ts';

/** The totals stand in the last line, which an orchestrator keeps. Where the log is JSON, they are fields of it. */
export function logSummary(
  { streams, drift }: Summary,
  receipts: readonly StreamReceipt[],
  counts: Counts,
  durationMs: number,
  log: Log,
): void {
  for (const { stream, field, type, count } of drift) {
    log('WARNING', `drift: ${stream}.${field} came as ${type} ${counted(count, 'time')}; it is in _extra`, { stream });
  }
  const sum = (value: (stream: Summary['streams'][number]) => number) =>
    streams.reduce((all, stream) => all + value(stream), 0);
  const failed = streams.filter(({ failure }) => failure !== undefined).map(({ stream }) => stream);
  const summary = {
    streams: streams.length,
    records: sum(({ written }) => written),
    announced: sum(({ tally }) => tally.announced),
    ...counts,
    windows_read_again: sum(({ tally }) => tally.reread),
    drift: drift.length,
    failures: failed,
    // What a receipt knows beside costs memory, so it is here only where one is wanted.
    by_stream: Object.fromEntries(
      streams.map(({ stream, written }) => {
        const figures = receipts.find((receipt) => receipt.stream === stream)?.figures;
        return [stream, { written, ...(figures && figuresJson(figures)) }];
      }),
    ),
    seconds: Number((durationMs / 1000).toFixed(1)),
  };
  const { requests, retries, waits, windows_read_again, seconds } = summary;
  const notes = [
    counted(requests, 'request'),
    retries > 0 && `${retries} made again`,
    waits > 0 && `${counted(waits, 'wait')} for the quota`,
    windows_read_again > 0 && `${counted(windows_read_again, 'window')} read again`,
    drift.length > 0 && `${counted(drift.length, 'field')} drifted`,
  ].filter(Boolean);
  if (failed.length > 0) log('CRITICAL', `not whole: ${failed.join(', ')}; the next run reads them again`);
  const written = `${counted(summary.records, 'record')} of ${counted(streams.length, 'stream')} written`;
  log('INFO', `${written} in ${seconds.toFixed(1)} s (${notes.join(', ')})`, { summary });
}
