/** stdout within one process: whole lines in small units, taken one after the other, and what a stop or a lost reader does. */
import { execFileSync } from 'node:child_process';
import { closeSync, constants, openSync, readSync } from 'node:fs';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import t from 'tap';
import { createOutput, OutputClosed } from '../src/sync/output.ts';
import { settle } from './support/clock.ts';

/** A reader that takes each unit when the test says so, or at once. */
function reader({ isSlow = false } = {}) {
  const units: string[] = [];
  const waiting: (() => void)[] = [];
  const stream = new Writable({
    highWaterMark: 1,
    write: (chunk: Buffer, _, taken) => {
      units.push(chunk.toString());
      if (isSlow) waiting.push(taken);
      else taken();
    },
  });
  return { stream, units, take: () => waiting.shift()!() };
}

const never = new AbortController().signal;
const onlyPosix = process.platform === 'win32' && 'pipes have names of another kind here';
const line = (length: number, letter = 'x') => `${letter.repeat(length - 1)}\n`;

t.test('lines are written in units of whole lines, each as large as fits', async (t) => {
  const { stream, units } = reader();
  const lines = [...Array(9).fill(line(1024, 'a')), line(4096, 'b'), line(4097, 'c'), line(2, 'd'), line(9000, 'e')];
  const text = lines.join('');
  await createOutput(stream, never).write(text);
  t.equal(units.join(''), text);
  t.strictSame(
    units.map(({ length }) => length),
    [4096, 4096, 1024, 4096, 4097, 2, 9000],
  );
});

t.test('what is short is one unit, and so is a line without an end', async (t) => {
  const { stream, units } = reader();
  const { write } = createOutput(stream, never);
  for (const text of ['', 'a\n', 'a\nb\n', line(4096), 'x'.repeat(5000)]) await write(text);
  t.strictSame(units, ['a\n', 'a\nb\n', line(4096), 'x'.repeat(5000)]);
});

t.test('a unit is cut behind the last line that fits, however short that is', async (t) => {
  const cuts: readonly (readonly string[])[] = [
    [line(4000), line(97) + line(10)],
    [line(4000), line(98) + line(10)],
    ['\n', line(5000)],
    [line(4096), 'a\nb'],
    [`a\n${'x'.repeat(4094)}`],
  ];
  for (const expected of cuts) {
    const { stream, units } = reader();
    await createOutput(stream, never).write(expected.join(''));
    t.strictSame(units, expected);
  }
});

t.test('bytes are written as they stand in their buffer, texts as UTF-8', async (t) => {
  const { stream, units } = reader();
  const { write } = createOutput(stream, never);
  await write(new Uint8Array(Buffer.from('before\u00e9\nafter')).subarray(6, 9));
  await write('\u00e9\n');
  t.strictSame(units, ['\u00e9\n', '\u00e9\n']);
});

t.test('a write is done when all of it is taken, unit by unit', async (t) => {
  const { stream, units, take } = reader({ isSlow: true });
  const { write, isWithinLine } = createOutput(stream, never);
  t.equal(isWithinLine(), false);
  let isDone = false;
  const writing = write(line(4000, 'a') + line(5000, 'b')).then(() => {
    isDone = true;
  });
  await settle();
  t.strictSame(
    [units.length, isDone, isWithinLine()],
    [1, false, false],
    'a unit that a pipe takes whole or not at all',
  );
  take();
  await settle();
  t.strictSame([units.length, isDone, isWithinLine()], [2, false, true], 'a line that may be half taken');
  take();
  await writing;
  t.strictSame([isDone, isWithinLine()], [true, false]);
  const last = write(line(4096));
  t.equal(isWithinLine(), process.platform !== 'linux', 'a pipe of Linux takes so much whole');
  take();
  await last;
});

