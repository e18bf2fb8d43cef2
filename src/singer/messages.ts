/** Singer's messages, each as one line of JSON. */
import { type ByteWriter, writeBytes } from '../byte-writer.ts';
import { stringifyExact } from '../json.ts';
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

/**
 * The messages of many records, as one text in UTF-8.
 *
 * @param records as JSON texts
 * @param extractedAt when the records were asked for, RFC 3339
 * @param writer gets the text; what it held before is gone
 */
export function recordMessages(
  stream: string,
  records: readonly Uint8Array[],
  extractedAt: string,
  version: number | undefined,
  writer: ByteWriter,
): Uint8Array {
  const opening = Buffer.from(`{"type":"RECORD","stream":${JSON.stringify(stream)},"record":`);
  const tail = version === undefined ? '' : `,"version":${version}`;
  const closing = Buffer.from(`${tail},"time_extracted":"${extractedAt}"}\n`);
  writer.length = 0;
  for (const record of records) {
    writeBytes(writer, opening, 0, opening.length);
    writeBytes(writer, record, 0, record.length);
    writeBytes(writer, closing, 0, closing.length);
  }
  return writer.bytes.subarray(0, writer.length);
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
