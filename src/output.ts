/** stdout: messages, the catalog, and nothing else. */
import type { Writable } from 'node:stream';

/** Whoever read our stdout is gone, or it cannot be written for another reason. */
export class OutputClosed extends Error {
  override readonly name = 'OutputClosed';

  constructor(cause: NodeJS.ErrnoException) {
    super(`the output cannot be written (${cause.code ?? cause.message}): the reader of stdout is gone`);
  }
}

/**
 * Writes texts one after the other and resolves when there is room for more, so that what the reader does not take is
 * neither fetched nor kept.
 *
 * @throws OutputClosed, through the promise
 */
export function createWrite(stream: Writable): (text: string) => Promise<void> {
  let failure: OutputClosed | undefined;
  let settle: (() => void) | undefined;
  stream.on('error', (error) => {
    failure = new OutputClosed(error);
    settle?.();
  });
  stream.on('drain', () => settle?.());
  return (text) =>
    new Promise((resolve, reject) => {
      settle = () => {
        settle = undefined;
        if (failure) reject(failure);
        else resolve();
      };
      if (failure || stream.write(text)) settle();
    });
}
