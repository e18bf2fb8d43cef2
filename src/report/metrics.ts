/**
 * Metrics as singer-python logs them, for the tools that read them from its log lines: `INFO METRIC: {…}`.
 *
 * Counters are deltas: their sum over a stream is what was written of it. They are logged every minute while something
 * is counted, and at the end of a stream.
 *
 * singer-python logs the time of every request at INFO. A first sync has tens of thousands, so here each one is logged at
 * DEBUG. At INFO stand the number of requests since the last line (`http_request_count`, a name of the Meltano SDK's) and
 * their average time, under the tags that each of them would have had.
 */
import type { Clock } from '../clock.ts';
import type { Log } from './log.ts';
import type { AskedRequest, Observer } from './observer.ts';

interface Metric {
  readonly type: 'counter' | 'timer';
  readonly metric: 'record_count' | 'http_request_count' | 'http_request_duration' | 'job_duration';
  /** How many, or seconds. */
  readonly value: number;
  readonly tags: Tags;
}

type Tags = Readonly<Record<string, string | number>> & { readonly endpoint: string };

/** What was counted of an endpoint since it was last logged. */
interface Count {
  records: number;
  /** Under their status, as text. */
  readonly requests: Map<string, { readonly tags: Tags; count: number; seconds: number }>;
}

const intervalMs = 60_000;

export interface Meter extends Observer {
  /** Logs what is left. Children ask for pages of their parents after the parents' own stream has ended. */
  flush(): void;
  stop(): void;
}

/** @param level of what is logged at intervals and at the end of a stream */
export function createMeter(clock: Clock, log: Log, level: 'DEBUG' | 'INFO' = 'INFO'): Meter {
  const counts = new Map<string, Count>();
  let cancelTick = clock.after(intervalMs, tick);

  function countOf(endpoint: string): Count {
    let count = counts.get(endpoint);
    if (count === undefined) {
      count = { records: 0, requests: new Map() };
      counts.set(endpoint, count);
    }
    return count;
  }

  function tick(): void {
    cancelTick = clock.after(intervalMs, tick);
    flush();
  }

  function flush(): void {
    for (const [endpoint, { records }] of counts) {
      if (records > 0) logRecords(endpoint);
      logRequests(endpoint);
    }
  }

  function logRecords(endpoint: string): void {
    const count = countOf(endpoint);
    write(level, { type: 'counter', metric: 'record_count', value: count.records, tags: { endpoint } });
    count.records = 0;
  }

  function logRequests(endpoint: string): void {
    const { requests } = countOf(endpoint);
    for (const { tags, count, seconds } of requests.values()) {
      write(level, { type: 'counter', metric: 'http_request_count', value: count, tags });
      write(level, { type: 'timer', metric: 'http_request_duration', value: rounded(seconds / count), tags });
    }
    requests.clear();
  }

  function write(at: 'DEBUG' | 'INFO', metric: Metric): void {
    log(at, `METRIC: ${JSON.stringify(metric)}`, { stream: metric.tags.endpoint, metric });
  }

  return {
    asked: (request) => {
      const { requests } = countOf(request.endpoint);
      const tags = tagsOf(request);
      const seconds = request.durationMs / 1000;
      write('DEBUG', { type: 'timer', metric: 'http_request_duration', value: seconds, tags });
      const key = `${tags['http_status_code']} ${tags['status']}`;
      const before = requests.get(key) ?? { tags, count: 0, seconds: 0 };
      requests.set(key, { tags, count: before.count + 1, seconds: before.seconds + seconds });
    },
    retried: () => {},
    waiting: () => {},
    announced: () => {},
    wrote: (stream, records) => {
      countOf(stream).records += records;
    },
    ended: (stream, { succeeded, durationMs }) => {
      logRecords(stream);
      logRequests(stream);
      const tags = { endpoint: stream, status: statusOf(succeeded) };
      write(level, { type: 'timer', metric: 'job_duration', value: durationMs / 1000, tags });
    },
    flush,
    stop: () => cancelTick(),
  };
}

function tagsOf({ endpoint, status, succeeded }: AskedRequest): Tags {
  return { endpoint, ...(status !== undefined && { http_status_code: status }), status: statusOf(succeeded) };
}

function statusOf(succeeded: boolean): string {
  return succeeded ? 'succeeded' : 'failed';
}

/** To the millisecond, which is what the clock shows. */
function rounded(seconds: number): number {
  return Math.round(seconds * 1000) / 1000;
}
