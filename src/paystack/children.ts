/**
 * Reads the lists that hang under the records of another list: the transactions of each settlement, say.
 *
 * The parents are read for the children's own sake, with the children's own bookmark, whether the parent stream is
 * selected or not. That costs the parent's pages twice where both are, which is little beside a request for each
 * parent, and it makes the two streams independent: either can be added, reset or interrupted alone.
 */
import { inOrder, toAsync } from '../prefetch.ts';
import { Refused } from './errors.ts';
import type { List } from './list.ts';
import { newTally, type Reading, readList, type Tally } from './reader.ts';

/** The fields of a parent record that its children need, as JSON text. */
export type Parent = Readonly<Record<string, string>>;

/**
 * @param parents the readings of the parent list
 * @param open the list of a parent's children, whose rows carry what they get from the parent
 * @returns the children's rows in the order of their parents; `covered` as the parents are
 */
export async function* readChildren<Content>(
  parents: AsyncIterable<Reading<Parent>>,
  open: (parent: Parent) => List<Content>,
  ahead: () => number,
  tally: Tally,
): AsyncGenerator<Reading<Content>, void, undefined> {
  let isWhole = true;
  for await (const reading of parents) {
    if (reading.kind === 'covered') {
      yield { ...reading, isWhole: reading.isWhole && isWhole };
      continue;
    }
    const tasks = reading.rows.map((parent) => () => firstReadings(open(parent.content), tally));
    for await (const { first, rest } of inOrder(toAsync(tasks), ahead)) {
      for (const child of first) if (child.kind === 'rows') yield child;
      for await (const child of rest) {
        if (child.kind === 'rows') yield child;
        else isWhole &&= child.isWhole;
      }
    }
  }
}

/** Reads the first page of a list, and leaves the rest to be read in turn: one parent may have very many children. */
async function firstReadings<Content>(
  list: List<Content>,
  tally: Tally,
): Promise<{ first: readonly Reading<Content>[]; rest: AsyncIterable<Reading<Content>> }> {
  const own = newTally();
  const readings = readList(list, undefined, () => 1, own);
  try {
    const first = await readings.next();
    return { first: first.done ? [] : [first.value], rest: summed(readings, own, tally) };
  } catch (error) {
    // A parent that is gone by now has no children to tell.
    if (error instanceof Refused && error.isPaystacks && error.status === 404) return { first: [], rest: toAsync([]) };
    throw error;
  }
}

async function* summed<Content>(
  readings: AsyncIterable<Reading<Content>>,
  own: Tally,
  tally: Tally,
): AsyncGenerator<Reading<Content>, void, undefined> {
  yield* readings;
  for (const name of Object.keys(own) as (keyof Tally)[]) tally[name] += own[name];
}
