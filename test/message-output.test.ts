/** In which order messages stand, and that no STATE covers what is not written before it. */
import { rmSync } from 'node:fs';
import t, { type Test } from 'tap';
import { parseState, type State } from '../src/singer/state.ts';
import { type BatchFiles, openBatchFiles } from '../src/sync/batch-files.ts';
import { createMessageOutput, type MessageOutput, type Versioned } from '../src/sync/message-output.ts';
import type { RecordLine } from '../src/sync/rows.ts';
import { readBatch } from './support/batches.ts';
import { now, selectedStreams } from './support/runs.ts';
import { type Json, workFolder } from './support/tap.ts';

const streams = selectedStreams('banks', 'plans');
const [banks, plans] = streams.map((stream) => ({ stream, version: undefined }));

interface Begun {
  readonly output: MessageOutput;
  /** What is written: the type, and what else matters. */
  readonly written: unknown[][];
  /** Fails the writes from now on. */
  fail(): void;
}

function begin(files?: BatchFiles, initial: State = parseState({ bookmarks: {} })): Begun {
  const written: unknown[][] = [];
  let isFailing = false;
  const write = async (text: string | Uint8Array) => {
    if (isFailing) throw new Error('gone');
    for (const line of Buffer.from(text).toString().trimEnd().split('\n')) written.push(briefly(JSON.parse(line)));
  };
  const fail = () => {
    isFailing = true;
  };
  return { output: createMessageOutput(write, streams, initial, files), written, fail };
}

function briefly(message: Json): unknown[] {
  switch (message.type) {
    case 'SCHEMA':
      return ['SCHEMA', message.stream, message.key_properties, message.bookmark_properties];
    case 'RECORD':
      return ['RECORD', message.stream, message.record];
    case 'BATCH':
      return ['BATCH', message.stream, readBatch(message).records];
    case 'STATE':
      return ['STATE', message.value.bookmarks, message.value.currently_syncing];
    default:
      return [message.type, message.stream, message.version];
  }
}

/** Lines as they come from rows: what the frame puts around each record. */
function lines(output: MessageOutput, of: Versioned | undefined, ...records: readonly number[]): RecordLine[] {
  const { before, after } = output.frame(of!)(now);
  return records.map((record) => {
    const bytes = Buffer.concat([before, Buffer.from(String(record)), after]);
    return { bytes, from: 0, to: bytes.length, misfits: [], asked: [] };
  });
}

function folderOf(t: Test): string {
  const { path, remove } = workFolder();
  t.teardown(remove);
  return path;
}

function filesFor(t: Test, size: number): BatchFiles {
  return openBatchFiles({ folder: folderOf(t), prefix: '', compression: 'none', size }, now);
}

const marked = (stream: string, mark: number) => (state: State) => ({
  ...state,
  bookmarks: { ...state.bookmarks, [stream]: { mark } },
});
const same = (state: State) => state;
const schemas = [
  ['SCHEMA', 'banks', ['id'], undefined],
  ['SCHEMA', 'plans', ['id'], ['createdAt']],
];

t.test('schemas and the first state come before everything, once, and not before they must', async (t) => {
  const state = parseState({ bookmarks: { plans: { mark: 0 } } });
  for (const first of [
    (output: MessageOutput) => output.begin(),
    (output: MessageOutput) => output.state(same),
    (output: MessageOutput) => output.end(same),
  ]) {
    const { output, written } = begin(undefined, state);
    t.strictSame([written, output.hasBegun(), output.lastState()], [[], false, undefined]);
    await first(output);
    t.equal(output.hasBegun(), true);
    await output.begin();
    t.strictSame(written, [...schemas, ['STATE', { plans: { mark: 0 } }, undefined]]);
    t.equal(output.lastState(), state);
  }
});

t.test('a stream has the name that was chosen for it', async (t) => {
  const written: Json[] = [];
  const renamed = { ...banks!.stream, name: 'my banks' };
  const output = createMessageOutput(async (text) => void written.push(text), [renamed], parseState({ bookmarks: {} }));
  await output.begin();
  t.match(JSON.parse(String(written[0])), { type: 'SCHEMA', stream: 'my banks' });
  const { before } = output.frame({ stream: renamed, version: undefined })(now);
  t.match(before.toString(), '"stream":"my banks"');
});

