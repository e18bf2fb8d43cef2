import t from 'tap';
import { createWriterTurns } from '../src/sync/writer-turns.ts';
import { settle } from './support/clock.ts';

/** Takes a turn that lasts until the test ends it. */
function hold(turns: ReturnType<typeof createWriterTurns>, rank: number): { end: () => Promise<void> } {
  let end!: () => void;
  const held = turns.take(rank, () => new Promise<void>((resolve) => (end = resolve)));
  return {
    end: () => {
      end();
      return held;
    },
  };
}

t.test('a turn gives back what its work gives', async (t) => {
  const turns = createWriterTurns();
  t.equal(await turns.take(0, async () => 'done'), 'done');
  t.equal(await turns.take(0, async () => 'again'), 'again');
});

t.test('two are never at work at once', async (t) => {
  const turns = createWriterTurns();
  let working = 0;
  let most = 0;
  let done = 0;
  const writers = Array.from({ length: 8 }, async (_, rank) => {
    for (let round = 0; round < 10; round++) {
      await turns.take(rank, async () => {
        most = Math.max(most, ++working);
        for (let tick = (rank + round) % 3; tick > 0; tick--) await settle();
        working--;
        done++;
      });
      if (round % 4 === rank % 4) await settle();
    }
  });
  await Promise.all(writers);
  t.equal(most, 1);
  t.equal(done, 80);
});

t.test('whoever has more at once goes on before the others', async (t) => {
  const turns = createWriterTurns();
  const order: number[] = [];
  const write = async (rank: number, times: number) => {
    for (let time = 0; time < times; time++) {
      await turns.take(rank, async () => {
        order.push(rank);
        await settle();
      });
    }
  };
  await Promise.all([write(2, 3), write(1, 2), write(0, 2), write(3, 1)]);
  t.strictSame(order, [2, 2, 2, 0, 0, 1, 1, 3]);
});

t.test('else the lowest rank is next, whoever came first', async (t) => {
  const turns = createWriterTurns();
  const order: number[] = [];
  const first = hold(turns, 9);
  const waiting = [5, 7, 1, 3].map((rank) => turns.take(rank, async () => void order.push(rank)));
  await settle();
  t.strictSame(order, []);
  await first.end();
  await Promise.all(waiting);
  t.strictSame(order, [1, 3, 5, 7]);
});

t.test('who comes back later than at once has to wait', async (t) => {
  const turns = createWriterTurns();
  const order: number[] = [];
  const write = (rank: number) => turns.take(rank, async () => void order.push(rank));
  const first = hold(turns, 0);
  const other = write(1);
  await first.end();
  await settle();
  await settle();
  await write(0);
  await other;
  t.strictSame(order, [1, 0]);
});

t.test('of one rank, who came first goes first', async (t) => {
  const turns = createWriterTurns();
  const order: string[] = [];
  const first = hold(turns, 0);
  const waiting = ['a', 'b', 'c'].map((name) => turns.take(4, async () => void order.push(name)));
  await first.end();
  await Promise.all(waiting);
  t.strictSame(order, ['a', 'b', 'c']);
});

t.test('work that fails gives its turn away, and rejects the promise of whoever asked for it', async (t) => {
  const turns = createWriterTurns();
  const failing = turns.take(0, async () => {
    throw new Error('broken');
  });
  const throwing = turns.take(1, () => {
    throw new Error('at once');
  });
  const after = turns.take(2, async () => 'written');
  await t.rejects(failing, { message: 'broken' });
  await t.rejects(throwing, { message: 'at once' });
  t.equal(await after, 'written');
});
