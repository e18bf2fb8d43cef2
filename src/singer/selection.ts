/**
 * Which streams and columns a user chose, resolved once.
 *
 * A column: unsupported → no; automatic → yes; its parent is off → no; then `selected`, then `selected-by-default`, then
 * as its parent. A stream: `selected` in the metadata, then in the schema, then on the entry, then
 * `selected-by-default`; not in the catalog → no. Without a catalog: what was chosen by name, else what is selected by
 * default.
 */
import { allOf, UserError } from '../errors.ts';
import { nearest, suggestion } from '../nearest.ts';
import type { Schema } from '../schema.ts';
import type { CatalogEntry, LegacySchema, Metadata, ReplicationMethod, UserEntry } from './catalog.ts';
import { metadataAt } from './catalog.ts';

/** A stream to be synced, as the user wants it. */
export interface SelectedStream {
  readonly id: string;
  /** The name in messages: `stream_alias`, else `stream`, else the id. */
  readonly name: string;
  /** Only the selected columns. */
  readonly schema: Schema;
  readonly keyProperties: readonly string[];
  readonly method: ReplicationMethod;
  /** Set for an INCREMENTAL stream. */
  readonly replicationKey: string | undefined;
}

/**
 * @param offered what discovery offers, in the order of the sync
 * @param catalog what the user hands in; undefined without `--catalog`
 * @param chosen streams that are chosen by name, where there is no catalog
 * @throws UserError for every selected stream that does not exist, and for a replication the stream cannot do
 */
export function selectStreams(
  offered: readonly CatalogEntry[],
  catalog: readonly UserEntry[] | undefined,
  chosen?: ReadonlySet<string>,
): SelectedStream[] {
  if (catalog === undefined) {
    const isChosen = (entry: CatalogEntry) => chosen?.has(entry.tap_stream_id) ?? isStreamSelected(entry);
    return offered.filter(isChosen).map(wholeStream);
  }
  rejectUnknownStreams(offered, catalog);
  const pairs = offered.flatMap((entry) => {
    const wish = catalog.find(({ tap_stream_id }) => tap_stream_id === entry.tap_stream_id);
    return wish !== undefined && isStreamSelected(wish) ? [{ entry, wish }] : [];
  });
  const selected = allOf(
    ...pairs.map(
      ({ entry, wish }) =>
        () =>
          selectStream(entry, wish),
    ),
  );
  const shared = selected.find(({ name }, index) => selected.findIndex((other) => other.name === name) < index);
  if (shared !== undefined) {
    throw new UserError(`it gives two streams the name "${shared.name}": their records would be mixed; rename one`);
  }
  return selected;
}

function rejectUnknownStreams(offered: readonly CatalogEntry[], catalog: readonly UserEntry[]): void {
  const names = offered.map(({ tap_stream_id }) => tap_stream_id);
  const unknown = catalog.filter((entry) => !names.includes(entry.tap_stream_id) && isStreamSelected(entry));
  if (unknown.length === 0) return;
  const mistakes = unknown.map(({ tap_stream_id }) => {
    const remedy = suggestion(nearest(tap_stream_id, names)) || '; see --discover';
    return `it selects "${tap_stream_id}", a stream this tap does not have${remedy}`;
  });
  throw new UserError(...mistakes);
}

function isStreamSelected(entry: UserEntry | CatalogEntry): boolean {
  const root = metadataAt(entry.metadata, []);
  const legacy = entry as UserEntry;
  if (root['inclusion'] === 'unsupported') return false;
  return (
    truthOf(root['selected']) ??
    truthOf(legacy.schema?.selected) ??
    truthOf(legacy.selected) ??
    truthOf(root['selected-by-default']) ??
    false
  );
}

/** As discovery offers it, where every column is selected by default. */
function wholeStream(offered: CatalogEntry): SelectedStream {
  const { tap_stream_id: id, stream: name, key_properties: keyProperties, replication_method: method } = offered;
  return { id, name, schema: offered.schema, keyProperties, method, replicationKey: offered.replication_key };
}

