/** Errors, by what whoever catches one is to do. An error of no such kind is a defect of the tap itself. */

/** What to do about an error: ask the same again, give up the stream, give up the run, or show the user what to mend. */
export type Remedy = 'ask again' | 'end the stream' | 'end the run' | 'mend the input';

/** The base of every error that the tap foresees. Its message is one line and holds no part of the key. */
export abstract class ForeseenError extends Error {
  abstract readonly remedy: Remedy;
}

/** What the user can mend. Each mistake says which file or setting, what is wrong, and what to do. */
export class UserError extends ForeseenError {
  override readonly name = 'UserError';
  readonly remedy = 'mend the input';
  readonly mistakes: readonly string[];

  constructor(...mistakes: readonly string[]) {
    super(mistakes.join('; '));
    this.mistakes = mistakes;
  }
}

/**
 * Does several things that do not depend on each other, so that the user learns of all mistakes at once.
 *
 * @throws UserError with the mistakes of all of them; at once what is no UserError
 */
export function allOf<Results extends readonly unknown[]>(
  ...tasks: { readonly [Index in keyof Results]: () => Results[Index] }
): Results {
  const mistakes: string[] = [];
  const results = tasks.map((task) => {
    try {
      return task();
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      mistakes.push(...error.mistakes);
      return undefined;
    }
  });
  if (mistakes.length > 0) throw new UserError(...new Set(mistakes));
  return results as unknown as Results;
}

/** True for what the tap does not foresee: a mistake in its own code, of which the stack says where. */
export function isDefect(error: unknown): boolean {
  return !(error instanceof ForeseenError);
}

/** True for what makes every other question useless. */
export function endsRun(error: unknown): boolean {
  return error instanceof ForeseenError && error.remedy === 'end the run';
}

/** What a thrown value says, in one line. Never prints the value itself: an HTTP error would show the request's key. */
export function messageOf(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  return message.replace(/\s*\n\s*/g, ' ');
}
