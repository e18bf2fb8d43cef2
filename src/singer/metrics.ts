/** Metrics as singer-python logs them, for the tools that read them from its log lines. */

export interface Metric {
  readonly type: 'counter' | 'timer';
  readonly metric: 'record_count' | 'http_request_duration' | 'job_duration';
  /** Records, or seconds. */
  readonly value: number;
  readonly tags: Readonly<Record<string, string | number>>;
}

/** The text of a log line at level INFO. */
export function metricText(metric: Metric): string {
  return `METRIC: ${JSON.stringify(metric)}`;
}
