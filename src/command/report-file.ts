/** The file that `--report` names. It is written whole or not at all, and what stands in the way shows before the sync begins. */
import { closeSync, fsyncSync, openSync, realpathSync, renameSync, rmSync, statSync, writeSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { messageOf, UserError } from '../errors.ts';

export interface ReportFile {
  /** As it was given. */
  readonly path: string;
  /**
   * Replaces the file by a text.
   *
   * @throws UserError if it cannot be written any more; an earlier file is still there then
   */
  write(text: string): void;
}

/**
 * @param inputs files that the run reads, which are not to be replaced
 * @throws UserError if the file could not be written
 */
export function openReportFile(path: string, inputs: readonly string[]): ReportFile {
  if (path === '' || path === '-') throw new UserError(`--report needs the path of a file, not "${path}"`);
  const target = placeOf(path);
  if (inputs.some((input) => isAt(target, input)))
    throw new UserError(`--report "${path}": the receipt would replace a file that the run reads; name another file`);
  const draft = join(dirname(target), `.${basename(target)}.${process.pid}.tmp`);
  replace(path, draft, '', () => rmSync(draft));
  return { path, write: (text) => replace(path, draft, text, () => renameSync(draft, target)) };
}

/** Where the file is, behind a link too. */
function placeOf(path: string): string {
  try {
    if (!statSync(path).isFile())
      throw new UserError(`--report "${path}": that is no file; name one that can be replaced`);
    return realpathSync(path);
  } catch (error) {
    if (error instanceof UserError) throw error;
    return path;
  }
}

function isAt(target: string, input: string): boolean {
  try {
    return realpathSync(input) === target;
  } catch {
    // It is no file, but a pipe, or the word ENV.
    return false;
  }
}

function replace(path: string, draft: string, text: string, settle: () => void): void {
  try {
    rmSync(draft, { force: true });
    // Never through a link that somebody has put there.
    const file = openSync(draft, 'wx');
    try {
      for (let bytes = Buffer.from(text); bytes.length > 0; ) bytes = bytes.subarray(writeSync(file, bytes));
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    settle();
  } catch (error) {
    rmDraft(draft);
    throw new UserError(`--report "${path}": ${whyNot(error, dirname(path))}`);
  }
}

/** What is left of it, if anything can be done about it. */
function rmDraft(draft: string): void {
  try {
    rmSync(draft, { force: true });
  } catch {
    // Why it could not be written is said by the first error.
  }
}

function whyNot(error: unknown, folder: string): string {
  switch ((error as NodeJS.ErrnoException).code) {
    case 'ENOENT':
      return `there is no folder "${folder}"; make it, or name another file`;
    case 'ENOTDIR':
      return `"${folder}" is no folder; name another file`;
    case 'EACCES':
    case 'EPERM':
    case 'EROFS':
      return `the folder "${folder}" cannot be written; name another file`;
    case 'ENOSPC':
      return 'no space is left on its disk';
    default:
      return `it cannot be written: ${messageOf(error)}`;
  }
}
