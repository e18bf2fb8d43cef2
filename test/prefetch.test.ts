import { deepStrictEqual } from 'node:assert/strict';
import fc from 'fast-check';
import t from 'tap';
import { inOrder, lookahead } from '../src/prefetch.ts';
import { settle } from './support/clock.ts';

interface Task {
  readonly run: () => Promise<string>;
  readonly finish: (result: string) => void;
  readonly fail: (error: Error) => void;
  isStarted: boolean;
}

/** A task that runs until the test ends it. */
function newTask(): Task {
  let finish!: Task['finish'];
  let fail!: Task['fail'];
  const end = new Promise<string>((resolve, reject) => {
    finish = resolve;
    fail = reject;
  });
  end.catch(() => {});
  const task: Task = {
    isStarted: false,
    run: () => {
      task.isStarted = true;
      return end.then((result) => result);
    },
    finish,
    fail,
  };
  return task;
}

function newTasks(count: number): Task[] {
  return Array.from({ length: count }, newTask);
}

async function* runsOf(tasks: readonly Task[]): AsyncGenerator<() => Promise<string>> {
  for (const { run } of tasks) yield run;
}

const started = (tasks: readonly Task[]) => tasks.filter(({ isStarted }) => isStarted).length;

async function collect<Item>(source: AsyncIterable<Item>): Promise<Item[]> {
  const items: Item[] = [];
  for await (const item of source) items.push(item);
  return items;
}

const unhandled: unknown[] = [];
process.on('unhandledRejection', (reason) => unhandled.push(reason));

t.test('results come in the order of the tasks, whichever ends first', async (t) => {
  const tasks = newTasks(4);
  const results = collect(inOrder(runsOf(tasks), () => 4));
  for (const at of [3, 1, 0, 2]) {
    tasks[at]!.finish(`result ${at}`);
    await settle();
  }
  t.strictSame(await results, ['result 0', 'result 1', 'result 2', 'result 3']);
});

t.test('no tasks, no results', async (t) => {
  t.strictSame(await collect(inOrder(runsOf([]), () => 4)), []);
});

t.test('no more tasks run or wait to be taken than allowed', async (t) => {
  const tasks = newTasks(10);
  const results = inOrder(runsOf(tasks), () => 3);
  const first = results.next();
  await settle();
  t.equal(started(tasks), 3);
  for (const task of tasks.slice(0, 3)) task.finish('done');
  t.strictSame(await first, { done: false, value: 'done' });
  await settle();
  t.equal(started(tasks), 4, 'a result that is taken makes room for one task');
  tasks[3]!.finish('done');
  await settle();
  t.equal(started(tasks), 4, 'tasks that have ended and wait to be taken count as well');
  await results.next();
  await settle();
  t.equal(started(tasks), 5);
  await results.return();
});

t.test('how many are allowed is asked before each start', async (t) => {
  const tasks = newTasks(20);
  for (const task of tasks) task.finish('done');
  let ahead = 4;
  const results = inOrder(runsOf(tasks), () => ahead);
  await results.next();
  await settle();
  t.equal(started(tasks), 5);
  ahead = 1;
  for (const expected of [5, 5, 5, 6, 7]) {
    await results.next();
    await settle();
    t.equal(started(tasks), expected);
  }
  ahead = 5;
  await results.next();
  await settle();
  t.equal(started(tasks), 12);
  await results.return();
});

t.test('one task at a time waits for the one before', async (t) => {
  const tasks = newTasks(3);
  const results = collect(inOrder(runsOf(tasks), () => 1));
  for (const [at, task] of tasks.entries()) {
    await settle();
    t.equal(started(tasks), at + 1);
    task.finish(`${at}`);
  }
  t.strictSame(await results, ['0', '1', '2']);
});

t.test('a failure comes at its place, after the results before it', async (t) => {
  const tasks = newTasks(4);
  const taken: string[] = [];
  const reading = (async () => {
    for await (const result of inOrder(runsOf(tasks), () => 4)) taken.push(result);
  })();
  tasks[2]!.fail(new Error('third'));
  await settle();
  tasks[3]!.fail(new Error('fourth'));
  tasks[1]!.finish('1');
  await settle();
  t.strictSame(taken, []);
  tasks[0]!.finish('0');
  await t.rejects(reading, { message: 'third' });
  t.strictSame(taken, ['0', '1']);
});

t.test('after a failure nothing more is started, and the results are over', async (t) => {
  const tasks = newTasks(10);
  const results = inOrder(runsOf(tasks), () => 2);
  const first = results.next();
  await settle();
  tasks[0]!.fail(new Error('first'));
  await t.rejects(first, { message: 'first' });
  await settle();
  for (const task of tasks) task.finish('done');
  await settle();
  t.equal(started(tasks), 2);
  t.strictSame(await results.next(), { done: true, value: undefined });
});

t.test('a task that throws at once fails like one that rejects', async (t) => {
  async function* source(): AsyncGenerator<() => Promise<string>> {
    yield async () => 'a';
    yield () => {
      throw new Error('at once');
    };
  }
  const taken: string[] = [];
  const reading = (async () => {
    for await (const result of inOrder(source(), () => 4)) taken.push(result);
  })();
  await t.rejects(reading, { message: 'at once' });
  t.strictSame(taken, ['a']);
});

t.test('a failure of the source comes after the results of the tasks it gave', async (t) => {
  const tasks = newTasks(2);
  async function* source(): AsyncGenerator<() => Promise<string>> {
    yield* runsOf(tasks);
    throw new Error('source');
  }
  const taken: string[] = [];
  const reading = (async () => {
    for await (const result of inOrder(source(), () => 4)) taken.push(result);
  })();
  await settle();
  tasks[1]!.finish('1');
  tasks[0]!.finish('0');
  await t.rejects(reading, { message: 'source' });
  t.strictSame(taken, ['0', '1']);
});

