/** Singer's messages, each as one line of JSON. */
import { stringifyExact } from '../json/exact.ts';
import type { Schema } from '../schema.ts';
import type { State } from './state.ts';

export function schemaMessage(
  stream: string,
  schema: Schema,
  keyProperties: readonly string[],
  replicationKey: string | undefined,
): string {
  const bookmark = replicationKey === undefined ? {} : { bookmark_properties: [replicationKey] };
  return line({ type: 'SCHEMA', stream, schema, key_properties: keyProperties, ...bookmark });
}

/** What stands around a record's JSON text in its message, as UTF-8. */
export interface RecordFrame {
  readonly before: Buffer;
  readonly after: Buffer;
}

/** The frame of what was asked for at a time, in milliseconds since 1970. */
export type FrameAt = (askedAt: number) => RecordFrame;

/** The frame of a stream's records, by when they were asked for, in milliseconds since 1970. */
export function recordFrame(stream: string, version: number | undefined): FrameAt {
  const before = Buffer.from(`{"type":"RECORD","stream":${JSON.stringify(stream)},"record":`);
  const versioned = version === undefined ? '' : `,"version":${version}`;
  return (askedAt) => ({
    before,
    after: Buffer.from(`${versioned},"time_extracted":"${new Date(askedAt).toISOString()}"}\n`),
  });
}

/** The frame of records that stand in a file, one a line. */
export const lineFrame: RecordFrame = { before: Buffer.alloc(0), after: Buffer.from('\n') };

/** Hands over a file of records, in the words of the Meltano SDK. */
export function batchMessage(stream: string, compression: 'gzip' | 'none', file: string): string {
  return line({ type: 'BATCH', stream, encoding: { format: 'jsonl', compression }, manifest: [file] });
}

export function stateMessage(value: State): string {
  return line({ type: 'STATE', value });
}

export function activateVersionMessage(stream: string, version: number): string {
  return line({ type: 'ACTIVATE_VERSION', stream, version });
}

function line(message: object): string {
  return `${stringifyExact(message)}\n`;
}
