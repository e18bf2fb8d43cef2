/** A known text is found where it stands, and nowhere else. */
import fc from 'fast-check';
import t from 'tap';
import { viewed } from '../src/json/byte-writer.ts';
import { isToken, tokenOf } from '../src/json/token.ts';

const letters = fc.string({ unit: fc.constantFrom('a', 'b', 'é'), minLength: 2, maxLength: 12 });
const quoted = letters.map((text) => JSON.stringify(text));

t.test('a token is where its bytes are, up to the last', async () => {
  fc.assert(
    fc.property(quoted, fc.array(quoted, { maxLength: 4 }), (text, others) => {
      const token = tokenOf(text);
      const bytes = Buffer.from([...others, text, ...others].join(','));
      const { view } = viewed(bytes);
      const own = Buffer.from(text);
      return [...bytes.keys()].every(
        (at) => isToken(token, view, at) === own.equals(bytes.subarray(at, at + own.length)),
      );
    }),
  );
});

t.test('a byte that differs makes another text, wherever it is', async (t) => {
  for (let length = 4; length <= 13; length++) {
    const text = 'abcdefghijklm'.slice(0, length);
    const token = tokenOf(text);
    for (let at = 0; at < length; at++) {
      const bytes = Buffer.from(text);
      bytes[at]! ^= 1;
      t.notOk(isToken(token, viewed(bytes).view, 0), `${length} bytes, the ${at}th`);
    }
    t.ok(isToken(token, viewed(Buffer.from(text)).view, 0));
    t.notOk(isToken(token, viewed(Buffer.from(text).subarray(0, length - 1)).view, 0), 'cut');
  }
});

t.test('a text of less than four bytes is no token', async (t) => {
  t.throws(() => tokenOf('"a"'), RangeError);
});