t.test('a stop ends a write at the end of a line, and what is written after it is written whole', async (t) => {
  const { stream, units, take } = reader({ isSlow: true });
  const stop = new AbortController();
  const { write } = createOutput(stream, stop.signal);
  const writing = write(line(4000, 'a') + line(4000, 'b'));
  stop.abort(new Error('stopped'));
  take();
  await t.rejects(writing, { message: 'stopped' });
  const last = write(line(4000, 'c') + line(4000, 'd'));
  take();
  await settle();
  take();
  await last;
  t.strictSame(
    units.map(([letter]) => letter),
    ['a', 'c', 'd'],
  );
});

t.test('a stop behind the last line of a write comes too late for it', async (t) => {
  const { stream, take } = reader({ isSlow: true });
  const stop = new AbortController();
  const writing = createOutput(stream, stop.signal).write(line(100));
  stop.abort(new Error('stopped'));
  take();
  await writing;
  t.equal(stream.writableLength, 0);
});

t.test('a reader that is gone fails the write that waits, and each one after it', async (t) => {
  const failure = Object.assign(new Error('write EPIPE'), { code: 'EPIPE' });
  const stream = new Writable({ write: (_, __, taken) => setImmediate(taken, failure) });
  stream.on('error', () => {});
  const { write } = createOutput(stream, never);
  const closed = {
    name: 'OutputClosed',
    message: 'the output cannot be written (EPIPE): the reader of stdout is gone',
  };
  await t.rejects(write('a\n'), closed);
  await t.rejects(write('b\n'), closed);
  t.equal(
    new OutputClosed(new Error('no code')).message,
    'the output cannot be written (no code): the reader of stdout is gone',
  );
  t.equal(new OutputClosed(failure).remedy, 'end the run');
  const full = Object.assign(new Error('write ENOSPC'), { code: 'ENOSPC' });
  t.equal(new OutputClosed(full).message, 'the output cannot be written (ENOSPC): no space is left where stdout goes');
});

t.test('an output that was closed without an error fails too', async (t) => {
  const { stream } = reader();
  stream.on('error', () => {});
  stream.destroy();
  await t.rejects(createOutput(stream, never).write('a\n'), { name: 'OutputClosed' });
});

t.test('what the reader takes at once goes past the stream, and the rest by it', { skip: onlyPosix }, async (t) => {
  const folder = t.testdir();
  const path = join(folder, 'pipe');
  execFileSync('mkfifo', [path]);
  const fd = openSync(path, constants.O_RDWR | constants.O_NONBLOCK);
  t.teardown(() => closeSync(fd));
  const { stream, units, take } = reader({ isSlow: true });
  const { write, isWithinLine } = createOutput(Object.assign(stream, { fd }), never);
  const lines = Array.from({ length: 40 }, (_, index) => line(4096, String.fromCharCode(0x30 + index)));
  const writing = write(lines.join(''));
  await settle();
  t.equal(units.length, 1, 'the pipe is full, and the stream waits');
  t.equal(isWithinLine(), false);
  const piped: string[] = [];
  const chunk = Buffer.alloc(4096);
  while (piped.length + units.length < lines.length) {
    if (stream.writableLength > 0) take();
    piped.push(chunk.toString('utf8', 0, readSync(fd, chunk)));
    await settle();
  }
  await writing;
  t.ok(piped.length > units.length, 'most of it went by the pipe');
  t.strictSame([...piped, ...units].sort(), lines, 'each line once, and whole');
});

t.test('a descriptor that cannot be written is an output that is closed', async (t) => {
  const { stream, units } = reader();
  const fd = openSync(import.meta.filename, 'r');
  t.teardown(() => closeSync(fd));
  await t.rejects(createOutput(Object.assign(stream, { fd }), never).write('a\n'), {
    name: 'OutputClosed',
    message: 'the output cannot be written (EBADF): the reader of stdout is gone',
  });
  t.strictSame(units, []);
});

t.test('a terminal is written by its stream alone', async (t) => {
  const { stream, units } = reader();
  await createOutput(Object.assign(stream, { fd: -1, isTTY: true }), never).write('a\n');
  t.strictSame(units, ['a\n']);
});
