/** Reads the files that a user hands in. Errors name the file and never show its content, which may be the key. */
import { readFileSync } from 'node:fs';
import { messageOf, UserError } from '../errors.ts';
import { parseExact } from '../json/exact.ts';
import { isObject } from '../json/values.ts';
import { jsonMistakeIn } from './json-mistake.ts';

export type FileKind = 'config' | 'state' | 'catalog';

/**
 * What a file of JSON holds.
 *
 * @throws UserError for one that cannot be read or is not valid JSON
 */
export function readJsonFile(kind: FileKind, path: string): unknown {
  return naming(kind, path, () => {
    const text = readText(path).replace(/^\uFEFF/, '');
    if (text.trim() === '') throw new UserError(emptyFile[kind]);
    try {
      return parseExact(text);
    } catch (error) {
      if (!(error instanceof SyntaxError)) throw error;
      throw new UserError(brokenJson(kind, text));
    }
  });
}

/** @throws UserError, as `readJsonFile`, and for anything but an object */
export function readObject(kind: FileKind, path: string): Readonly<Record<string, unknown>> {
  const value = readJsonFile(kind, path);
  return naming(kind, path, () => {
    if (!isObject(value))
      throw new UserError(`it must hold a JSON object, not ${Array.isArray(value) ? 'a list' : 'a single value'}`);
    return value;
  });
}

/** Does some work with the content of a file, and puts the file's name in front of each mistake in it. */
export function naming<Result>(kind: FileKind, path: string, work: () => Result): Result {
  try {
    return work();
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    throw new UserError(...error.mistakes.map((mistake) => `${kind} file "${path}": ${mistake}`));
  }
}

const emptyFile: Readonly<Record<FileKind, string>> = {
  config: 'it is empty; it must hold a JSON object',
  state: 'it is empty: for a first run leave --state away, or write {} into it',
  catalog: 'it is empty; make a catalog with --discover',
};

const unreadable: Readonly<Record<string, string>> = {
  ENOENT: 'no such file',
  ENOTDIR: 'no such file',
  EISDIR: 'it is a folder',
  EACCES: 'permission denied',
};

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    const { code = messageOf(error) } = error as NodeJS.ErrnoException;
    const why = unreadable[code] ? `${unreadable[code]}, ${code}` : code;
    const remedy = path.toUpperCase() === 'ENV' ? 'for the environment write ENV' : 'check the path';
    throw new UserError(`it cannot be read (${why}); ${remedy}`);
  }
}

function brokenJson(kind: FileKind, text: string): string {
  const lines = text.trim().split('\n');
  if (kind === 'state' && lines.length > 1 && lines.every(isJson)) {
    return `it has ${lines.length} states, one a line: keep the last line alone, by tail -n 1`;
  }
  const { line, column, cause } = jsonMistakeIn(text);
  return `it is not valid JSON at line ${line}, column ${column}: ${cause}`;
}

function isJson(line: string): boolean {
  try {
    JSON.parse(line);
    return true;
  } catch {
    return false;
  }
}
