/**
 * JSON text on its way through: copied, but for what is replaced in it.
 *
 * Conforming never waits, so there is one edit at a time and every rule can reach it.
 */
import { type ByteWriter, newByteWriter, writeBytes, writeText } from './byte-writer.ts';

export const edit = {
  source: Buffer.alloc(0) as Buffer,
  /** The same bytes, to be compared four at a time. */
  view: new DataView(new ArrayBuffer(0)) as DataView,
  /** How far the source is copied, replaced or left out. */
  copied: 0,
  writer: newByteWriter(0),
  /** The text that was last written instead of the source's. */
  replacement: undefined as string | undefined,
};

export function beginEdit(source: Buffer, from: number, writer: ByteWriter): void {
  if (edit.source !== source) edit.view = new DataView(source.buffer, source.byteOffset, source.length);
  edit.source = source;
  edit.copied = from;
  edit.writer = writer;
}

/** Copies the source up to a place. */
export function copyUntil(at: number): void {
  if (at > edit.copied) writeBytes(edit.writer, edit.source, edit.copied, at);
  edit.copied = at;
}

/** Writes a text instead of a part of the source. */
export function replace(from: number, to: number, text: string): void {
  copyUntil(from);
  writeText(edit.writer, text);
  edit.replacement = text;
  edit.copied = to;
}

/** Writes bytes in front of a part of the source. */
export function insert(at: number, bytes: Buffer): void {
  copyUntil(at);
  writeBytes(edit.writer, bytes, 0, bytes.length);
}

/** Leaves out a part of the source. */
export function leaveOut(from: number, to: number): void {
  copyUntil(from);
  edit.copied = to;
}

/** Writers of edits that are over. */
const idle: ByteWriter[] = [];

/** The text that a rule makes of the value at a place, apart from the edit that goes on. */
export function editedApart(rule: (source: Buffer, at: number) => number, source: Buffer, at: number): string {
  const { source: outerSource, view, copied, writer: outerWriter, replacement } = edit;
  const writer = idle.pop() ?? newByteWriter(256);
  writer.length = 0;
  beginEdit(source, at, writer);
  copyUntil(rule(source, at));
  edit.source = outerSource;
  edit.view = view;
  edit.copied = copied;
  edit.writer = outerWriter;
  edit.replacement = replacement;
  idle.push(writer);
  return writer.bytes.toString('utf8', 0, writer.length);
}
