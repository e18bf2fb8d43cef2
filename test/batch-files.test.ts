/** The files of BATCH messages within one process: their names, when they are whole, and what becomes of one that fails. */
import { mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';
import t, { type Test } from 'tap';
import type { BatchConfig } from '../src/batch-config.ts';
import { BatchFailed, openBatchFiles } from '../src/sync/batch-files.ts';
import { now } from './support/runs.ts';
import { workFolder } from './support/tap.ts';

function open(t: Test, more: Partial<BatchConfig> = {}) {
  const work = workFolder();
  t.teardown(work.remove);
  const folder = join(work.path, 'files');
  mkdirSync(folder);
  return { folder, files: openBatchFiles({ folder, prefix: 'acme-', compression: 'none', size: 3, ...more }, now) };
}

const line = (text: string) => Buffer.from(`${text}\n`);

t.test('a file has its name when it is ended, and all of its lines', async (t) => {
  for (const compression of ['none', 'gzip'] as const) {
    const { folder, files } = open(t, { compression });
    t.equal(files.compression, compression);
    t.strictSame(readdirSync(folder), [], 'the file that tried the folder is gone');
    const bytes = line('"a"');
    await files.append('banks', bytes, 1);
    bytes.fill('x');
    await files.append('banks', line('"b"'), 1);
    t.match(readdirSync(folder).join(), /^\.acme-banks-[^,]*\.part$/);
    const address = await files.end('banks');
    const path = fileURLToPath(address!);
    t.strictSame(
      readdirSync(folder).map((name) => join(folder, name)),
      [path],
    );
    const content = readFileSync(path);
    t.equal((compression === 'gzip' ? gunzipSync(content) : content).toString(), '"a"\n"b"\n');
    const ending = compression === 'gzip' ? '\\.jsonl\\.gz' : '\\.jsonl';
    t.match(path, new RegExp(`/acme-banks-20260630T120000Z-[0-9a-f]{8}-000001${ending}$`));
  }
});

t.test('there is room for so many records in the file of each stream', async (t) => {
  const { files } = open(t);
  t.equal(files.room('banks'), 3);
  await files.append('banks', line('1'), 1);
  await files.append('banks', line('2\n3'), 2);
  t.strictSame([files.room('banks'), files.room('plans')], [0, 3]);
  await files.end('banks');
  t.equal(files.room('banks'), 3, 'in the next');
});

t.test('each stream has its own file, and its files are in order', async (t) => {
  const { folder, files } = open(t);
  t.strictSame(files.open(), []);
  for (const stream of ['plans', 'banks', 'plans']) await files.append(stream, line(stream), 1);
  t.strictSame(files.open(), ['plans', 'banks'], 'the oldest first');
  const first = await files.end('plans');
  t.strictSame(files.open(), ['banks']);
  await files.append('plans', line('more'), 1);
  const second = await files.end('plans');
  t.ok(first! < second!, `${first} before ${second}`);
  t.equal(await files.end('plans'), undefined);
  await files.end('banks');
  t.equal(readdirSync(folder).length, 3);
  t.equal(readFileSync(fileURLToPath(first!), 'utf8'), 'plans\nplans\n');
});

t.test('two runs that begin at once have names of their own', async (t) => {
  const { folder, files } = open(t);
  const other = openBatchFiles({ folder, prefix: 'acme-', compression: 'none', size: 3 }, now);
  for (const one of [files, other]) {
    await one.append('banks', line('1'), 1);
    await one.end('banks');
  }
  t.equal(readdirSync(folder).length, 2);
});

t.test('what is not ended is removed when it is given up, and what is ended stays', async (t) => {
  const { folder, files } = open(t);
  await files.append('banks', line('1'), 1);
  await files.end('banks');
  await files.append('banks', line('2'), 1);
  await files.append('plans', line('3'), 1);
  t.equal(readdirSync(folder).length, 3);
  files.discard();
  t.match(readdirSync(folder).join(), /^acme-banks-[^,]*$/);
  t.strictSame(files.open(), []);
  t.doesNotThrow(() => files.discard());
});

t.test('a folder that goes away fails the file that is ended, and the next', async (t) => {
  const { folder, files } = open(t);
  await files.append('banks', line('1'), 1);
  renameSync(folder, `${folder}-gone`);
  const message = `the batch folder ${folder} cannot be written: it, or the file in it, was removed; the records are read again by the next run`;
  await t.rejects(files.end('banks'), { name: 'BatchFailed', remedy: 'end the run', message });
  t.strictSame(files.open(), ['banks'], 'it is not handed over');
  await t.rejects(files.append('plans', line('2'), 1), { name: 'BatchFailed', message });
  t.doesNotThrow(() => files.discard());
});

t.test('the cause is said in words, or by its code', async (t) => {
  const why = (error: object) => /written: (.*); the/.exec(new BatchFailed('/f', error).message)?.[1];
  t.equal(why({ code: 'ENOSPC', message: 'no' }), 'the disk is full');
  t.equal(why({ code: 'EXDEV', message: 'no' }), 'EXDEV');
  t.equal(why(new Error('no')), 'no');
});

t.test('a folder that cannot be written is found at once', async (t) => {
  const { folder } = open(t);
  const opening =
    (folder: string, prefix = '') =>
    () =>
      openBatchFiles({ folder, prefix, compression: 'none', size: 3 }, now);
  const wrong = (path: string) => `setting batch_config: storage.root: the folder ${path}`;
  const none = join(folder, 'none');
  t.throws(opening(none), {
    name: 'UserError',
    message: `${wrong(none)} does not exist: make it, or correct the path`,
  });
  const file = join(folder, 'a.txt');
  writeFileSync(file, 'x');
  t.throws(opening(file), { name: 'UserError', message: `${wrong(file)} is no folder: name one` });
  const unwritten = `${wrong(folder)} cannot be written (ENAMETOOLONG): let the tap write there, or choose another`;
  t.throws(opening(folder, 'x'.repeat(300)), { name: 'UserError', message: unwritten });
});
