/** Bytes, one by one and four at a time. */
export interface Bytes {
  readonly bytes: Buffer;
  readonly view: DataView;
}

export function viewed(bytes: Buffer): Bytes {
  return { bytes, view: new DataView(bytes.buffer, bytes.byteOffset, bytes.length) };
}

/** A buffer that grows as bytes and texts are appended. */
export interface ByteWriter {
  /** The first `length` bytes are written. A write may put another, larger buffer here. */
  bytes: Buffer;
  view: DataView;
  length: number;
}

export function newByteWriter(capacity: number): ByteWriter {
  const { bytes, view } = viewed(Buffer.allocUnsafeSlow(capacity));
  return { bytes, view, length: 0 };
}

/** A part of a buffer. */
export interface ByteSpan {
  readonly bytes: Buffer;
  readonly from: number;
  /** Exclusive. */
  readonly to: number;
}

/** The bytes of all spans, one behind the other. Spans that are adjacent in one buffer need no copy. */
export function bytesOf(spans: readonly ByteSpan[]): Uint8Array {
  const pieces: Uint8Array[] = [];
  for (let index = 0; index < spans.length; ) {
    const { bytes, from, to } = spans[index++]!;
    let end = to;
    for (; spans[index]?.bytes === bytes && spans[index]!.from === end; index++) end = spans[index]!.to;
    pieces.push(bytes.subarray(from, end));
  }
  return pieces.length === 1 ? pieces[0]! : Buffer.concat(pieces);
}

/** Below this, a loop is quicker than a call, and leaves no array to the garbage collector (measured). */
const fewBytes = 256;

/** Appends a part of some bytes. */
export function writeBytes(writer: ByteWriter, source: Bytes, from: number, to: number): void {
  const count = to - from;
  makeRoom(writer, count);
  if (count < fewBytes) copyBytes(writer, source, from, to);
  else writer.bytes.set(source.bytes.subarray(from, to), writer.length);
  writer.length += count;
}

function copyBytes({ bytes, view, length }: ByteWriter, source: Bytes, from: number, to: number): void {
  let at = from;
  let into = length;
  for (; at + 4 <= to; at += 4, into += 4) view.setInt32(into, source.view.getInt32(at, true), true);
  for (; at < to; at++, into++) bytes[into] = source.bytes[at]!;
}

/** Appends bytes, all of them. */
export function writeAll(writer: ByteWriter, bytes: Uint8Array): void {
  makeRoom(writer, bytes.length);
  writer.bytes.set(bytes, writer.length);
  writer.length += bytes.length;
}

export function writeText(writer: ByteWriter, text: string): void {
  makeRoom(writer, 3 * text.length); // Most that UTF-8 takes for a UTF-16 unit.
  writer.length += writer.bytes.write(text, writer.length);
}

function makeRoom(writer: ByteWriter, count: number): void {
  const needed = writer.length + count;
  if (needed <= writer.bytes.length) return;
  const grown = Buffer.allocUnsafeSlow(Math.max(needed, 2 * writer.bytes.length));
  grown.set(writer.bytes.subarray(0, writer.length));
  writer.bytes = grown;
  writer.view = viewed(grown).view;
}
