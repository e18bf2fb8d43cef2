/** Singer's state: where each stream resumes. Parts that the tap does not know are kept as they came. */
import { UserError } from '../errors.ts';
import { flawIn } from '../validate.ts';
import type { Shape } from '../validator.ts';
import type { CatalogEntry } from './catalog.ts';

export type Bookmark = Readonly<Record<string, unknown>>;

export interface State {
  readonly bookmarks: Readonly<Record<string, Bookmark>>;
  /** The stream whose records are being written; absent when a run is complete. */
  readonly currently_syncing?: string;
  readonly [other: string]: unknown;
}

export const stateShape: Shape = {
  $id: 'state',
  type: 'object',
  properties: {
    bookmarks: { type: ['object', 'null'], additionalProperties: { type: ['object', 'null'] } },
    currently_syncing: { type: ['string', 'null'] },
  },
};

/** What is known of a stream, to understand its bookmark. */
type Bookmarked = Pick<CatalogEntry, 'tap_stream_id' | 'replication_key'>;

/**
 * Checks a state and returns it. One that is not understood is an error: it would mean a fresh start, and all history again.
 *
 * @param streams of the tap
 * @throws UserError for what is no state, or not one of this tap, with where the bookmarks should be
 */
export function parseState(json: unknown, streams: readonly Bookmarked[] = []): State {
  const remedy = `bookmarks are written as ${exampleFor(streams, json)}`;
  if (Array.isArray(json)) throw new UserError(`it is no Singer state, but a list: ${remedy}`);
  const { type, value } = (json ?? {}) as { type?: unknown; value?: unknown };
  if (type === 'STATE' && value !== undefined) {
    throw new UserError('it is a whole STATE message: write only its "value" into the file');
  }
  const flaw = flawIn(stateShape, json);
  if (flaw !== undefined) throw new UserError(`it is no Singer state: ${flaw}; ${remedy}`);
  const { bookmarks, currently_syncing, ...others } = json as Partial<State>;
  if (!hasKeys(bookmarks)) rejectOtherPlace(others, bookmarks === undefined, streams, remedy);
  if (streams.length > 0) rejectOtherBookmarks(bookmarks ?? {}, streams, remedy);
  return { ...others, bookmarks: bookmarks ?? {}, ...(currently_syncing && { currently_syncing }) };
}

/** An example of a right state, with a stream from the user's file if it names one. */
function exampleFor(streams: readonly Bookmarked[], json: unknown): string {
  const dated = streams.filter(({ replication_key }) => replication_key !== undefined);
  const text = JSON.stringify(json);
  const stream = dated.find(({ tap_stream_id }) => text.includes(`"${tap_stream_id}"`)) ?? dated[0];
  const { tap_stream_id = 'transactions', replication_key = 'createdAt' } = stream ?? {};
  return `{"bookmarks": {"${tap_stream_id}": {"${replication_key}": "2026-01-31T00:00:00.000Z"}}}`;
}

/** Rejects a state that has no bookmarks at the top but something else: the bookmarks stand in another place. */
function rejectOtherPlace(
  others: Readonly<Record<string, unknown>>,
  hasNone: boolean,
  streams: readonly Bookmarked[],
  remedy: string,
): void {
  const path = pathToBookmarks(others, maxDepth);
  if (path !== undefined) {
    throw new UserError(`its bookmarks stand in "${path.join('.')}", and must stand at the top: ${remedy}`);
  }
  const names = Object.keys(others);
  const own = names.find((name) => streams.some(({ tap_stream_id }) => tap_stream_id === name));
  if (own !== undefined) throw new UserError(`its bookmark of "${own}" does not stand in "bookmarks": ${remedy}`);
  if (hasNone && names.length > 0) throw new UserError(`it has no "bookmarks", but ${listed(names)}: ${remedy}`);
}

/** The names on the way to an object with bookmarks that lies within others; undefined if there is none. */
function pathToBookmarks(value: unknown, depth: number): string[] | undefined {
  if (depth === 0 || typeof value !== 'object' || value === null) return undefined;
  for (const [name, inner] of Object.entries(value)) {
    if (name === 'bookmarks' && hasKeys(inner)) return [name];
    const path = pathToBookmarks(inner, depth - 1);
    if (path !== undefined) return [name, ...path];
  }
  return undefined;
}