function selectStream(offered: CatalogEntry, chosen: UserEntry): SelectedStream {
  const method = chosenMethod(offered, chosen);
  rejectOtherKeys(offered, chosen);
  const alias = chosen.stream_alias ?? chosen.stream;
  return {
    id: offered.tap_stream_id,
    name: alias || offered.stream,
    schema: selectColumns(offered, chosen),
    keyProperties: offered.key_properties,
    method,
    replicationKey: method === 'INCREMENTAL' ? offered.replication_key : undefined,
  };
}

function chosenMethod(offered: CatalogEntry, chosen: UserEntry): ReplicationMethod {
  const method =
    metadataAt(chosen.metadata, [])['replication-method'] || chosen.replication_method || offered.replication_method;
  if (method !== 'FULL_TABLE' && method !== offered.replication_method) {
    const can = offered.replication_method === 'INCREMENTAL' ? 'INCREMENTAL and FULL_TABLE' : 'FULL_TABLE only';
    throw new UserError(`stream "${offered.tap_stream_id}" cannot be replicated as ${String(method)}: it can ${can}`);
  }
  return method as ReplicationMethod;
}

/** A catalog may ask for another replication key or primary key. Such a wish cannot be granted, and must not be ignored. */
function rejectOtherKeys(offered: CatalogEntry, chosen: UserEntry): void {
  const root = metadataAt(chosen.metadata, []);
  const stream = `stream "${offered.tap_stream_id}"`;
  for (const wished of [root['replication-key'], chosen.replication_key]) {
    if (typeof wished === 'string' && wished !== offered.replication_key) {
      const only = offered.replication_key ? `its only replication key is ${offered.replication_key}` : 'it has none';
      throw new UserError(`${stream} cannot be replicated by ${wished}: ${only}`);
    }
  }
  const keys = chosen.key_properties;
  if (Array.isArray(keys) && [...keys].sort().join() !== [...offered.key_properties].sort().join()) {
    throw new UserError(`${stream} has the key ${offered.key_properties.join(', ')}; the catalog asks for another`);
  }
}

function selectColumns(offered: CatalogEntry, chosen: UserEntry): Schema {
  const metadata = new Map((chosen.metadata ?? []).map((entry) => [entry.breadcrumb.join('\0'), entry.metadata]));
  const own = new Map(offered.metadata.map((entry) => [entry.breadcrumb.join('\0'), entry.metadata]));
  return selectProperties(offered.schema, chosen.schema, [], { metadata, own });
}

interface Choices {
  readonly metadata: ReadonlyMap<string, Metadata['metadata']>;
  /** The tap's own metadata: it says what is automatic even if the user's catalog has lost that. */
  readonly own: ReadonlyMap<string, Metadata['metadata']>;
}

function selectProperties(
  schema: Schema,
  legacy: LegacySchema | undefined,
  breadcrumb: readonly string[],
  choices: Choices,
): Schema {
  const { properties, items, ...rest } = schema;
  return {
    ...rest,
    ...(items && { items: selectProperties(items, legacy?.items, [...breadcrumb, 'items'], choices) }),
    ...(properties && {
      properties: Object.fromEntries(
        Object.entries(properties).flatMap(([name, property]) => {
          const path = [...breadcrumb, 'properties', name];
          const legacyProperty = legacy?.properties?.[name];
          if (!isColumnSelected(path, legacyProperty, choices)) return [];
          return [[name, selectProperties(property, legacyProperty, path, choices)]];
        }),
      ),
    }),
  };
}

/** Called only for columns whose parent is selected. */
function isColumnSelected(path: readonly string[], legacy: LegacySchema | undefined, choices: Choices): boolean {
  const key = path.join('\0');
  const metadata = choices.metadata.get(key) ?? {};
  const inclusion = choices.own.get(key)?.['inclusion'];
  if (inclusion === 'unsupported' || metadata['inclusion'] === 'unsupported') return false;
  if (inclusion === 'automatic' || metadata['inclusion'] === 'automatic') return true;
  return truthOf(metadata['selected']) ?? truthOf(legacy?.selected) ?? truthOf(metadata['selected-by-default']) ?? true;
}

/** Booleans, and the strings that some writers of catalogs make of them. */
function truthOf(value: unknown): boolean | undefined {
  if (value === true || value === 'true') return true;
  if (value === false || value === 'false') return false;
  return undefined;
}
