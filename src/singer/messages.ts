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

/** The frame of a stream's records, by when they were asked for, in milliseconds since 1970. */
export function recordFrame(stream: string, version: number | undefined): (askedAt: number) => RecordFrame {
  const before = Buffer.from(`{"type":"RECORD","stream":${JSON.stringify(stream)},"record":`);
  const versioned = version === undefined ? '' : `,"version":${version}`;
  return (askedAt) => ({
    before,
    after: Buffer.from(`${versioned},"time_extracted":"${new Date(askedAt).toISOString()}"}\n`),
  });
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
