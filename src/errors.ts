/** Something the user can mend. The message is one line that says which file or setting, what is wrong, what to do. */
export class UserError extends Error {
  override readonly name = 'UserError';
}

/** What a thrown value says, in one line. Never prints the value itself: an HTTP error would show the request's key. */
export function messageOf(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  return message.replace(/\s*\n\s*/g, ' ');
}
