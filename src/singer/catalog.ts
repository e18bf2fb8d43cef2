/** Singer's catalog: what a tap offers (discovery) and what its user chose (selection). */
import { UserError } from '../errors.ts';
import type { Schema } from '../schema.ts';
import { flawIn } from '../validate.ts';
import type { Shape } from '../validator.ts';

export type ReplicationMethod = 'INCREMENTAL' | 'FULL_TABLE';

export interface Metadata {
  readonly breadcrumb: readonly string[];
  readonly metadata: Readonly<Record<string, unknown>>;
}

/** A stream as discovery offers it. */
export interface CatalogEntry {
  readonly tap_stream_id: string;
  readonly stream: string;
  readonly key_properties: readonly string[];
  readonly replication_method: ReplicationMethod;
  readonly replication_key?: string;
  readonly schema: Schema;
  readonly metadata: readonly Metadata[];
}

/** A stream in a catalog that came from a user: anything may be missing, and anything may have been added. */
export type UserEntry = Omit<Partial<CatalogEntry>, 'schema' | 'replication_method'> & {
  readonly tap_stream_id: string;
  readonly stream_alias?: string;
  readonly selected?: unknown;
  readonly replication_method?: string;
  readonly schema?: LegacySchema;
};

/**
 * A schema in a user's catalog. `selected` is how columns were chosen before there was metadata. Types are only compared with
 * the tap's own, which stand.
 */
export interface LegacySchema {
  readonly selected?: unknown;
  readonly type?: unknown;
  readonly format?: unknown;
  readonly properties?: Readonly<Record<string, LegacySchema>>;
  readonly items?: LegacySchema;
}

const named = { type: 'array', items: { type: 'string' } };

export const catalogShape: Shape = {
  $id: 'catalog',
  type: 'object',
  required: ['streams'],
  properties: {
    streams: {
      type: 'array',
      items: {
        type: 'object',
        required: ['tap_stream_id'],
        properties: {
          tap_stream_id: { type: 'string' },
          stream: { type: 'string' },
          stream_alias: { type: ['string', 'null'] },
          key_properties: { ...named, type: ['array', 'null'] },
          replication_method: { type: ['string', 'null'] },
          replication_key: { type: ['string', 'null'] },
          schema: { type: 'object' },
          metadata: {
            type: 'array',
            items: {
              type: 'object',
              required: ['breadcrumb', 'metadata'],
              properties: { breadcrumb: named, metadata: { type: 'object' } },
            },
          },
        },
      },
    },
  },
};

/**
 * The streams of a catalog that a user hands in.
 *
 * @throws UserError if it has not the shape of a catalog, or has a stream twice
 */
export function parseCatalog(json: unknown): readonly UserEntry[] {
  const flaw = flawIn(catalogShape, json);
  if (flaw !== undefined) throw new UserError(`it is no Singer catalog: ${flaw}; make one with --discover`);
  const { streams } = json as { streams: UserEntry[] };
  const ids = streams.map(({ tap_stream_id }) => tap_stream_id);
  const repeated = new Set(ids.filter((id, index) => ids.indexOf(id) < index));
  if (repeated.size > 0) {
    throw new UserError(...[...repeated].map((id) => `it has the stream "${id}" twice; remove one of them`));
  }
  return streams;
}

/**
 * The wishes of a user's catalog about columns that the tap does not grant: columns that do not exist, and other types. The
 * tap writes its own columns, under its own types.
 *
 * @param entry of a stream that is offered
 * @returns undefined if there is nothing
 */
export function ungrantedColumns(offered: readonly CatalogEntry[], entry: UserEntry): string | undefined {
  const { tap_stream_id, schema, metadata } = entry;
  const { schema: own } = offered.find((entry) => entry.tap_stream_id === tap_stream_id)!;
  const unknown = new Set(unknownColumns(own, schema ?? {}, []));
  for (const { breadcrumb, metadata: wish } of metadata ?? []) {
    if (isTrue(wish['selected']) && columnAt(own, breadcrumb) === undefined) unknown.add(pathOf(breadcrumb));
  }
  const retyped = retypedColumns(own, schema ?? {}, []);
  const parts = [
    unknown.size > 0 && `there is no column ${listed([...unknown])}, so it is left out`,
    retyped.length > 0 && `the type of a column cannot be changed: ${listed(retyped)}`,
  ];
  return parts.filter(Boolean).join('; ') || undefined;
}

function isTrue(value: unknown): boolean {
  return value === true || value === 'true';
}

function listed(names: readonly string[]): string {
  const more = names.length - maxListed;
  return `${names.slice(0, maxListed).join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
}

/** So that the line stays readable. */
const maxListed = 5;

/** Names from the top, as a user would write them. */
function pathOf(breadcrumb: readonly string[]): string {
  return breadcrumb.filter((name, index) => index % 2 === 1 || name !== 'properties').join('.') || '(none)';
}

function columnAt(schema: Schema | undefined, [step, ...rest]: readonly string[]): Schema | undefined {
  if (schema === undefined || step === undefined) return schema;
  if (step === 'items') return columnAt(schema.items, rest);
  return columnAt(schema.properties?.[rest[0] ?? ''], rest.slice(1));
}

/** The columns that a user's schema has and ours does not. An object whose content is not declared may hold anything. */
function unknownColumns(own: Schema, theirs: LegacySchema, path: readonly string[]): string[] {
  const within = own.items && theirs.items ? unknownColumns(own.items, theirs.items, path) : [];
  if (own.properties === undefined) return within;
  return Object.entries(theirs.properties ?? {})
    .flatMap(([name, property]) => {
      const column = Object.hasOwn(own.properties!, name) ? own.properties![name]! : undefined;
      if (column === undefined) return [[...path, name].join('.')];
      return unknownColumns(column, property, [...path, name]);
    })
    .concat(within);
}

function retypedColumns(own: Schema, theirs: LegacySchema, path: readonly string[]): string[] {
  const within = own.items && theirs.items ? retypedColumns(own.items, theirs.items, path) : [];
  return Object.entries(theirs.properties ?? {})
    .flatMap(([name, property]) => {
      const column = own.properties && Object.hasOwn(own.properties, name) ? own.properties[name]! : undefined;
      if (column === undefined) return [];
      const at = [...path, name];
      const [type, wished] = [typeOf(column), typeOf(property)];
      const flaw = wished === '' || wished === type ? [] : [`${at.join('.')} stays ${type}, not ${wished}`];
      return [...flaw, ...retypedColumns(column, property, at)];
    })
    .concat(within);
}

/** The type in words: without null, and with the format of a string. */
function typeOf({ type, format }: { readonly type?: unknown; readonly format?: unknown }): string {
  const types = [type ?? []]
    .flat()
    .filter((name) => name !== 'null')
    .sort()
    .join(' or ');
  return typeof format === 'string' && types === 'string' ? `${types} (${format})` : types;
}

/** The metadata of one breadcrumb, or nothing. */
export function metadataAt(
  metadata: readonly Metadata[] | undefined,
  breadcrumb: readonly string[],
): Readonly<Record<string, unknown>> {
  const key = breadcrumb.join('\0');
  return metadata?.find((entry) => entry.breadcrumb.join('\0') === key)?.metadata ?? {};
}
