/** Time that passes only when a test says so. */
import type { Clock } from '../../src/clock.ts';

export interface FakeClock extends Clock {
  /** Lets so much time pass: calls back what falls due, in order, and lets everything that follows from it settle. */
  advance(ms: number): Promise<void>;
  /** Callbacks that are still to come. */
  pending(): number;
  /** Somebody sets the machine's clock: what it shows jumps, and no time passes. */
  setBack(ms: number): void;
}

interface Timer {
  readonly at: number;
  readonly callback: () => void;
}

/** @param startMs what the clock shows at first, milliseconds since 1970 */
export function createFakeClock(startMs = Date.UTC(2024, 0, 1)): FakeClock {
  const timers = new Set<Timer>();
  /** Since a moment that has nothing to do with any date. */
  let now = 1000;
  let wallOffset = startMs - now;

  /** The timer that falls due first; of several at once the one that was set first, since a set keeps their order. */
  function nextDue(until: number): Timer | undefined {
    let next: Timer | undefined;
    for (const timer of timers) {
      if (timer.at <= until && (next === undefined || timer.at < next.at)) next = timer;
    }
    return next;
  }

  return {
    now: () => now + wallOffset,
    monotonic: () => now,
    setBack: (ms) => {
      wallOffset -= ms;
    },
    after: (ms, callback) => {
      const timer = { at: now + Math.max(0, ms), callback };
      timers.add(timer);
      return () => timers.delete(timer);
    },
    pending: () => timers.size,
    advance: async (ms) => {
      const until = now + ms;
      await settle();
      for (let timer = nextDue(until); timer !== undefined; timer = nextDue(until)) {
        timers.delete(timer);
        now = timer.at;
        timer.callback();
        await settle();
      }
      now = until;
    },
  };
}

/** Turns of the event loop in which answers that came together are read, one in each. */
const turns = 20;

/** Waits until all that can go on without time passing has gone on. */
export async function settle(): Promise<void> {
  for (let turn = 0; turn < turns; turn++) await new Promise((resolve) => setImmediate(resolve));
}

/**
 * Lets a clock drive the timers of libraries too, which are not given one.
 *
 * @returns gives the machine's own timers back
 */
export function replaceTimers(clock: FakeClock): () => void {
  const { setTimeout: set, clearTimeout: clear } = globalThis;
  const cancels = new WeakMap<object, () => void>();
  globalThis.setTimeout = ((callback: (...args: unknown[]) => void, ms = 0, ...args: unknown[]) => {
    const timer = {};
    cancels.set(
      timer,
      clock.after(ms, () => callback(...args)),
    );
    return timer;
  }) as typeof setTimeout;
  globalThis.clearTimeout = ((timer: object | undefined) => {
    if (timer !== undefined) cancels.get(timer)?.();
  }) as typeof clearTimeout;
  return () => Object.assign(globalThis, { setTimeout: set, clearTimeout: clear });
}
