/** What BATCH messages hand over: a target reads it while the tap runs, or later. */
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';
import type { Json } from './tap.ts';

export interface Batch {
  readonly stream: string;
  readonly path: string;
  readonly records: readonly Json[];
}

/** @throws Error for a file that is not there, or not whole */
export function readBatch({ stream, encoding, manifest }: Json): Batch {
  if (encoding.format !== 'jsonl' || manifest.length !== 1) throw new Error('not as the tap writes it');
  const path = fileURLToPath(manifest[0]);
  const bytes = readFileSync(path);
  const text = (encoding.compression === 'gzip' ? gunzipSync(bytes) : bytes).toString();
  if (!text.endsWith('\n')) throw new Error(`${path} does not end with a line`);
  const records = text
    .slice(0, -1)
    .split('\n')
    .map((line) => JSON.parse(line) as Json);
  return { stream, path, records };
}

export function batchesIn(messages: readonly Json[]): Batch[] {
  return messages.filter(({ type }) => type === 'BATCH').map(readBatch);
}

/** Records of messages and files, by stream, in order. */
export function allRecords(messages: readonly Json[]): Record<string, Json[]> {
  const records: Record<string, Json[]> = {};
  for (const message of messages) {
    const some =
      message.type === 'BATCH' ? readBatch(message).records : message.type === 'RECORD' ? [message.record] : [];
    if (some.length > 0) records[message.stream] = [...(records[message.stream] ?? []), ...some];
  }
  return records;
}

/** Files in the folder that no run has ended. */
export function draftsIn(folder: string): string[] {
  return readdirSync(folder).filter((name) => name.startsWith('.'));
}
