/** Singer's messages, each as one line of JSON. */
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
 * The messages of many records, as one text.
 *
 * @param records as JSON texts
 * @param extractedAt when the records were asked for, RFC 3339
 */
export function recordMessages(
  stream: string,
  records: readonly string[],
  extractedAt: string,
  version?: number,
): string {
  const opening = `{"type":"RECORD","stream":${JSON.stringify(stream)},"record":`;
  const tail = version === undefined ? '' : `,"version":${version}`;
  const closing = `${tail},"time_extracted":"${extractedAt}"}\n`;
  let text = '';
  for (const record of records) text += opening + record + closing;
  return text;
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
