/** Counts the requests, retries and waits of a run, for its summary. */
import type { Observer } from './observer.ts';

export interface Counts {
  readonly requests: number;
  /** Requests that were made again. */
  readonly retries: number;
  /** Times an endpoint waited for its quota. */
  readonly waits: number;
}

export function createCounter(): Observer & { counts(): Counts } {
  let [requests, retries, waits] = [0, 0, 0];
  return {
    asked: () => {
      requests++;
    },
    retried: () => {
      retries++;
    },
    waiting: () => {
      waits++;
    },
    announced: () => {},
    wrote: () => {},
    ended: () => {},
    counts: () => ({ requests, retries, waits }),
  };
}
