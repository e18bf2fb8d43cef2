/**
 * What a run writes: SCHEMA messages before everything, records, and STATE messages that cover only what stands before them.
 *
 * Records are messages, or lines of files that BATCH messages hand over. A STATE waits until every file that was begun
 * before it is handed over: when one is full, all are, so that the state is the state of everything. A file for each
 * window would be a file for a few records.
 */
import { bytesOf } from '../json/byte-writer.ts';
import {
  activateVersionMessage,
  batchMessage,
  type FrameAt,
  lineFrame,
  recordFrame,
  schemaMessage,
  stateMessage,
} from '../singer/messages.ts';
import type { SelectedStream } from '../singer/selection.ts';
import { type State, withCurrentlySyncing } from '../singer/state.ts';
import type { BatchFiles } from './batch-files.ts';
import type { RecordLine } from './rows.ts';

/** Resolves when the text is taken. */
export type Write = (text: string | Uint8Array) => Promise<void>;

/** A stream and, where the target is to remove what was not in the list, the version of its records. */
export interface Versioned {
  readonly stream: SelectedStream;
  readonly version: number | undefined;
}

export interface MessageOutput {
  /** True once anything was written. */
  hasBegun(): boolean;
  /** What stands around a record of the stream. */
  frame(of: Versioned): FrameAt;
  /** Writes the schemas and the state that the run began with, once. */
  begin(): Promise<void>;
  records(of: Versioned, lines: readonly RecordLine[]): Promise<void>;
  activateVersion(stream: SelectedStream, version: number): Promise<void>;
  /** Replaces the state by what `change` makes of it, and writes it where it differs from the last, and may be written. */
  state(change: (state: State) => State): Promise<void>;
  /** Hands over what is left, and writes the state. Where that fails, the last line is the state before it. */
  end(change: (state: State) => State): Promise<void>;
  /** The state that was written last; undefined if none was. */
  lastState(): State | undefined;
}

/** @param files for records that are to be handed over as files */
export function createMessageOutput(
  write: Write,
  streams: readonly SelectedStream[],
  initial: State,
  files?: BatchFiles,
): MessageOutput {
  let state = initial;
  /** All that was written before it is handed over. */
  let safe = initial;
  let lastState: string | undefined;
  let taken: State | undefined;
  let hasBegun = false;

  async function writeSafeState(): Promise<void> {
    const message = stateMessage(safe);
    if (message === lastState) return;
    lastState = message;
    const written = safe;
    await write(message);
    taken = written;
  }

  async function writeState(): Promise<void> {
    if (files !== undefined && files.open().length > 0) return;
    safe = state;
    await writeSafeState();
  }

  async function begin(): Promise<void> {
    if (hasBegun) return;
    hasBegun = true;
    for (const stream of streams) await write(schemaOf(stream));
    await writeState();
  }

  async function handOver(): Promise<void> {
    for (const id of files?.open() ?? []) {
      const file = await files!.end(id);
      lastState = undefined;
      if (file !== undefined) await write(batchMessage(nameOf(id, streams), files!.compression, file));
    }
    await writeState();
  }

  return {
    hasBegun: () => hasBegun,
    lastState: () => taken,
    frame: (of) => (filesOf(of, files) === undefined ? recordFrame(of.stream.name, of.version) : () => lineFrame),
    begin,
    records: async (of, lines) => {
      await begin();
      state = withCurrentlySyncing(state, of.stream.id);
      // The last line of a run is a STATE, as some targets print no other.
      lastState = undefined;
      const into = filesOf(of, files);
      if (into === undefined) await write(bytesOf(lines));
      else await fill(into, of.stream.id, lines, handOver);
    },
    activateVersion: async (stream, version) => {
      await begin();
      lastState = undefined;
      await write(activateVersionMessage(stream.name, version));
    },
    state: async (change) => {
      await begin();
      state = change(state);
      await writeState();
    },
    end: async (change) => {
      await begin();
      state = change(state);
      try {
        await handOver();
      } catch (error) {
        await writeSafeState();
        throw error;
      }
    },
  };
}

function nameOf(id: string, streams: readonly SelectedStream[]): string {
  return streams.find((stream) => stream.id === id)!.name;
}

function schemaOf({ name, schema, keyProperties, replicationKey }: SelectedStream): string {
  return schemaMessage(name, schema, keyProperties, replicationKey);
}

/** Writes records to the file of a stream, and has it handed over each time that it is full. */
async function fill(
  files: BatchFiles,
  stream: string,
  lines: readonly RecordLine[],
  handOver: () => Promise<void>,
): Promise<void> {
  for (let from = 0; from < lines.length; ) {
    const some = lines.slice(from, from + files.room(stream));
    await files.append(stream, bytesOf(some), some.length);
    from += some.length;
    if (files.room(stream) === 0) await handOver();
  }
}

/**
 * A target removes what is of an older version, and the lines of a file have none: the Meltano SDK's takes that for the
 * oldest, and removes all that it has just loaded.
 */
function filesOf({ version }: Versioned, files: BatchFiles | undefined): BatchFiles | undefined {
  return version === undefined ? files : undefined;
}
