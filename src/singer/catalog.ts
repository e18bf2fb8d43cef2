/** Singer's catalog: what a tap offers (discovery) and what its user chose (selection). */
import { UserError } from '../errors.ts';
import type { Schema } from '../schema.ts';
import { misfitOf } from '../validate.ts';

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

/** A schema in a user's catalog: only `selected` is read, the way of selecting from before there was metadata. */
export interface LegacySchema {
  readonly selected?: unknown;
  readonly properties?: Readonly<Record<string, LegacySchema>>;
  readonly items?: LegacySchema;
}

const named = { type: 'array', items: { type: 'string' } };

const catalogShape = {
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
 * @throws UserError if it has not the shape of a catalog, or tells of one stream twice
 */
export function parseCatalog(json: unknown): readonly UserEntry[] {
  const misfit = misfitOf(catalogShape, json);
  if (misfit !== undefined) throw new UserError(`it is no Singer catalog: ${misfit}; make one with --discover`);
  const { streams } = json as { streams: UserEntry[] };
  const seen = new Set<string>();
  for (const { tap_stream_id } of streams) {
    if (seen.has(tap_stream_id)) throw new UserError(`it has the stream "${tap_stream_id}" twice; remove one of them`);
    seen.add(tap_stream_id);
  }
  return streams;
}

/** The metadata of one breadcrumb, or nothing. */
export function metadataAt(
  metadata: readonly Metadata[] | undefined,
  breadcrumb: readonly string[],
): Readonly<Record<string, unknown>> {
  const key = breadcrumb.join('\0');
  return metadata?.find((entry) => entry.breadcrumb.join('\0') === key)?.metadata ?? {};
}
