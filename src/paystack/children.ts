/**
 * Reads the lists that hang under the records of another list: the transactions of each settlement, say.
 *
 * The parents are read for the children's own sake, with the children's own bookmark, whether the parent stream is
 * selected or not. That costs the parent's pages twice where both are, which is little beside a request for each
 * parent, and it makes the two streams independent: either can be added, reset or interrupted alone.
 *
 * The parents of a window are read first and visited from the oldest on, so that a run that breaks off has got somewhere:
 * behind every few of them it is said how far everything has been read. A parent whose children cannot be read keeps none
 * of the others from being visited.
 */
import { ForeseenError, messageOf } from '../errors.ts';
import { inOrder, toAsync } from '../prefetch.ts';
import { NoAnswer } from './errors.ts';
import { newTally, type Tally, type Wanted } from './ledger.ts';
import type { List, Row } from './list.ts';
import { readList } from './reader.ts';
import type { Covered, Reading, Readings } from './reading.ts';
import { midnightBefore, type Span } from './windows.ts';

/** The fields of a parent record that its children need, as JSON text. */
export type Parent = Readonly<Record<string, string>>;

export interface ChildOptions<Content> {
  /** The list of a parent's children, whose rows carry what they get from the parent. */
  readonly open: (parent: Parent) => List<Content>;
  /** False for a parent that need not be visited: it was read beside others. */
  readonly isVisited: (parent: Row<Parent>) => boolean;
  /** How a list of children is read. */
  readonly wanted: Omit<Wanted, 'isWanted'>;
  /** Parents that may be asked for at once, asked again before each. */
  readonly ahead: () => number;
  readonly tally: Tally;
}

/** Visited parents behind which it is said how far everything is read. */
const parentsBetween = 10;

/** Parents in a row that get no answer, which takes minutes each, until the others are not tried any more. */
const maxSilent = 3;

/** Failed parents that are named. */
const maxNamed = 5;

/** What came of the parents so far. */
interface Visits {
  answered: number;
  silentInARow: number;
  /** The midnights before the creation of the parents that failed, by their keys. */
  readonly failed: Map<string, number>;
  firstError: unknown;
  isWhole: boolean;
}

/**
 * @param parents the readings of the parent list
 * @returns the children's rows in the order of their parents; how far they are read is as of the parents
 * @throws what the parents' reading throws; of the children's what concerns more than one parent
 */
export async function* readChildren<Content>(
  parents: AsyncIterable<Reading<Parent>>,
  options: ChildOptions<Content>,
): Readings<Content> {
  const visits: Visits = { answered: 0, silentInARow: 0, failed: new Map(), firstError: undefined, isWhole: true };
  let waiting: Row<Parent>[] = [];
  for await (const reading of parents) {
    if (reading.kind === 'rows') {
      waiting.push(...reading.rows.filter(options.isVisited));
      reading.release();
      continue;
    }
    yield* visit(waiting.toSorted(byCreation), reading, visits, options);
    waiting = [];
  }
  if (visits.answered === 0 && visits.firstError !== undefined) throw visits.firstError;
}

/** Oldest first; those without a date at the end. */
function byCreation({ created: one }: Row<Parent>, { created: other }: Row<Parent>): number {
  return (
    (Number.isNaN(one) ? Number.POSITIVE_INFINITY : one) - (Number.isNaN(other) ? Number.POSITIVE_INFINITY : other) || 0
  );
}

async function* visit<Content>(
  parents: readonly Row<Parent>[],
  whole: Covered,
  visits: Visits,
  options: ChildOptions<Content>,
): Readings<Content> {
  const { ahead, tally } = options;
  const tasks = parents.map((parent, index) => async () => ({ parent, index, ...(await begin(parent, options)) }));
  let since = 0;
  for await (const { parent, index, path, first, readings, own, error } of inOrder(toAsync(tasks), ahead)) {
    try {
      if (error !== undefined) throw error;
      yield first!;
      for await (const reading of readings) {
        if (reading.kind === 'rows') yield reading;
        else visits.isWhole &&= reading.isWhole;
      }
      visits.answered++;
      visits.silentInARow = 0;
    } catch (failure) {
      noteFailure(failure, parent, path, visits, tally);
    } finally {
      add(tally, own);
    }
    const next = parents[index + 1];
    if (++since >= parentsBetween && next !== undefined && next.created > parent.created && visits.answered > 0) {
      since = 0;
      yield progress(whole, parent, next, visits);
    }
  }
  const { failed } = visits;
  yield { ...whole, isWhole: whole.isWhole && visits.isWhole, failed: new Map(failed) };
}

/** How far everything is read once a parent has been visited. */
function progress(whole: Covered, parent: Row<Parent>, next: Row<Parent>, { isWhole, failed }: Visits): Covered {
  const open = new Map([...whole.open].filter(([, day]) => day <= parent.created));
  return {
    ...{ kind: 'covered', spans: spansBefore(next.created, whole), newest: parent.created },
    ...{ isWhole: isWhole && whole.isWhole, open, failed: new Map(failed) },
  };
}

/** The spans up to a time; of the first, at least its beginning. */
function spansBefore(until: number, { spans }: Covered): readonly Span[] {
  const before = spans.filter(({ from }) => from < until).map(({ from, to }) => ({ from, to: Math.min(to, until) }));
  return before.length > 0 ? before : [{ from: spans[0]!.from, to: until }];
}

/** Reads the first page of a parent's children, and leaves the rest to be read in turn: one may have very many. */
async function begin<Content>(parent: Row<Parent>, { open, wanted }: ChildOptions<Content>) {
  const own = newTally();
  const list = open(parent.content);
  const readings = readList(list, wanted, () => 1, own);
  try {
    const { value: first } = await readings.next();
    return { path: list.path, first: first!, readings, own, error: undefined };
  } catch (error) {
    return { path: list.path, first: undefined, readings, own, error };
  }
}

/** @throws the error, if it is none of this parent alone */
function noteFailure(error: unknown, parent: Row<Parent>, path: string, visits: Visits, tally: Tally): void {
  if (!(error instanceof ForeseenError) || error.remedy !== 'end the stream') throw error;
  visits.silentInARow = error instanceof NoAnswer ? visits.silentInARow + 1 : 0;
  if (visits.silentInARow === maxSilent) throw error;
  visits.firstError ??= error;
  // Without a date it cannot be remembered.
  if (Number.isNaN(parent.created)) visits.isWhole = false;
  else visits.failed.set(parent.key, midnightBefore(parent.created));
  tally.failures++;
  if (tally.failedParents.length < maxNamed) tally.failedParents.push(`${path} (${messageOf(error)})`);
}

function add(tally: Tally, { failedParents: _, disproved, ...counts }: Tally): void {
  tally.disproved ??= disproved;
  for (const name of Object.keys(counts) as (keyof typeof counts)[]) tally[name] += counts[name];
}
