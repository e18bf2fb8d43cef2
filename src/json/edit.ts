/**
 * A copy of JSON text in which parts are replaced, left out or put in.
 *
 * An edit goes through its source from front to back. The text between two changes is copied in one piece, once the second
 * change comes: `copied` is how far the source is dealt with. An edit begins with `beginEdit`, and ends with `copyUntil` the
 * end; then it is used for the next text. In between, `editApart` edits a value into a text of its own, and then goes on
 * where it was.
 */
import { type Bytes, type ByteWriter, newByteWriter, writeBytes, writeText } from './byte-writer.ts';
import { type JsonSource, newSource } from './scan.ts';

export interface Edit {
  source: JsonSource;
  /** How far the source has been copied, replaced or left out. */
  copied: number;
  writer: ByteWriter;
  /** Writers that `editApart` has used and may use again. */
  readonly idle: ByteWriter[];
}

export function newEdit(): Edit {
  const source = newSource(Buffer.alloc(0));
  return { source, copied: 0, writer: newByteWriter(0), idle: [] };
}

export function beginEdit(edit: Edit, source: JsonSource, from: number, writer: ByteWriter): void {
  edit.source = source;
  edit.copied = from;
  edit.writer = writer;
}

/** Copies the source up to a place. */
export function copyUntil(edit: Edit, at: number): void {
  if (at > edit.copied) writeBytes(edit.writer, edit.source, edit.copied, at);
  edit.copied = at;
}

/** Writes a text instead of a part of the source. */
export function replace(edit: Edit, from: number, to: number, text: string): void {
  copyUntil(edit, from);
  writeText(edit.writer, text);
  edit.copied = to;
}

/** Writes bytes in front of a part of the source. */
export function insert(edit: Edit, at: number, inserted: Bytes): void {
  copyUntil(edit, at);
  writeBytes(edit.writer, inserted, 0, inserted.bytes.length);
}

/** Leaves out a part of the source. */
export function leaveOut(edit: Edit, from: number, to: number): void {
  copyUntil(edit, from);
  edit.copied = to;
}

/**
 * Edits a value apart: its text does not go to the edit's writer, but is returned.
 *
 * @param change changes the value at a place and returns where it ends
 * @returns the text that the value became
 */
export function editApart<Editing extends Edit>(
  edit: Editing,
  change: (edit: Editing, at: number) => number,
  source: JsonSource,
  at: number,
): string {
  const { source: outerSource, copied, writer: outerWriter } = edit;
  const writer = edit.idle.pop() ?? newByteWriter(256);
  writer.length = 0;
  beginEdit(edit, source, at, writer);
  copyUntil(edit, change(edit, at));
  beginEdit(edit, outerSource, copied, outerWriter);
  edit.idle.push(writer);
  return writer.bytes.toString('utf8', 0, writer.length);
}
