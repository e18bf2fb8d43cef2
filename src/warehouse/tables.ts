/** The tables that streams are loaded into, whatever the database. */
import { UserError } from '../errors.ts';
import { type Schema, typeOf } from '../schema.ts';
import type { SelectedStream } from '../singer/selection.ts';

/** What a column holds. `json` is an object, an array, or what may be of several types. */
export type Kind = 'boolean' | 'date' | 'integer' | 'json' | 'number' | 'text';

export interface Column {
  readonly name: string;
  readonly kind: Kind;
  /** The type in the SCHEMA message, as JSON, with the format behind it if it has one. */
  readonly declared: string;
}

export interface Table {
  /** Of the stream, and of the table. */
  readonly name: string;
  readonly key: readonly string[];
  readonly columns: readonly Column[];
}

/** What the loader adds to each row: when it was asked for, and the version that ACTIVATE_VERSION keeps. */
export const extractedAt = '_sdc_extracted_at';
export const tableVersion = '_sdc_table_version';

/**
 * The tables of the selected streams.
 *
 * @throws UserError if there is none, or if two of them have one name: capital letters make no difference to a database
 */
export function tablesOf(streams: readonly SelectedStream[]): Table[] {
  if (streams.length === 0) throw new UserError('no stream is selected, so there is nothing to load');
  const names = streams.map(({ name }) => name);
  const shared = names.find((name, at) => names.findIndex((other) => areSame(name, other)) < at);
  if (shared !== undefined) {
    const both = names.filter((name) => areSame(name, shared));
    throw new UserError(`the streams ${both.map((name) => `"${name}"`).join(' and ')} would share a table; rename one`);
  }
  return streams.map(({ name, keyProperties, schema }) => ({
    name,
    key: keyProperties,
    columns: Object.entries(schema.properties ?? {}).map(([column, property]) => ({
      name: column,
      kind: kindOf(property),
      declared: [JSON.stringify(property.type), property.format ?? []].flat().join(' '),
    })),
  }));
}

function areSame(one: string, other: string): boolean {
  return one.toLowerCase() === other.toLowerCase();
}

function kindOf(schema: Schema): Kind {
  const type = typeOf(schema);
  if (type === 'string') return schema.format === 'date-time' ? 'date' : 'text';
  return type === 'boolean' || type === 'integer' || type === 'number' ? type : 'json';
}
