/**
 * Who may write. Streams are read in parallel, and their records written in contiguous runs, since some targets flush
 * or open a new file at every change of stream: whoever wrote last and has more at once goes on, else the earliest
 * stream that has something.
 */
export interface WriterTurns {
  /** Waits for the turn of a stream, runs the work, and gives the turn away. */
  take<Result>(rank: number, work: () => Promise<Result>): Promise<Result>;
}

export function createWriterTurns(): WriterTurns {
  const waiting: { rank: number; go: () => void }[] = [];
  let isTaken = false;
  let last: number | undefined;

  function next(): void {
    if (waiting.length === 0) {
      isTaken = false;
      return;
    }
    const again = waiting.findIndex(({ rank }) => rank === last);
    const ranks = waiting.map(({ rank }) => rank);
    const [turn] = waiting.splice(again === -1 ? ranks.indexOf(Math.min(...ranks)) : again, 1);
    last = turn!.rank;
    turn!.go();
  }

  return {
    async take(rank, work) {
      if (isTaken) await new Promise<void>((go) => waiting.push({ rank, go }));
      else {
        isTaken = true;
        last = rank;
      }
      try {
        return await work();
      } finally {
        // Not at once: what this stream has ready comes back for its turn within the microtasks before.
        setImmediate(next);
      }
    },
  };
}
