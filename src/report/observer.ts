/** What a run reports while it goes on, to those who count (metrics) or show it (a display). Nothing depends on them. */

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
  /** A stream is read and written, as far as it goes. */
  ended(stream: string, outcome: StreamEnd): void;
}

export interface AskedRequest {
  readonly endpoint: string;
  /** Undefined if there was no answer. */
  readonly status: number | undefined;
  /** The answer came whole, and is none that says that something failed. */
  readonly succeeded: boolean;
  readonly durationMs: number;
  /** Requests left in the endpoint's window, where its answers say so. */
  readonly quotaLeft: number | undefined;
}

export interface StreamEnd {
  readonly succeeded: boolean;
  readonly durationMs: number;
}

/** Reports to several observers as to one. */
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
