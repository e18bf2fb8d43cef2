/** What a run writes: SCHEMA messages before everything, records, and STATE messages that cover only what stands before them. */
import { bytesOf } from '../json/byte-writer.ts';
import { activateVersionMessage, schemaMessage, stateMessage } from '../singer/messages.ts';
import type { SelectedStream } from '../singer/selection.ts';
import { type State, withCurrentlySyncing } from '../singer/state.ts';
import type { RecordLine } from './rows.ts';

/** Resolves when the text is taken. */
export type Write = (text: string | Uint8Array) => Promise<void>;

export interface MessageOutput {
  /** True once anything was written. */
  hasBegun(): boolean;
  /** Writes the schemas and the state that the run began with, once. */
  begin(): Promise<void>;
  records(stream: SelectedStream, lines: readonly RecordLine[]): Promise<void>;
  activateVersion(stream: SelectedStream, version: number): Promise<void>;
  /** Replaces the state by what `change` makes of it, and writes it where it differs from the last. */
  state(change: (state: State) => State): Promise<void>;
  /** The state that was written last; undefined if none was. */
  lastState(): State | undefined;
}

export function createMessageOutput(write: Write, streams: readonly SelectedStream[], initial: State): MessageOutput {
  let state = initial;
  let lastState: string | undefined;
  let taken: State | undefined;
  let hasBegun = false;

  async function writeState(): Promise<void> {
    const message = stateMessage(state);
    if (message === lastState) return;
    lastState = message;
    const written = state;
    await write(message);
    taken = written;
  }

  async function begin(): Promise<void> {
    if (hasBegun) return;
    hasBegun = true;
    for (const { name, schema, keyProperties, replicationKey } of streams) {
      await write(schemaMessage(name, schema, keyProperties, replicationKey));
    }
    await writeState();
  }

  return {
    hasBegun: () => hasBegun,
    lastState: () => taken,
    begin,
    records: async (stream, lines) => {
      await begin();
      state = withCurrentlySyncing(state, stream.id);
      // The last line of a run is a STATE, as some targets print no other.
      lastState = undefined;
      await write(bytesOf(lines));
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
  };
}
