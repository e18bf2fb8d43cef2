/** Time, passed in so that tests need not wait for it. Milliseconds. */
export interface Clock {
  /** Since 1970, UTC. For dates: whoever sets the machine's clock makes it jump, in either direction. */
  now(): number;
  /** Since some moment or other. For durations, pauses and bounds: it never jumps. */
  monotonic(): number;
  /** Calls back once, later; the answer cancels it. */
  after(ms: number, callback: () => void): () => void;
}

export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  after: (ms, callback) => {
    const timer = setTimeout(callback, ms);
    return () => clearTimeout(timer);
  },
};

/** Waits; rejects with the signal's reason when it is aborted first. */
export function sleep(ms: number, clock: Clock, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) return reject(signal.reason);
    const onAbort = () => {
      cancel();
      reject(signal.reason);
    };
    const cancel = clock.after(ms, () => {
      signal.removeEventListener('abort', onAbort);
      resolve();
    });
    signal.addEventListener('abort', onAbort, { once: true });
  });
}
