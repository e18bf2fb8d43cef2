/** The setting `batch_config`: what is said of it, and what the tap makes of it. Names and defaults are the Meltano SDK's. */
import { isAbsolute, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { allOf, UserError } from './errors.ts';
import { nearest, suggestion } from './nearest.ts';
import { shown } from './setting-values.ts';

/** Where records go that are handed over as files. */
export interface BatchConfig {
  /** Absolute path. */
  readonly folder: string;
  /** What the names of the files begin with. */
  readonly prefix: string;
  readonly compression: 'gzip' | 'none';
  /** Records that one file holds at most. */
  readonly size: number;
}

const defaultSize = 10_000;
/** A target of the SDK's has all records of a file in memory at once. */
const maxSize = 1_000_000;

export const batchFacts = {
  type: 'object',
  title: 'Batch files',
  description:
    'Hand records over as files (BATCH messages), for targets that take them: storage.root is the folder as file:///…, storage.prefix what the names begin with, encoding.format jsonl, encoding.compression gzip (default) or none, batch_size the records of a file (default 10000). Default: RECORD messages',
  properties: {
    encoding: {
      type: ['object', 'null'],
      properties: {
        format: { type: ['string', 'null'], enum: ['jsonl', null], default: 'jsonl' },
        compression: { type: ['string', 'null'], enum: ['gzip', 'none', null], default: 'gzip' },
      },
    },
    storage: {
      type: 'object',
      properties: { root: { type: 'string' }, prefix: { type: ['string', 'null'] } },
      required: ['root'],
    },
    batch_size: { type: ['integer', 'null'], minimum: 1, maximum: maxSize, default: defaultSize },
  },
} as const;

/** The names that may stand in each part, and what others call them. */
const names = {
  '': ['encoding', 'storage', 'batch_size'],
  'encoding.': ['format', 'compression'],
  'storage.': ['root', 'prefix', 'params'],
} as const;

const otherNames: Readonly<Record<string, readonly string[]>> = {
  'encoding.format': ['format', 'file_format', 'type', 'filetype'],
  'encoding.compression': ['compression', 'compress', 'codec'],
  'storage.root': ['root', 'path', 'url', 'uri', 'folder', 'directory', 'dir', 'bucket'],
  'storage.prefix': ['prefix', 'file_prefix'],
  batch_size: ['batch_size', 'size', 'max_size', 'rows', 'records', 'batch_size_rows', 'max_records'],
};

type Values = Readonly<Record<string, unknown>>;

/** @throws UserError with all mistakes, each as what follows the name of the setting */
export function batchIn(value: Values): BatchConfig {
  const [size, compression, place] = allOf(
    () => sizeIn(part(value, '')['batch_size']),
    () => compressionIn(part(value['encoding'], 'encoding.')),
    () => placeIn(part(value['storage'], 'storage.')),
  );
  return { ...place, compression, size };
}

function placeIn(storage: Values): Pick<BatchConfig, 'folder' | 'prefix'> {
  const [folder, prefix] = allOf(
    () => folderIn(storage['root']),
    () => prefixIn(storage['prefix']),
    () => rejectParams(storage['params']),
  );
  return { folder, prefix };
}

/** A part of the setting, in which only known names stand. */
function part(value: unknown, path: keyof typeof names): Values {
  if (value === undefined || value === null) return {};
  if (typeof value !== 'object' || Array.isArray(value)) {
    throw new UserError(`holds ${path.slice(0, -1)} ${shown(value)}: it must be an object with ${list(names[path])}`);
  }
  const allowed: readonly string[] = names[path];
  const strays = Object.keys(value).filter((name) => !allowed.includes(name));
  if (strays.length > 0) throw new UserError(...strays.map((name) => strayText(path, name)));
  return value as Values;
}

function strayText(path: string, name: string): string {
  const known = Object.keys(otherNames);
  const meant = nearest(`${path}${name}`, known) ?? nearest(name, known, otherNames);
  return `holds "${path}${name}", which is no part of it${suggestion(meant)}`;
}

function list(words: readonly string[]): string {
  return words.map((word) => `"${word}"`).join(', ');
}

function compressionIn({ format, compression }: Values): BatchConfig['compression'] {
  const wrong: string[] = [];
  if (!isMissing(format) && format !== 'jsonl') {
    wrong.push(`holds encoding.format ${shown(format)}, which is not supported: write "jsonl"`);
  }
  if (!isMissing(compression) && compression !== 'gzip' && compression !== 'none') {
    wrong.push(`holds encoding.compression ${shown(compression)}, which is not supported: write "gzip" or "none"`);
  }
  if (wrong.length > 0) throw new UserError(...wrong);
  return compression === 'none' ? 'none' : 'gzip';
}

const example = '"file:///data/batches"';

/**
 * The targets of the Meltano SDK do not decode an address: of a folder whose path needs encoding they would find nothing.
 * Observed (singer-sdk 0.54).
 */
function folderIn(root: unknown): string {
  if (isMissing(root)) throw new UserError(`holds no storage.root: set it to the folder for the files, as ${example}`);
  const text = typeof root === 'string' ? root.trim() : '';
  if (!/^file:\/\/\/[^?#]*$/.test(text) || !URL.canParse(text)) {
    const hint = isAbsolute(text) ? `"file://${text}"` : example;
    throw new UserError(`holds storage.root ${shown(root)}, which is no folder of this machine: write it as ${hint}`);
  }
  const folder = pathOf(text);
  if (folder === undefined || !/^[\w.\-~/:]+$/.test(pathToFileURL(folder).href)) {
    const why = 'a path of other characters than A-Z a-z 0-9 . _ - is not found by targets';
    throw new UserError(`holds storage.root ${shown(root)}: ${why}; choose another folder`);
  }
  return folder;
}

function pathOf(url: string): string | undefined {
  try {
    return resolve(fileURLToPath(url));
  } catch {
    return undefined;
  }
}

/** What every file system can hold, with room for the rest of the name. */
function prefixIn(prefix: unknown): string {
  if (isMissing(prefix)) return '';
  if (typeof prefix === 'string' && /^[A-Za-z0-9][\w.-]{0,99}$/.test(prefix)) return prefix;
  const rule = 'it may hold A-Z a-z 0-9 . _ - alone, 100 of them at most, and begin with a letter or digit';
  throw new UserError(`holds storage.prefix ${shown(prefix)}: ${rule}; folders go into storage.root`);
}

function sizeIn(given: unknown): number {
  if (isMissing(given)) return defaultSize;
  const size = typeof given === 'string' ? Number(given) : given;
  if (typeof size === 'number' && Number.isInteger(size) && size >= 1 && size <= maxSize) return size;
  throw new UserError(`holds batch_size ${shown(given)}: it must be a whole number from 1 to ${maxSize}`);
}

/** The SDK has them for storage in a cloud. */
function rejectParams(params: unknown): void {
  if (isMissing(params) || (typeof params === 'object' && Object.keys(params as object).length === 0)) return;
  throw new UserError('holds storage.params, which a folder of this machine does not need: remove them');
}

/** As everywhere in the settings, what is null or empty is not given. */
function isMissing(value: unknown): value is undefined | null | '' {
  return value === undefined || value === null || value === '';
}
