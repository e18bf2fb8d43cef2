/**
 * stdout: messages, the catalog, and nothing else.
 *
 * A pipe takes what it has room for. What is written in one piece, however long, may therefore be cut anywhere when the
 * process has to end before the reader has taken it. So messages are written in units of whole lines, each small enough to be
 * taken whole or not at all; only a line that is longer by itself may be half taken. A unit costs a system call, and as much
 * again if a stream makes it. So as long as the reader keeps up, units are written without the stream (measured: 4 % of a
 * sync); what the reader does not take at once goes by the stream, which waits for it.
 */
import { writeSync } from 'node:fs';
import type { Writable } from 'node:stream';
import { ForeseenError } from '../errors.ts';

/** Whoever read our stdout is gone, or it cannot be written for another reason. */
export class OutputClosed extends ForeseenError {
  override readonly name = 'OutputClosed';
  readonly remedy = 'end the run';
  readonly code: string | undefined;

  constructor({ code, message }: NodeJS.ErrnoException) {
    const why = code === 'ENOSPC' ? 'no space is left where stdout goes' : 'the reader of stdout is gone';
    super(`the output cannot be written (${code ?? message}): ${why}`);
    this.code = code;
  }
}

export interface Output {
  /**
   * Writes whole lines, which may be UTF-8 already, one write after the other. Resolves when all is taken, so that what the
   * reader does not take is neither fetched nor kept, and the bytes may be used again.
   *
   * A stop that comes in the middle ends the write at the end of a line; what is written after it is written whole.
   *
   * @throws OutputClosed, and the stop's reason, through the promise
   */
  write(lines: string | Uint8Array): Promise<void>;
  /** True if the reader may have half a line. */
  isWithinLine(): boolean;
}

/** POSIX: a pipe takes as much whole or not at all. Linux has 4096, others at least 512. */
const pipeAtomBytes = process.platform === 'linux' ? 4096 : 512;

/** Of a unit, unless it is one line. */
const unitBytes = 4096;

const lineFeed = 0x0a;

/** @param stream stdout, or any other */
export function createOutput(
  stream: Writable & { readonly fd?: number; readonly isTTY?: boolean },
  stop: AbortSignal,
): Output {
  // A terminal, and on Windows whatever it is, is better known to the stream.
  const fd = stream.isTTY || process.platform === 'win32' ? undefined : stream.fd;
  let isWithinLine = false;

  /** Writes what the reader takes at once, past the stream, and returns how many bytes that is. */
  function writeAtOnce(unit: Uint8Array): number {
    if (fd === undefined || stream.writableLength > 0 || stream.destroyed) return 0;
    try {
      return writeSync(fd, unit);
    } catch (error) {
      const cause = error as NodeJS.ErrnoException;
      if (cause.code === 'EAGAIN') return 0;
      throw new OutputClosed(cause);
    }
  }

  /** Resolves when the unit is taken; undefined if it is already, as by a reader that keeps up. */
  function writeUnit(unit: Uint8Array): Promise<void> | undefined {
    const taken = writeAtOnce(unit);
    if (taken === unit.length) return undefined;
    isWithinLine = taken > 0 || unit.length > pipeAtomBytes;
    return writeByStream(unit.subarray(taken));
  }

  function writeByStream(unit: Uint8Array): Promise<void> | undefined {
    let onTaken: (() => void) | undefined;
    let onFailed: ((error: Error) => void) | undefined;
    stream.write(unit, (error) => (error ? onFailed?.(new OutputClosed(error)) : onTaken?.()));
    if (stream.errored) throw new OutputClosed(stream.errored);
    if (stream.writableLength === 0 && !stream.destroyed) return undefined;
    return new Promise((resolve, reject) => {
      onTaken = resolve;
      onFailed = reject;
    });
  }

  return {
    isWithinLine: () => isWithinLine && stream.writableLength > 0,
    async write(lines) {
      const bytes =
        typeof lines === 'string' ? Buffer.from(lines) : Buffer.from(lines.buffer, lines.byteOffset, lines.length);
      const wasStopped = stop.aborted;
      for (let from = 0; from < bytes.length; ) {
        const to = unitEnd(bytes, from);
        const taken = writeUnit(bytes.subarray(from, to));
        if (taken !== undefined) await taken;
        if (!wasStopped && to < bytes.length) stop.throwIfAborted();
        from = to;
      }
    },
  };
}

/**
 * Prints what was asked for on stdout. A reader that goes before its end, as `head` does, has seen what it wanted.
 *
 * @throws OutputClosed where it cannot be written for another reason
 */
export async function print(text: string): Promise<void> {
  try {
    await createOutput(process.stdout, new AbortController().signal).write(`${text}\n`);
  } catch (error) {
    if (!(error instanceof OutputClosed && error.code === 'EPIPE')) throw error;
  }
}

/** The end of as many whole lines as make a unit, or of one that is longer. */
function unitEnd(bytes: Buffer, from: number): number {
  if (bytes.length - from <= unitBytes) return bytes.length;
  const last = bytes.lastIndexOf(lineFeed, from + unitBytes - 1);
  if (last >= from) return last + 1;
  const next = bytes.indexOf(lineFeed, from + unitBytes);
  return next === -1 ? bytes.length : next + 1;
}