t.test('a source that fails before any task fails the results', async (t) => {
  // biome-ignore lint/correctness/useYield: it fails before it has anything to give
  async function* source(): AsyncGenerator<() => Promise<string>> {
    throw new Error('source');
  }
  await t.rejects(collect(inOrder(source(), () => 4)), { message: 'source' });
});

t.test('who leaves early stops the start of tasks and closes the source', async (t) => {
  const tasks = newTasks(10);
  let isClosed = false;
  async function* source(): AsyncGenerator<() => Promise<string>> {
    try {
      yield* runsOf(tasks);
    } finally {
      isClosed = true;
    }
  }
  for await (const result of inOrder(source(), () => {
    tasks[0]!.finish('0');
    return 3;
  })) {
    t.equal(result, '0');
    break;
  }
  await settle();
  const before = started(tasks);
  t.ok(before <= 4);
  tasks[1]!.finish('1');
  tasks[2]!.fail(new Error('nobody waits for it'));
  tasks[3]!.fail(new Error('nobody waits for it'));
  await settle();
  t.equal(started(tasks), before);
  t.ok(isClosed);
});

t.test('a task that the source gives after the consumer left is not started', async (t) => {
  const tasks = newTasks(3);
  const gate = newTask();
  async function* source(): AsyncGenerator<() => Promise<string>> {
    yield tasks[0]!.run;
    await gate.run();
    yield* runsOf(tasks.slice(1));
  }
  const results = inOrder(source(), () => 3);
  tasks[0]!.finish('0');
  await results.next();
  await results.return();
  gate.finish('open');
  await settle();
  t.equal(started(tasks), 1);
});

t.test('leaving does not wait for a source that is slow', async (t) => {
  async function* source(): AsyncGenerator<() => Promise<string>> {
    yield async () => 'a';
    await new Promise(() => {});
  }
  const results = inOrder(source(), () => 3);
  t.strictSame(await results.next(), { done: false, value: 'a' });
  t.strictSame(await results.return(), { done: true, value: undefined });
});

t.test('a result does not wait for a source that is slow', async (t) => {
  const gates = newTasks(3);
  async function* source(): AsyncGenerator<() => Promise<string>> {
    for (const [at, gate] of gates.entries()) {
      await gate.run();
      yield async () => `${at}`;
    }
  }
  const results = inOrder(source(), () => 3);
  for (const [at, gate] of gates.entries()) {
    const next = results.next();
    await settle();
    gate.finish('open');
    t.strictSame(await next, { done: false, value: `${at}` });
  }
  t.strictSame(await results.next(), { done: true, value: undefined });
});

t.test('any mix of slow and fast tasks, sources and consumers gives all results in order', async () => {
  const ticks = fc.nat(3);
  const wait = async (count: number) => {
    for (let tick = 0; tick < count; tick++) await settle();
  };
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.record({ offered: ticks, done: ticks, used: ticks }), { maxLength: 12 }),
      fc.array(fc.integer({ min: 1, max: 5 }), { minLength: 1, maxLength: 10 }),
      async (tasks, aheads) => {
        let asked = 0;
        let running = 0;
        let most = 0;
        async function* source(): AsyncGenerator<() => Promise<number>> {
          for (const [at, { offered, done }] of tasks.entries()) {
            await wait(offered);
            yield async () => {
              most = Math.max(most, ++running);
              await wait(done);
              running--;
              return at;
            };
          }
        }
        const taken: number[] = [];
        for await (const result of inOrder(source(), () => aheads[asked++ % aheads.length]!)) {
          taken.push(result);
          await wait(tasks[result]!.used);
        }
        deepStrictEqual(taken, [...tasks.keys()]);
        if (most > Math.max(...aheads)) throw new Error(`${most} tasks ran at once`);
      },
    ),
    { numRuns: 100 },
  );
});

t.test('lookahead asks for the next item while one is used, and not for the one after', async (t) => {
  const asked: number[] = [];
  async function* source(): AsyncGenerator<number> {
    for (let item = 0; item < 4; item++) {
      asked.push(item);
      yield item;
    }
  }
  const items = lookahead(source());
  t.strictSame(await items.next(), { done: false, value: 0 });
  await settle();
  t.strictSame(asked, [0, 1]);
  t.strictSame(await items.next(), { done: false, value: 1 });
  await settle();
  t.strictSame(asked, [0, 1, 2]);
  t.strictSame(await collect(items), [2, 3]);
});

t.test('lookahead gives a failure of its source at its place', async (t) => {
  async function* source(): AsyncGenerator<string> {
    yield 'a';
    yield 'b';
    throw new Error('source');
  }
  const taken: string[] = [];
  const reading = (async () => {
    for await (const item of lookahead(source())) {
      taken.push(item);
      await settle();
    }
  })();
  await t.rejects(reading, { message: 'source' });
  t.strictSame(taken, ['a', 'b']);
});

t.test('who leaves lookahead early closes its source, and does not hear of a late failure', async (t) => {
  const gate = newTask();
  let isClosed = false;
  async function* source(): AsyncGenerator<string> {
    try {
      yield 'a';
      await gate.run();
    } finally {
      isClosed = true;
    }
  }
  const items = lookahead(source());
  await items.next();
  t.strictSame(await items.return(), { done: true, value: undefined });
  gate.fail(new Error('nobody waits for it'));
  await settle();
  t.ok(isClosed);
});

t.test('lookahead of nothing is nothing', async (t) => {
  t.strictSame(await collect(lookahead(runsOf([]))), []);
});

t.test('no failure was left unhandled', async (t) => {
  await settle();
  await settle();
  t.strictSame(unhandled, []);
});
