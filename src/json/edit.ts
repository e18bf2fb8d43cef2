/**
 * A copy of JSON text in which parts are replaced, left out or put in.
 *
 * An edit goes through its source from front to back. What lies between the changes is copied in one piece, and only when
 * the next change comes, or the end: `copied` says how far that is. An edit owns its state and is used for one text after
 * the other; within it, a part of the text can be edited apart, and its text used elsewhere.
 */
import { type ByteWriter, newByteWriter, writeBytes, writeText } from './byte-writer.ts';
import { type JsonSource, newSource } from './scan.ts';

export interface Edit {
  source: JsonSource;
  /** How far the source is copied, replaced or left out. */
  copied: number;
  writer: ByteWriter;
  /** Writers of edits apart that are over. */
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
  if (at > edit.copied) writeBytes(edit.writer, edit.source.bytes, edit.copied, at);
  edit.copied = at;
}

/** Writes a text instead of a part of the source. */
export function replace(edit: Edit, from: number, to: number, text: string): void {
  copyUntil(edit, from);
  writeText(edit.writer, text);
  edit.copied = to;
}

/** Writes bytes in front of a part of the source. */
export function insert(edit: Edit, at: number, bytes: Uint8Array): void {
  copyUntil(edit, at);
  writeBytes(edit.writer, bytes, 0, bytes.length);
}

/** Leaves out a part of the source. */
export function leaveOut(edit: Edit, from: number, to: number): void {
  copyUntil(edit, from);
  edit.copied = to;
}

/**
 * Edits a value of a source apart: what is copied and replaced meanwhile goes into a text of its own.
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
