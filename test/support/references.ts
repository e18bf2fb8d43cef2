/** What the columns of the streams refer to, as `catalogs/` declares it. */
import { type StreamName, streams } from '../../src/paystack/streams.ts';
import { readSchema } from '../../src/record/schemas.ts';
import { type Schema, typeOf } from '../../src/schema.ts';

export interface Reference {
  readonly stream: StreamName;
  /** `plan`, `customer.id` or `subscriptions[].id`. */
  readonly path: string;
  /** The one type of both columns. */
  readonly type: string;
  readonly to: { readonly stream: StreamName; readonly column: string };
  /** It stands in a copy of another stream's record, and so is a reference of that stream. */
  readonly isOfCopy: boolean;
}

export const streamNames = Object.keys(streams) as StreamName[];

export function referencesOf(stream: StreamName): Reference[] {
  return walk(stream, readSchema(stream), '', false);
}

function walk(stream: StreamName, { properties = {} }: Schema, prefix: string, isInCopy: boolean): Reference[] {
  const isCopy = prefix !== '' && properties['id']?.['x-refers-to'] !== undefined;
  return Object.entries(properties).flatMap(([name, schema]) => {
    const path = `${prefix}${name}`;
    const to = schema['x-refers-to'];
    const [parent, column] = (to ?? '').split('.') as [StreamName, string];
    const isOfCopy = isInCopy || (isCopy && name !== 'id');
    const own = { stream, path, type: typeOf(schema) ?? '', to: { stream: parent, column }, isOfCopy };
    return [
      ...(to === undefined ? [] : [own]),
      ...walk(stream, schema, `${path}.`, isInCopy || isCopy),
      ...(schema.items ? walk(stream, schema.items, `${path}[].`, isInCopy || isCopy) : []),
    ];
  });
}
