/** Discovery: the table of streams and the catalogs folder, as a Singer catalog. Needs no key and no network. */

import type { StreamFacts } from '../paystack/stream-facts.ts';
import { type StreamName, streams } from '../paystack/streams.ts';
import { publicSchema, readSchema } from '../record/schemas.ts';
import type { Schema } from '../schema.ts';
import type { CatalogEntry, Metadata } from '../singer/catalog.ts';

/** Every stream, sorted by name. A catalog is read when somebody looks into it: most syncs are of a few streams. */
export function discover(): CatalogEntry[] {
  return (Object.keys(streams) as StreamName[]).sort().map(catalogEntry);
}

function catalogEntry(name: StreamName): CatalogEntry {
  const facts: StreamFacts = streams[name];
  const replicationKey = facts.ranged && facts.created;
  const method = replicationKey ? 'INCREMENTAL' : 'FULL_TABLE';
  const automatic = new Set([...facts.key, ...(replicationKey ? [replicationKey] : [])]);
  const stream: Metadata = {
    breadcrumb: [],
    metadata: {
      inclusion: 'available',
      'selected-by-default': facts.selectedByDefault ?? true,
      'table-key-properties': facts.key,
      'forced-replication-method': method,
      ...(replicationKey && { 'valid-replication-keys': [replicationKey] }),
      ...(facts.parent && { 'parent-tap-stream-id': facts.parent.stream }),
    },
  };
  let schema: Schema | undefined;
  let metadata: readonly Metadata[] | undefined;
  return {
    tap_stream_id: name,
    stream: name,
    key_properties: facts.key,
    replication_method: method,
    ...(replicationKey && { replication_key: replicationKey }),
    get schema() {
      schema ??= publicSchema(readSchema(name));
      return schema;
    },
    get metadata() {
      metadata ??= [stream, ...columnMetadata(this.schema, [], automatic)];
      return metadata;
    },
  };
}

/** One entry for each column, and for each property inside objects and array items. */
function columnMetadata(schema: Schema, breadcrumb: readonly string[], automatic: ReadonlySet<string>): Metadata[] {
  const inItems = schema.items ? columnMetadata(schema.items, [...breadcrumb, 'items'], new Set()) : [];
  const inProperties = Object.entries(schema.properties ?? {}).flatMap(([name, property]) => {
    const path = [...breadcrumb, 'properties', name];
    const inclusion = automatic.has(name) ? 'automatic' : 'available';
    const metadata = { inclusion, 'selected-by-default': true };
    return [{ breadcrumb: path, metadata }, ...columnMetadata(property, path, new Set())];
  });
  return [...inItems, ...inProperties];
}
