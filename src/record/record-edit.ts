/** The edit of a record: the text that is written of it, and the values that its columns cannot hold. */
import { type Edit, editApart, newEdit, replace } from '../json/edit.ts';
import { type NameHashes, newNameHashes, repeatsNames } from '../json/names.ts';
import { type JsonReader, newJsonReader } from '../json/read.ts';
import { isDeeperThan, isNested, type JsonSource, openBrace, openBracket, quote, textIn } from '../json/scan.ts';
import { type Held, newHeld } from './held.ts';

/** A value that no column holds: where it stood, and its JSON type. The value itself is not in it. */
export interface Misfit {
  /** `customer.new_field`, `log.history[].time` */
  readonly path: string;
  readonly type: string;
}

/** Made once for a stream, and used for one record after the other. */
export interface RecordEdit extends Edit {
  misfits: Misfit[];
  /** The part of the last conformed value that goes into `_extra`, as JSON text; undefined if its column holds all of it. */
  extra: string | undefined;
  /** What the asked columns hold. */
  readonly asked: readonly Held[];
  /** What the carried columns get, as JSON text. */
  carried: Readonly<Record<string, string>>;
  /** Objects that were conformed so far: gives each a number. */
  objects: number;
  /** Reads JSON text in strings. */
  readonly reader: JsonReader;
  readonly names: NameHashes;
}

/** @param asked how many columns are asked */
export function newRecordEdit(asked: number): RecordEdit {
  return {
    ...newEdit(),
    misfits: [],
    extra: undefined,
    asked: Array.from({ length: asked }, newHeld),
    carried: {},
    objects: 0,
    reader: newJsonReader(),
    names: newNameHashes(),
  };
}

/**
 * Conforms the value at a place in the text of a record, and returns where it ends. A rule leaves the text alone where it is
 * right, and replaces it where that loses nothing. A value that the column cannot hold becomes null, and goes into `extra`.
 */
export type Rule = (edit: RecordEdit, at: number) => number;

/** Nesting beyond which a value is kept as text: no target could read it. Python's parser gives up at a thousand. */
const maxDepth = 500;

export function isTooDeep(source: JsonSource, from: number): boolean {
  return isDeeperThan(maxDepth, source, from);
}

/** Keeps a value that no column holds. */
export function keep(edit: RecordEdit, path: string, source: JsonSource, from: number, to: number): void {
  edit.misfits.push({ path, type: jsonType(source.bytes[from]!) });
  edit.extra = extraText(edit, source, from, to);
}

/** The text of a value in `_extra`: the value itself, or its text as a string where strict readers could not read it. */
export function extraText({ names }: RecordEdit, source: JsonSource, from: number, to: number): string {
  const text = textIn(source.bytes, from, to);
  const isReadable = !isNested(source.bytes[from]) || (!isTooDeep(source, from) && !repeatsNames(names, source, from));
  return isReadable ? text : JSON.stringify(text);
}

/** Moves a value that its column cannot hold to `_extra`. The column becomes null. */
export function moveToExtra(edit: RecordEdit, path: string, from: number, to: number): number {
  keep(edit, path, edit.source, from, to);
  return replaceBy(edit, 'null', from, to);
}

/** Writes a text instead of a value, and returns where the value ends. */
export function replaceBy(edit: RecordEdit, text: string, from: number, to: number): number {
  replace(edit, from, to, text);
  return to;
}

/** The text that a rule makes of a value that is not written here. Its misfits are not counted, and it leaves no extra. */
export function editUnnoticed(edit: RecordEdit, rule: Rule, source: JsonSource, at: number): string {
  const { length } = edit.misfits;
  const { extra } = edit;
  const text = editApart(edit, rule, source, at);
  edit.misfits.length = length;
  edit.extra = extra;
  return text;
}

function jsonType(opening: number): string {
  switch (opening) {
    case openBrace:
      return 'object';
    case openBracket:
      return 'array';
    case quote:
      return 'string';
    case 0x6e:
      return 'null';
    case 0x74:
    case 0x66:
      return 'boolean';
    default:
      return 'number';
  }
}