/** Nothing that wraps a state in practice, such as Meltano's own record of it, is deeper. */
const maxDepth = 5;

/** Rejects bookmarks that are all of other streams, and those of ours that lack the replication key. */
function rejectOtherBookmarks(bookmarks: State['bookmarks'], streams: readonly Bookmarked[], remedy: string): void {
  const names = Object.keys(bookmarks);
  const known = streams.filter(({ tap_stream_id }) => Object.hasOwn(bookmarks, tap_stream_id));
  if (names.length > 0 && known.length === 0) {
    const whose = `it has no bookmark of a stream of this tap, but of ${listed(names)}`;
    throw new UserError(`${whose}: is it the state of another tap? Here ${remedy}`);
  }
  const mistakes = known.flatMap(({ tap_stream_id, replication_key }) => {
    const keys = Object.keys(bookmarks[tap_stream_id] ?? {});
    if (replication_key === undefined || keys.length === 0 || keys.includes(replication_key)) return [];
    return [`the bookmark of "${tap_stream_id}" has ${listed(keys)}, and must have "${replication_key}": ${remedy}`];
  });
  if (mistakes.length > 0) throw new UserError(...mistakes);
}

function hasKeys(value: unknown): boolean {
  return typeof value === 'object' && value !== null && Object.keys(value).length > 0;
}

function listed(names: readonly string[]): string {
  const more = names.length - maxListed;
  return `${names
    .slice(0, maxListed)
    .map((name) => `"${name}"`)
    .join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
}

/** So that the line stays readable. */
const maxListed = 3;

/**
 * The state of several runs that shared the work, by streams or by dates. Each bookmark gets the furthest of its dates, but
 * the earliest `as_of`; a list in it gets the entries of all runs. `unfinished` is dropped: how far one unfinished run has come
 * says nothing about the parts of the others.
 */
export function mergedStates(states: readonly State[]): State {
  const bookmarks: Record<string, Record<string, unknown>> = {};
  for (const [stream, bookmark] of states.flatMap((state) => Object.entries(state.bookmarks))) {
    const merged = { ...bookmarks[stream] };
    for (const [key, value] of Object.entries(bookmark ?? {})) {
      if (key === 'unfinished' && states.length > 1) continue;
      merged[key] = key === 'as_of' ? earliest(merged[key], value) : furthest(merged[key], value);
    }
    bookmarks[stream] = merged;
  }
  return Object.assign({}, ...states, { bookmarks });
}

/** All dates have one form, so the later one is the greater text. */
function furthest(one: unknown, other: unknown): unknown {
  if (Array.isArray(one) && Array.isArray(other)) return [...new Set([...one, ...other])];
  return typeof one === 'string' && typeof other === 'string' && one > other ? one : other;
}

function earliest(one: unknown, other: unknown): unknown {
  return typeof one === 'string' && typeof other === 'string' && one < other ? one : other;
}

/** The state with new values in a stream's bookmark. Where the new value is undefined, the name is removed. */
export function withBookmark(state: State, stream: string, bookmark: Bookmark): State {
  const whole = Object.entries({ ...state.bookmarks[stream], ...bookmark });
  const kept = Object.fromEntries(whole.filter(([, value]) => value !== undefined));
  return { ...state, bookmarks: { ...state.bookmarks, [stream]: kept } };
}

/** The state with the stream that is being written; without one, that of a complete run. */
export function withCurrentlySyncing(state: State, stream: string | undefined): State {
  const { currently_syncing: _, ...rest } = state;
  return stream === undefined ? (rest as State) : ({ ...rest, currently_syncing: stream } as State);
}

/** The streams in their order, but beginning with the one that was interrupted. Those before it come last. */
export function resumeOrder<Stream extends { readonly id: string }>(
  streams: readonly Stream[],
  state: State,
): readonly Stream[] {
  const at = streams.findIndex(({ id }) => id === state.currently_syncing);
  return at <= 0 ? streams : [...streams.slice(at), ...streams.slice(0, at)];
}
