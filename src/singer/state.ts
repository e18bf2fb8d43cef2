/** Singer's state: where each stream resumes. What the tap does not know of is kept as it came. */
import { UserError } from '../errors.ts';
import { misfitOf } from '../validate.ts';

export type Bookmark = Readonly<Record<string, unknown>>;

export interface State {
  readonly bookmarks: Readonly<Record<string, Bookmark>>;
  /** The stream whose records are being written; absent when a run is complete. */
  readonly currently_syncing?: string;
  readonly [other: string]: unknown;
}

const stateShape = {
  type: 'object',
  properties: {
    bookmarks: { type: ['object', 'null'], additionalProperties: { type: ['object', 'null'] } },
    currently_syncing: { type: ['string', 'null'] },
  },
};

/** @throws UserError if it has not the shape of a state */
export function parseState(json: unknown): State {
  const misfit = misfitOf(stateShape, json);
  if (misfit !== undefined) throw new UserError(`it is no Singer state: ${misfit}`);
  const { type, value } = json as { type?: unknown; value?: unknown };
  if (type === 'STATE' && value !== undefined) {
    throw new UserError('it is a whole STATE message: write only its "value" into the file');
  }
  const { bookmarks, currently_syncing, ...others } = json as Partial<State>;
  return { ...others, bookmarks: bookmarks ?? {}, ...(currently_syncing && { currently_syncing }) };
}

/**
 * The state of several runs that have shared the work, by streams or by dates: of each bookmark what is furthest, but the
 * earliest `as_of`, and of lists in it what any of them has. How far a run has come that did not come to its end says nothing
 * of the others' parts.
 */
export function mergedStates(states: readonly State[]): State {
  const bookmarks: Record<string, Record<string, unknown>> = {};
  for (const [stream, bookmark] of states.flatMap((state) => Object.entries(state.bookmarks))) {
    const merged = { ...bookmarks[stream] };
    for (const [key, value] of Object.entries(bookmark ?? {})) {
      if (key === 'pass' && states.length > 1) continue;
      merged[key] = key === 'as_of' ? earliest(merged[key], value) : furthest(merged[key], value);
    }
    bookmarks[stream] = merged;
  }
  return Object.assign({}, ...states, { bookmarks });
}

/** Dates are written alike, so that the later one is the greater text. */
function furthest(one: unknown, other: unknown): unknown {
  if (Array.isArray(one) && Array.isArray(other)) return [...new Set([...one, ...other])];
  return typeof one === 'string' && typeof other === 'string' && one > other ? one : other;
}

function earliest(one: unknown, other: unknown): unknown {
  return typeof one === 'string' && typeof other === 'string' && one < other ? one : other;
}

/** The state after a stream got further. What the bookmark has as undefined is no longer in it. */
export function withBookmark(state: State, stream: string, bookmark: Bookmark): State {
  const whole = Object.entries({ ...state.bookmarks[stream], ...bookmark });
  const told = Object.fromEntries(whole.filter(([, value]) => value !== undefined));
  return { ...state, bookmarks: { ...state.bookmarks, [stream]: told } };
}

/** The state while a stream is written, or, without one, of a run that is complete. */
export function withCurrentlySyncing(state: State, stream: string | undefined): State {
  const { currently_syncing: _, ...rest } = state;
  return stream === undefined ? (rest as State) : ({ ...rest, currently_syncing: stream } as State);
}

/** The streams with the one that was interrupted first; the others follow in their order, wrapped around. */
export function resumeOrder<Stream extends { readonly id: string }>(
  streams: readonly Stream[],
  state: State,
): readonly Stream[] {
  const at = streams.findIndex(({ id }) => id === state.currently_syncing);
  return at <= 0 ? streams : [...streams.slice(at), ...streams.slice(0, at)];
}
