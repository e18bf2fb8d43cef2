/** A buffer that grows as bytes and texts are appended. */
export interface ByteWriter {
  /** The first `length` bytes are written. A write may put another, larger buffer here. */
  bytes: Buffer;
  length: number;
}

export function newByteWriter(capacity: number): ByteWriter {
  return { bytes: Buffer.allocUnsafeSlow(capacity), length: 0 };
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

/** Below this, a loop is quicker than a call (measured). */
const fewBytes = 48;

export function writeBytes(writer: ByteWriter, source: Uint8Array, from: number, to: number): void {
  const count = to - from;
  makeRoom(writer, count);
  const { bytes, length } = writer;
  if (count < fewBytes) for (let index = 0; index < count; index++) bytes[length + index] = source[from + index]!;
  else bytes.set(source.subarray(from, to), length);
  writer.length += count;
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
}
