/** What is appended stands there as it was, whatever its length and wherever it came from. */
import fc from 'fast-check';
import t from 'tap';
import { bytesOf, newByteWriter, viewed, writeAll, writeBytes, writeText } from '../src/json/byte-writer.ts';

/** Around the length from which pieces are copied in another way. */
const piece = fc.uint8Array({ minLength: 0, maxLength: 600 });

t.test('parts of bytes, whole bytes and texts come one behind the other', async () => {
  fc.assert(
    fc.property(
      fc.array(fc.oneof(fc.tuple(piece, fc.nat(), fc.nat()), piece, fc.string({ unit: 'grapheme' })), {
        maxLength: 12,
      }),
      fc.nat({ max: 300 }),
      (pieces, capacity) => {
        const writer = newByteWriter(capacity);
        const expected: Uint8Array[] = [];
        for (const one of pieces) {
          if (typeof one === 'string') {
            writeText(writer, one);
            expected.push(Buffer.from(one));
          } else if (one instanceof Uint8Array) {
            writeAll(writer, one);
            expected.push(one);
          } else {
            const [bytes, some, other] = one;
            const [from, to] = [some, other].map((at) => at % (bytes.length + 1)).sort((a, b) => a - b) as [
              number,
              number,
            ];
            // As a part of a larger buffer, at any distance from its beginning.
            const source = viewed(Buffer.concat([Buffer.alloc(some % 7), bytes]).subarray(some % 7));
            writeBytes(writer, source, from, to);
            expected.push(bytes.slice(from, to));
          }
        }
        return Buffer.concat(expected).equals(writer.bytes.subarray(0, writer.length));
      },
    ),
  );
});

t.test('spans that are adjacent in one buffer need no copy', async (t) => {
  // Not a part of Node's pool, of which a copy would be one as well.
  const bytes = Buffer.alloc(6, 'abcdef');
  const joined = (...spans: readonly (readonly [Buffer, number, number])[]) =>
    bytesOf(spans.map(([bytes, from, to]) => ({ bytes, from, to })));
  const adjacent = joined([bytes, 0, 2], [bytes, 2, 5]);
  t.equal(adjacent.buffer, bytes.buffer);
  t.equal(String(Buffer.from(adjacent)), 'abcde');
  const apart = joined([bytes, 3, 4], [bytes, 0, 1], [Buffer.from('-xy'), 1, 2], [bytes, 1, 3]);
  t.equal(String(Buffer.from(apart)), 'daxbc');
});
