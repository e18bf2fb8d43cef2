/** A target that is handed run after run, whatever becomes of them, and the runs that it is handed. */
import { readFileSync } from 'node:fs';
import { type Json, startTap } from './tap.ts';

export type Ending = 'SIGKILL' | 'SIGTERM' | 'SIGINT' | 'close';

export const endings: readonly Ending[] = ['SIGKILL', 'SIGTERM', 'SIGINT', 'close'];

export interface Target {
  /** The last version of each record, by stream and id, as `keep` has it. */
  readonly records: ReadonlyMap<string, ReadonlyMap<number, unknown>>;
  /** The value of the last STATE. */
  readonly state: () => Json;
  /** What no target should have to bear. */
  readonly complaints: readonly string[];
  beginRun(): void;
  take(line: string): void;
}

/** @param keep what of a record is kept: there may be a million */
export function createTarget(keep: (record: Json) => unknown): Target {
  const records = new Map<string, Map<number, unknown>>();
  const complaints: string[] = [];
  let ofRun = new Map<string, Set<number>>();
  let state: Json;

  function takeRecord(stream: string, record: Json): void {
    const ids = ofRun.get(stream);
    if (ids === undefined) complaints.push(`a record of ${stream} before its schema`);
    if (ids?.has(record.id)) complaints.push(`${stream} ${record.id} twice in a run`);
    ids?.add(record.id);
    records.get(stream)?.set(record.id, keep(record));
  }

  function takeState(value: Json): void {
    for (const [stream, bookmark] of Object.entries<Json>(state?.bookmarks ?? {})) {
      const [key] = Object.keys(bookmark);
      const now = value.bookmarks[stream]?.[key!];
      if (!(now >= bookmark[key!])) complaints.push(`the bookmark of ${stream} went from ${bookmark[key!]} to ${now}`);
    }
    state = value;
  }

  return {
    records,
    complaints,
    state: () => state,
    beginRun: () => {
      ofRun = new Map();
    },
    take: (line) => {
      const message = JSON.parse(line) as Json;
      if (message.type === 'RECORD') takeRecord(message.stream, message.record);
      if (message.type === 'STATE') takeState(message.value);
      if (message.type !== 'SCHEMA') return;
      if (ofRun.has(message.stream)) complaints.push(`a second schema of ${message.stream}`);
      ofRun.set(message.stream, new Set());
      if (!records.has(message.stream)) records.set(message.stream, new Map());
    },
  };
}

export interface Ended {
  readonly code: number | null;
  readonly stderr: string;
  /** The most memory that was resident, in MB; undefined where the system does not report it. */
  readonly peakMb: number | undefined;
}

/**
 * Runs the tap into a target, which takes whole lines only.
 *
 * @param stop after how many characters it is stopped, and how
 */
export async function runInto(
  target: Target,
  args: readonly string[],
  stop?: { readonly bytes: number; readonly ending: Ending },
): Promise<Ended> {
  target.beginRun();
  const child = startTap(args);
  let stderr = '';
  let rest = '';
  let left = stop?.bytes ?? Number.POSITIVE_INFINITY;
  let peakMb: number | undefined;
  const watch = setInterval(() => {
    peakMb = peakOf(child.pid) ?? peakMb;
  }, 100);
  child.stderr?.setEncoding('utf8').on('data', (chunk: string) => {
    stderr += chunk;
  });
  child.stdout?.setEncoding('utf8').on('data', (chunk: string) => {
    const lines = (rest + chunk).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) target.take(line);
    const before = left;
    left -= chunk.length;
    if (stop === undefined || left > 0 || before <= 0) return;
    if (stop.ending === 'close') child.stdout?.destroy();
    else child.kill(stop.ending);
  });
  const code = await new Promise<number | null>((resolve) => child.on('close', resolve));
  clearInterval(watch);
  return { code, stderr, peakMb };
}

function peakOf(pid: number | undefined): number | undefined {
  try {
    const kb = /VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
    return kb === undefined ? undefined : Number(kb) / 1024;
  } catch {
    return undefined;
  }
}
