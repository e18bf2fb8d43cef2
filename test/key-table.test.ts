/** What a receipt remembers of a run: the last version of each key, exact, in little memory. */
import t from 'tap';
import { createKeyTable, type Version } from '../src/sync/key-table.ts';

const version = (...amounts: Version['amounts']): Version => ({ created: 1, currency: '"NGN"', amounts });

t.test('it keeps the last version of each key, exact, however many there are', async (t) => {
  const table = createKeyTable(2);
  const currencies = ['"NGN"', '"GHS"', 'null'];
  const last = new Map<string, Version>();
  for (let turn = 0; turn < 2500; turn++) {
    const key = String((turn * 7919) % 1501);
    const amount = turn % 5 === 0 ? 2n ** 62n + BigInt(turn) : turn % 7 === 0 ? undefined : BigInt(-turn);
    const put = { created: turn, currency: currencies[turn % 3]!, amounts: [amount, BigInt(turn)] };
    if (!table.put(key, put)) t.fail('no room');
    last.set(key, put);
  }
  t.strictSame(new Map(table.versions()), last);
});

t.test('an amount that a double cannot carry is exact, and so is what comes after it', async (t) => {
  const amounts = [
    2n ** 53n - 1n,
    2n ** 53n + 1n,
    -(2n ** 53n) - 1n,
    2n ** 64n - 1n,
    0n,
    2n ** 63n - 1n,
    undefined,
    5n,
  ];
  const table = createKeyTable(2);
  for (const amount of amounts) {
    table.put('1', version(amount, 3n));
    t.strictSame([...table.versions()], [['1', version(amount, 3n)]]);
    table.put('1', version(3n, amount));
    t.strictSame([...table.versions()], [['1', version(3n, amount)]]);
  }
});

t.test('a record may have no amounts, and no date', async (t) => {
  const table = createKeyTable(0);
  const put = { created: Number.NaN, currency: 'null', amounts: [] };
  t.equal(table.put('"a"', put), true);
  t.strictSame([...table.versions()], [['"a"', put]]);
});

t.test('where there is no room for a new key it is refused, and what is there can still change', async (t) => {
  const table = createKeyTable(1, 2);
  t.strictSame(
    ['1', '2', '3', '2'].map((key) => table.put(key, version(BigInt(key)))),
    [true, true, false, true],
  );
  table.put('2', version(20n));
  t.strictSame(
    new Map(table.versions()),
    new Map([
      ['1', version(1n)],
      ['2', version(20n)],
    ]),
  );
});

t.test('there are so many currencies, and no more', async (t) => {
  const table = createKeyTable(1);
  const refused: number[] = [];
  for (let index = 0; index < 10_002; index++) {
    const isTaken = table.put('1', { ...version(1n), currency: `"${index}"` });
    if (!isTaken) refused.push(index);
  }
  t.strictSame(refused, [10_000, 10_001]);
  t.equal(table.put('1', { ...version(1n), currency: '"0"' }), true, 'a known one is taken');
});
