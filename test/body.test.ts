/** How the body of an answer gets into its buffer, however it comes. */
import type { IncomingMessage } from 'node:http';
import { PassThrough } from 'node:stream';
import { gzipSync } from 'node:zlib';
import t from 'tap';
import { newByteWriter } from '../src/json/byte-writer.ts';
import { createReadBody, type ReadBody } from '../src/paystack/body.ts';
import { WrongAnswer } from '../src/paystack/errors.ts';
import { settle } from './support/clock.ts';

/** A body on its way. */
function reading(readBody: ReadBody, encoding?: string, isOver = () => false) {
  const incoming = Object.assign(new PassThrough(), { headers: { 'content-encoding': encoding } });
  const body = newByteWriter(10);
  const ended = { isOver: false };
  const read = readBody(incoming as unknown as IncomingMessage, body, isOver).finally(() => {
    ended.isOver = true;
  });
  read.catch(() => {});
  const text = () => Buffer.from(body.bytes.subarray(0, body.length)).toString();
  return { incoming, body, read, ended, text };
}

const sizeOf = (megabytes: number, letter = 'x') => Buffer.alloc(megabytes * 1_000_000, letter);

t.test('a body is put into its buffer, packed or not', async (t) => {
  for (const encoding of [undefined, 'identity', 'gzip']) {
    const { incoming, read, text } = reading(createReadBody(), encoding);
    const bytes = Buffer.from('{"status":true}');
    const sent = encoding === 'gzip' ? gzipSync(bytes) : bytes;
    incoming.write(sent.subarray(0, 5));
    await settle();
    incoming.end(sent.subarray(5));
    await read;
    t.equal(text(), '{"status":true}');
  }
});

t.test('another encoding is not what was asked for', async (t) => {
  const { read } = reading(createReadBody(), 'br');
  await t.rejects(read, new WrongAnswer('answered in the encoding br, which was not asked for'));
});

t.test('a body that is too large is broken off, whichever of its sizes it is', async (t) => {
  const tooLarge = new WrongAnswer('answered with more than 0.01 MB, which is too much: set page_size lower');
  const readBody = createReadBody(10_000);
  const exact = reading(readBody);
  exact.incoming.write(Buffer.alloc(9999));
  exact.incoming.end('x');
  await exact.read;
  t.equal(exact.body.length, 10_000);
  const plain = reading(readBody);
  plain.incoming.write(Buffer.alloc(10_000));
  plain.incoming.write('x');
  await t.rejects(plain.read, tooLarge);
  const unpacked = reading(readBody, 'gzip');
  unpacked.incoming.write(gzipSync(Buffer.alloc(10_001)));
  await t.rejects(unpacked.read, tooLarge);
  await settle();
  t.equal(unpacked.incoming.listenerCount('unpipe'), 0);
  t.equal(unpacked.incoming.listenerCount('data'), 1, 'what still comes is counted, and not unpacked');
  const packed = reading(readBody, 'gzip');
  // Of nothing, over and over.
  const nothing = gzipSync('');
  for (let nth = 0; nth <= 10_000 / nothing.length; nth++) packed.incoming.write(nothing);
  await t.rejects(packed.read, tooLarge);
});

t.test('a body that breaks off, or cannot be unpacked, is an error', async (t) => {
  for (const encoding of [undefined, 'gzip']) {
    const { incoming, read } = reading(createReadBody(), encoding);
    incoming.destroy(new Error('broken off'));
    await t.rejects(read, { message: 'broken off' });
  }
  const { incoming, read } = reading(createReadBody(), 'gzip');
  incoming.end('this is not packed');
  t.match(await read.catch((error: Error) => error), { code: 'Z_DATA_ERROR' });
});

t.test('once nobody waits for it, the buffer is left alone', async (t) => {
  let isOver = false;
  const { incoming, read, text } = reading(createReadBody(), undefined, () => isOver);
  incoming.write('a');
  await settle();
  isOver = true;
  incoming.end('b');
  await read;
  t.equal(text(), 'a');
  const large = reading(createReadBody(), undefined, () => large.incoming.writableEnded);
  large.incoming.write(sizeOf(5));
  await settle();
  t.equal(large.body.length, 5_000_000);
  large.incoming.end();
  large.body.length = 3;
  await large.read;
  t.equal(large.body.length, 3);
});

t.test('two large bodies are read at a time, the others wait, and small ones do not', async (t) => {
  const readBody = createReadBody();
  const large = ['a', 'b', 'c', 'd'].map((letter) => ({ letter, ...reading(readBody) }));
  for (const { incoming, letter } of large) incoming.write(sizeOf(4, letter));
  await settle();
  t.same(
    large.map(({ incoming }) => incoming.isPaused()),
    [false, false, false, false],
    'four megabytes are not large yet',
  );
  for (const { incoming, letter } of large) incoming.write(letter);
  await settle();
  const paused = () => large.map(({ incoming }) => incoming.isPaused());
  t.same(paused(), [false, false, true, true]);
  for (const { incoming, letter } of large) incoming.end(letter);
  const small = reading(readBody);
  small.incoming.end('small');
  await small.read;
  await Promise.all([large[0]!.read, large[1]!.read]);
  await Promise.all([large[2]!.read, large[3]!.read]);
  for (const { letter, body, text } of large) {
    t.equal(body.length, 4_000_002);
    t.ok(text().endsWith(letter.repeat(10)) && text().startsWith(letter.repeat(10)));
  }
});

t.test('who breaks off while waiting takes no place, and who breaks off while reading gives it back', async (t) => {
  const readBody = createReadBody();
  const [first, second, third, fourth, fifth] = ['a', 'b', 'c', 'd', 'e'].map((letter) => {
    const one = reading(readBody);
    one.incoming.write(sizeOf(5, letter));
    return one;
  });
  await settle();
  third!.incoming.destroy(new Error('broken off'));
  await t.rejects(third!.read, { message: 'broken off' });
  first!.incoming.destroy(new Error('broken off'));
  await t.rejects(first!.read, { message: 'broken off' });
  await settle();
  t.same([fourth!.incoming.isPaused(), fifth!.incoming.isPaused()], [false, true]);
  for (const one of [second, fourth, fifth]) one!.incoming.end('!');
  for (const one of [second, fourth, fifth]) {
    await one!.read;
    t.equal(one!.body.length, 5_000_001);
  }
  const [next, after, waiting] = [reading(readBody), reading(readBody), reading(readBody)];
  for (const { incoming } of [next, after, waiting]) incoming.write(sizeOf(5));
  await settle();
  t.same(
    [next, after, waiting].map(({ incoming }) => incoming.isPaused()),
    [false, false, true],
  );
  for (const { incoming } of [next, after, waiting]) incoming.end();
  await Promise.all([next.read, after.read, waiting.read]);
});
