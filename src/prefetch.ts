/** Work done ahead of its consumer: concurrent, bounded, and given in order. Knows nothing of what the work is. */

/**
 * Runs tasks ahead and gives their results in the order of the tasks.
 *
 * The source is asked for the next task as soon as there is room, so it may take its time. A task that fails ends the
 * results at its place. When the consumer leaves, no further task is started; those that run are left to their own.
 *
 * @param ahead how many tasks may be running or waiting to be taken; asked again before each start
 */
export async function* inOrder<Result>(
  tasks: AsyncIterable<() => Promise<Result>>,
  ahead: () => number,
): AsyncGenerator<Result, void, undefined> {
  const running: Promise<Result>[] = [];
  const source = tasks[Symbol.asyncIterator]();
  let ended = false;
  let left = false;
  const started = signalling();
  const taken = signalling();

  async function startTasks(): Promise<void> {
    try {
      while (!left) {
        while (running.length >= ahead() && !left) await taken.next();
        const task = await source.next();
        if (task.done || left) return;
        running.push(quiet(task.value()));
        started.signal();
      }
    } finally {
      ended = true;
      started.signal();
    }
  }

  const starting = quiet(startTasks());
  try {
    for (;;) {
      while (running.length === 0 && !ended) await started.next();
      if (running.length === 0) {
        await starting; // Throws what the source threw.
        return;
      }
      const result = await running[0]!;
      void running.shift();
      taken.signal();
      yield result;
    }
  } finally {
    left = true;
    taken.signal();
    void quiet(Promise.resolve(source.return?.()));
  }
}

/** Asks a source for its next item while the last one is still being used. */
export async function* lookahead<Item>(source: AsyncIterable<Item>): AsyncGenerator<Item, void, undefined> {
  const items = source[Symbol.asyncIterator]();
  let next = quiet(items.next());
  try {
    for (;;) {
      const item = await next;
      if (item.done) return;
      next = quiet(items.next());
      yield item.value;
    }
  } finally {
    void quiet(Promise.resolve(items.return?.()));
  }
}

/** Items that are there already, as a source. */
export async function* toAsync<Item>(items: Iterable<Item>): AsyncGenerator<Item, void, undefined> {
  yield* items;
}

/** The same promise, whose failure is no event of its own: whoever awaits it learns of it. */
export function quiet<Value>(promise: Promise<Value>): Promise<Value> {
  promise.catch(() => {});
  return promise;
}

/** A condition that one side waits for and the other signals. A signal without a waiter is kept. */
function signalling(): { next(): Promise<void>; signal(): void } {
  let wake: (() => void) | undefined;
  let signalled = false;
  return {
    next: () =>
      new Promise((resolve) => {
        if (signalled) resolve();
        else wake = resolve;
        signalled = false;
      }),
    signal: () => {
      signalled = wake === undefined;
      wake?.();
      wake = undefined;
    },
  };
}
