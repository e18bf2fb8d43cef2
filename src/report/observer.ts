/** What a run reports while it goes on. Observers count it (metrics, summary) or show it (a display), and change nothing. */

export interface Observer {
  /** A request has come to its end. */
  asked(request: AskedRequest): void;
  /** A request failed, and is made again. */
  retried(endpoint: string): void;
  /** An endpoint makes no request for so long, because of its quota or because Paystack asks for it. */
  waiting(endpoint: string, ms: number): void;
  /** An answer said how many records a stream's list holds, or a range of it. */
  announced(stream: string, total: number): void;
  /** Records of a stream have been written. */
  wrote(stream: string, records: number): void;
  /** A stream has ended, whole or not. */
  ended(stream: string, outcome: StreamEnd): void;
}

export interface AskedRequest {
  readonly endpoint: string;
  /** Undefined if there was no answer. */
  readonly status: number | undefined;
  /** True for a whole answer whose status is no error. */
  readonly succeeded: boolean;
  readonly durationMs: number;
  /** Requests left in the endpoint's window, where its answers say so. */
  readonly quotaLeft: number | undefined;
}

export interface StreamEnd {
  readonly succeeded: boolean;
  readonly durationMs: number;
}

/** One observer that passes everything on to several. */
export function observers(all: readonly Observer[]): Observer {
  const each = (report: (one: Observer) => void) => {
    for (const one of all) report(one);
  };
  return {
    asked: (request) => each((one) => one.asked(request)),
    retried: (endpoint) => each((one) => one.retried(endpoint)),
    waiting: (endpoint, ms) => each((one) => one.waiting(endpoint, ms)),
    announced: (stream, total) => each((one) => one.announced(stream, total)),
    wrote: (stream, records) => each((one) => one.wrote(stream, records)),
    ended: (stream, outcome) => each((one) => one.ended(stream, outcome)),
  };
}
