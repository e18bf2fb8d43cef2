/** Runs that are stopped at a moment of the test's own choosing, and what a target would have of them. */
import { text } from 'node:stream/consumers';
import { type Json, type SyncInput, selecting, startTap, workFolder } from './tap.ts';

export interface Stopped {
  /** Null if a signal ended it. */
  readonly code: number | null;
  readonly stderr: string;
  /** All of them that are whole lines. */
  readonly messages: readonly Json[];
  /** Records by stream. */
  readonly records: Readonly<Record<string, readonly Json[]>>;
  /** The value of the last STATE among them; undefined if there is none. */
  readonly state: Json;
}

export interface Running {
  /** Stops the run; once is enough. */
  stop(signal: NodeJS.Signals): void;
  readonly ended: Promise<Stopped>;
}

export function startSync(input: Pick<SyncInput, 'config' | 'state' | 'streams'>): Running {
  const folder = workFolder();
  const args = ['--config', folder.file('config.json', input.config)];
  if (input.state !== undefined) args.push('--state', folder.file('state.json', input.state));
  args.push('--catalog', folder.file('catalog.json', selecting(input.streams ?? [])));
  const child = startTap(args);
  const ended = Promise.all([
    text(child.stdout!),
    text(child.stderr!),
    new Promise<number | null>((resolve) => child.on('close', resolve)),
  ]).then(([stdout, stderr, code]) => {
    folder.remove();
    return { code, stderr, ...received(stdout) };
  });
  return {
    stop: (signal) => {
      if (child.exitCode === null) child.kill(signal);
    },
    ended,
  };
}

/** What whole lines say. */
export function received(stdout: string): Pick<Stopped, 'messages' | 'records' | 'state'> {
  const lines = stdout
    .slice(0, stdout.lastIndexOf('\n') + 1)
    .split('\n')
    .slice(0, -1);
  const messages = lines.map((line) => JSON.parse(line) as Json);
  const records: Record<string, Json[]> = {};
  let state: Json;
  for (const message of messages) {
    if (message.type === 'STATE') state = message.value;
    if (message.type !== 'RECORD') continue;
    records[message.stream] ??= [];
    records[message.stream]!.push(message.record);
  }
  return { messages, records, state };
}
