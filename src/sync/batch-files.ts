/**
 * The files of BATCH messages: each line is a record, and nothing else.
 *
 * A file is written under a name that begins with a dot, and gets its own only when it is whole: synced to the disk, since
 * some file systems say only then that they are full or failing, and closed. So a run that is killed leaves no half file
 * under a name that a message may hold, and whoever looks into the folder finds whole files alone.
 *
 * A file that has its own name is never touched again: the target has still to read it.
 */
import { randomBytes } from 'node:crypto';
import { closeSync, createWriteStream, openSync, rmSync } from 'node:fs';
import { rename } from 'node:fs/promises';
import { join } from 'node:path';
import { PassThrough, type Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { pathToFileURL } from 'node:url';
import { constants, createGzip } from 'node:zlib';
import type { BatchConfig } from '../batch-config.ts';
import { ForeseenError, UserError } from '../errors.ts';

/** A file of records could not be written. */
export class BatchFailed extends ForeseenError {
  override readonly name = 'BatchFailed';
  readonly remedy = 'end the run';

  constructor(folder: string, cause: unknown) {
    super(
      `the batch folder ${folder} cannot be written: ${reasonOf(cause)}; the records are read again by the next run`,
    );
  }
}

export interface BatchFiles {
  readonly compression: BatchConfig['compression'];
  /** How many more records the file of a stream takes. */
  room(stream: string): number;
  /**
   * Writes lines to the file of a stream, whose bytes may be used again when this resolves.
   *
   * @throws BatchFailed, through the promise
   */
  append(stream: string, lines: Uint8Array, records: number): Promise<void>;
  /** Streams that have a file that is not ended, the oldest first. */
  open(): string[];
  /**
   * Ends the file of a stream.
   *
   * @returns its address; undefined if there is none
   * @throws BatchFailed, through the promise
   */
  end(stream: string): Promise<string | undefined>;
  /** Removes what is not ended, at once: for the end of the process. */
  discard(): void;
}

interface OpenFile {
  readonly name: string;
  readonly draft: string;
  readonly into: Writable;
  /** Settles when the file is closed, or has failed. */
  readonly closed: Promise<void>;
  /** The lines that are being compressed while the next are made. */
  taken: Promise<void>;
  records: number;
}

/**
 * The files of one run.
 *
 * @param now start of the run, milliseconds since 1970
 * @throws UserError for a folder that cannot be written
 */
export function openBatchFiles({ folder, prefix, compression, size }: BatchConfig, now: number): BatchFiles {
  const files = new Map<string, OpenFile>();
  const nextName = namesOf(prefix, compression, now);
  tryFolder(folder, `.${nextName('test')}.part`);

  function openNew(path: string): number {
    try {
      return openSync(path, 'wx');
    } catch (error) {
      throw new BatchFailed(folder, error);
    }
  }

  function fileOf(stream: string): OpenFile {
    const open = files.get(stream);
    if (open !== undefined) return open;
    const name = nextName(stream);
    const draft = join(folder, `.${name}.part`);
    // At once, so that the end of the process finds every draft that there is.
    const fd = openNew(draft);
    const into = compression === 'gzip' ? createGzip({ level: constants.Z_BEST_SPEED }) : new PassThrough();
    const closed = pipeline(into, createWriteStream(draft, { fd, flush: true }));
    // Whoever writes or ends the file learns of it.
    closed.catch(() => {});
    const file = { name, draft, into, closed, taken: Promise.resolve(), records: 0 };
    files.set(stream, file);
    return file;
  }

  return {
    compression,
    room: (stream) => size - (files.get(stream)?.records ?? 0),
    async append(stream, lines, records) {
      const file = fileOf(stream);
      await file.taken;
      file.taken = take(file, Buffer.from(lines), folder);
      file.taken.catch(() => {});
      file.records += records;
    },
    open: () => [...files.keys()],
    async end(stream) {
      const file = files.get(stream);
      if (file === undefined) return undefined;
      await file.taken;
      const path = join(folder, file.name);
      try {
        file.into.end();
        await file.closed;
        await rename(file.draft, path);
      } catch (error) {
        throw new BatchFailed(folder, error);
      }
      files.delete(stream);
      return pathToFileURL(path).href;
    },
    discard() {
      for (const { draft } of files.values()) rmSync(draft, { force: true });
      files.clear();
    },
  };
}

/** Resolves when the bytes are on their way to the disk. */
async function take({ into, closed }: OpenFile, bytes: Buffer, folder: string): Promise<void> {
  const written = new Promise<void>((resolve, reject) =>
    into.write(bytes, (error) => (error ? reject(error) : resolve())),
  );
  try {
    // Of a file that fails meanwhile, only `closed` learns: what is being compressed is then neither taken nor refused.
    await Promise.race([written, closed]);
  } catch (error) {
    // A stream that was ended by an error of the file says only that it was ended.
    throw new BatchFailed(
      folder,
      await closed.then(
        () => error,
        (cause: unknown) => cause,
      ),
    );
  }
}

/**
 * Names that no other run has, in the order of their making within a run. The time comes first of what differs, so that
 * a listing of the folder shows a stream's files in the order in which they are to be loaded.
 */
function namesOf(prefix: string, compression: BatchConfig['compression'], now: number): (stream: string) => string {
  const time = new Date(now).toISOString().replace(/[-:]|\.\d+/g, '');
  const run = `${time}-${randomBytes(4).toString('hex')}`;
  const ending = compression === 'gzip' ? 'jsonl.gz' : 'jsonl';
  // The first is of the file that tries the folder.
  let count = 0;
  return (stream) => `${prefix}${stream}-${run}-${String(count++).padStart(6, '0')}.${ending}`;
}

/** @throws UserError for a folder in which no file can be made */
function tryFolder(folder: string, name: string): void {
  const path = join(folder, name);
  try {
    closeSync(openSync(path, 'wx'));
    rmSync(path);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const wrong = `setting batch_config: storage.root: the folder ${folder}`;
    if (code === 'ENOENT') throw new UserError(`${wrong} does not exist: make it, or correct the path`);
    if (code === 'ENOTDIR') throw new UserError(`${wrong} is no folder: name one`);
    throw new UserError(`${wrong} cannot be written (${reasonOf(error)}): let the tap write there, or choose another`);
  }
}

/** The code of a system error, whose text would repeat the path. */
function reasonOf(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  return reasons[code ?? ''] ?? code ?? message;
}

const reasons: Readonly<Record<string, string>> = {
  ENOSPC: 'the disk is full',
  EDQUOT: 'the disk quota is used up',
  EACCES: 'permission denied',
  EPERM: 'not permitted',
  EROFS: 'it is read-only',
  ENOENT: 'it, or the file in it, was removed',
  EFBIG: 'a file would be larger than is allowed',
  EIO: 'the disk has failed',
  EMFILE: 'too many files are open',
};
