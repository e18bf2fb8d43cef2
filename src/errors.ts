/** Errors, by what whoever catches one is to do. An error of no such kind is a defect of the tap itself. */

/** What to do about an error: ask the same again, give up the stream, give up the run, or show the user what to mend. */
export type Remedy = 'ask again' | 'end the stream' | 'end the run' | 'mend the input';

/** The base of every error that the tap foresees. Its message is one line and holds no part of the key. */
export abstract class ForeseenError extends Error {
  abstract readonly remedy: Remedy;
}

/** Something the user can mend. The message says which file or setting, what is wrong, and what to do. */
export class UserError extends ForeseenError {
  override readonly name = 'UserError';
  readonly remedy = 'mend the input';
}

/** True for an error that the tap does not foresee: a mistake in its own code, of which the stack says where. */
export function isDefect(error: unknown): error is Error {
  return error instanceof Error && !(error instanceof ForeseenError);
}

/** What a thrown value says, in one line. Never prints the value itself: an HTTP error would show the request's key. */
export function messageOf(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  return message.replace(/\s*\n\s*/g, ' ');
}
