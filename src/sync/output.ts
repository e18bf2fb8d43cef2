/** stdout: messages, the catalog, and nothing else. */
import type { Writable } from 'node:stream';
import { ForeseenError } from '../errors.ts';

/** Whoever read our stdout is gone, or it cannot be written for another reason. */
export class OutputClosed extends ForeseenError {
  override readonly name = 'OutputClosed';
  readonly remedy = 'end the run';

  constructor(cause: NodeJS.ErrnoException) {
    super(`the output cannot be written (${cause.code ?? cause.message}): the reader of stdout is gone`);
  }
}

/**
 * Writes texts, which may be UTF-8 already, one after the other. Resolves when the text is taken, so that what the reader
 * does not take is neither fetched nor kept, and its bytes may be used again.
 *
 * @throws OutputClosed, through the promise
 */
export function createWrite(stream: Writable): (text: string | Uint8Array) => Promise<void> {
  return (text) =>
    new Promise((resolve, reject) => {
      stream.write(text, (error) => (error ? reject(new OutputClosed(error)) : resolve()));
    });
}
