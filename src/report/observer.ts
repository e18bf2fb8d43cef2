/** What a run tells while it goes on, to those who count (metrics) or show it (a display). Nothing depends on them. */

export interface Observer {
  /** A request has come to its end. */
  asked(request: AskedRequest): void;
  /** An answer said how many records a stream's list holds, or a range of it. */
  announced(stream: string, total: number): void;
  /** Records of a stream have been written. */
  wrote(stream: string, records: number): void;
  /** A stream is read and written, as far as it goes. */
  ended(stream: string, outcome: Outcome): void;
}

export interface AskedRequest {
  readonly endpoint: string;
  /** Undefined if there was no answer. */
  readonly status: number | undefined;
  /** The answer came whole, and is none that says that something failed. */
  readonly succeeded: boolean;
  readonly durationMs: number;
  /** Requests left in the endpoint's window, where its answers tell. */
  readonly quotaLeft: number | undefined;
}

export interface Outcome {
  readonly succeeded: boolean;
  readonly durationMs: number;
}

/** Tells several observers as one. */
export function observers(all: readonly Observer[]): Observer {
  return {
    asked: (request) => {
      for (const one of all) one.asked(request);
    },
    announced: (stream, total) => {
      for (const one of all) one.announced(stream, total);
    },
    wrote: (stream, records) => {
      for (const one of all) one.wrote(stream, records);
    },
    ended: (stream, outcome) => {
      for (const one of all) one.ended(stream, outcome);
    },
  };
}