t.test('a state is written where it differs from the last, and behind records', async (t) => {
  const { output, written } = begin();
  await output.records(banks!, lines(output, banks, 1, 2));
  t.strictSame(written.slice(schemas.length), [
    ['STATE', {}, undefined],
    ['RECORD', 'banks', 1],
    ['RECORD', 'banks', 2],
  ]);
  written.length = 0;
  await output.state(marked('banks', 1));
  await output.state(same);
  await output.state(marked('banks', 1));
  t.strictSame(written, [['STATE', { banks: { mark: 1 } }, 'banks']]);
  t.match(output.lastState(), { bookmarks: { banks: { mark: 1 } } });
  written.length = 0;
  await output.records(plans!, lines(output, plans, 3));
  await output.records(plans!, lines(output, plans, 4));
  await output.end(same);
  t.strictSame(written, [
    ['RECORD', 'plans', 3],
    ['RECORD', 'plans', 4],
    ['STATE', { banks: { mark: 1 } }, 'plans'],
  ]);
});

t.test('the last line is a state, though it says nothing new', async (t) => {
  const { output, written } = begin();
  await output.records(banks!, lines(output, banks, 1));
  await output.state(same);
  await output.records(banks!, lines(output, banks, 2));
  await output.end(same);
  t.strictSame(written.at(-1), ['STATE', {}, 'banks']);
  const { length } = written;
  await output.activateVersion(banks!.stream, 7);
  await output.end(same);
  t.strictSame(written.slice(length), [
    ['ACTIVATE_VERSION', 'banks', 7],
    ['STATE', {}, 'banks'],
  ]);
});

t.test('a version is activated behind the schemas, and records carry it', async (t) => {
  const { output, written } = begin(filesFor(t, 2));
  await output.activateVersion(banks!.stream, 7);
  t.strictSame(
    written.map(([type]) => type),
    ['SCHEMA', 'SCHEMA', 'STATE', 'ACTIVATE_VERSION'],
  );
  const versioned = { ...banks!, version: 7 };
  t.match(output.frame(versioned)(now).after.toString(), '"version":7');
  await output.records(versioned, lines(output, versioned, 1));
  t.strictSame(written.at(-1), ['RECORD', 'banks', 1], 'and are no lines of a file');
});

t.test('a state that was not taken is not the last', async (t) => {
  const { output, fail } = begin();
  await output.state(marked('banks', 1));
  fail();
  await t.rejects(output.state(marked('banks', 2)), { message: 'gone' });
  t.match(output.lastState(), { bookmarks: { banks: { mark: 1 } } });
});

t.test('with files, a state waits until all that was begun before it is handed over', async (t) => {
  const { output, written } = begin(filesFor(t, 3));
  await output.records(banks!, lines(output, banks, 1));
  await output.state(marked('banks', 1));
  await output.records(plans!, lines(output, plans, 2, 3));
  await output.state(marked('plans', 1));
  t.strictSame(written.slice(schemas.length), [['STATE', {}, undefined]], 'no file is full');
  written.length = 0;
  await output.records(plans!, lines(output, plans, 4, 5));
  t.strictSame(written, [
    ['BATCH', 'banks', [1]],
    ['BATCH', 'plans', [2, 3, 4]],
    ['STATE', { banks: { mark: 1 }, plans: { mark: 1 } }, 'plans'],
  ]);
  written.length = 0;
  await output.state(marked('plans', 2));
  t.strictSame(written, [], 'one record is in no file that is handed over');
  await output.end(marked('plans', 3));
  t.strictSame(written, [
    ['BATCH', 'plans', [5]],
    ['STATE', { banks: { mark: 1 }, plans: { mark: 3 } }, 'plans'],
  ]);
});

t.test('with files, records fill one after the other, each as full as it may be', async (t) => {
  const { output, written } = begin(filesFor(t, 2));
  await output.records(banks!, lines(output, banks, 1));
  await output.records(banks!, lines(output, banks, 2, 3, 4, 5, 6));
  const handed = written.filter(([type]) => type === 'BATCH').map(([, , records]) => records);
  t.strictSame(handed, [
    [1, 2],
    [3, 4],
    [5, 6],
  ]);
  await output.state(marked('banks', 1));
  t.strictSame(written.at(-1), ['STATE', { banks: { mark: 1 } }, 'banks'], 'nothing is left in a file');
});

t.test('a file that cannot be handed over at the end: the last line is the state before it', async (t) => {
  const folder = folderOf(t);
  const { output, written } = begin(openBatchFiles({ folder, prefix: '', compression: 'none', size: 2 }, now));
  await output.records(banks!, lines(output, banks, 1, 2));
  await output.state(marked('banks', 1));
  await output.records(banks!, lines(output, banks, 3));
  const { length } = written;
  rmSync(folder, { recursive: true });
  await t.rejects(output.end(marked('banks', 2)), { name: 'BatchFailed' });
  t.strictSame(written.slice(length), [['STATE', { banks: { mark: 1 } }, 'banks']]);
});
