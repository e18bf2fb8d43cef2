/**
 * When an answer is read: not as soon as it has come, but in a turn of the event loop of its own.
 *
 * To read a page takes some ten milliseconds, in which the process does nothing else. Answers come in bunches. If each were
 * read at once, those behind it would wait in their sockets, and what could be asked in their place would not be. Between two
 * turns, what has come is taken in, and the next requests are sent (500 pages at 200 ms: a sixth of the time, measured).
 */
export type ReadingTurn = () => Promise<void>;

/** Turns, in the order in which they were asked for. */
export function createReadingTurns(): ReadingTurn {
  let last = Promise.resolve();
  return () => {
    last = last.then(() => new Promise((resolve) => setImmediate(resolve)));
    return last;
  };
}
