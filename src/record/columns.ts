/**
 * The columns of an object, compiled from its schema: the names under which each may come, and its rule.
 *
 * Each stream has its own. Only `Sighting` and `Sequence` change while objects are conformed.
 */
import { type Token, tokenOf } from '../json/token.ts';
import { type Schema, typeOf } from '../schema.ts';
import type { Rule } from './record-edit.ts';
import { extraColumn } from './schemas.ts';

export interface ConformOptions {
  /** Columns whose values are given back, whether they are selected or not. */
  readonly asked?: readonly string[];
  /** Columns that get a value from elsewhere where the record has none. */
  readonly carried?: readonly string[];
}

/** Compiles the rule of a property. */
export type RuleFor = (schema: Schema, selected: Schema, path: string) => Rule;

export interface Column {
  readonly name: string;
  readonly conform: Rule;
  /** True if it holds any string as it is. Such columns are the most, so their rule need not be asked. */
  readonly holdsText: boolean;
  readonly isSelected: boolean;
  /** Its place among the asked columns; -1 if it is none of them. */
  readonly askedAs: number;
  /** True if it can come under another name, or from elsewhere. */
  readonly hasOthers: boolean;
  readonly sighting: Sighting;
}

/** Where a column was last written from, in its place. */
export interface Sighting {
  /** The object, by its number. */
  object: number;
  from: number;
  to: number;
  /** True if the whole value went into the column. Then the same value under another name says nothing new. */
  isWhole: boolean;
}

/** A name under which a column may come: its own, or an alias. */
export interface Spelling {
  readonly name: string;
  readonly isAlias: boolean;
  /** The name as JSON text, with the colon behind it. */
  readonly token: Token;
  readonly column: Column;
  readonly sequence: Sequence;
}

/** What is remembered of a name from one object to the next. */
export interface Sequence {
  /** The object in which it last came, by its number. */
  object: number;
  /** The name that followed it there. Objects of a kind mostly have one order of names, so this is a good guess for the next. */
  next: Spelling | undefined;
  /** The object in which its value waits for the end of the object, by its number; and where the value is. */
  waitsIn: number;
  from: number;
  /** Exclusive. */
  to: number;
}

/** An object with declared columns. */
export interface Columns {
  /** '' for the record itself. */
  readonly path: string;
  readonly isRecord: boolean;
  readonly keepsExtra: boolean;
  readonly spellings: ReadonlyMap<string, Spelling>;
  /** Those whose values may have to wait for the end of the object. */
  readonly waiting: readonly Spelling[];
  readonly carried: readonly Column[];
  /** For the start of the object: the name that came first in the last one. */
  readonly sequence: Sequence;
}

export function compileColumns(
  schema: Schema,
  selected: Schema,
  path: string,
  ruleFor: RuleFor,
  { asked = [], carried = [] }: ConformOptions,
): Columns {
  const isRecord = path === '';
  const keepsExtra = !isRecord || selected.properties?.[extraColumn] !== undefined;
  const spellings = new Map<string, Spelling>();
  const waiting: Spelling[] = [];
  const carriedColumns: Column[] = [];
  const columns = { path, isRecord, keepsExtra, spellings, waiting, carried: carriedColumns, sequence: newSequence() };
  for (const [name, property] of Object.entries(schema.properties ?? {})) {
    const aliases = property['x-aliases'] ?? [];
    const selectedProperty = selected.properties?.[name];
    const isCarried = carried.includes(name);
    const column: Column = {
      name,
      conform: ruleFor(property, selectedProperty ?? property, pathOf(columns, name)),
      holdsText: typeOf(property) === 'string' && property.format === undefined,
      isSelected: selectedProperty !== undefined,
      askedAs: asked.indexOf(name),
      hasOthers: aliases.length > 0 || isCarried,
      sighting: { object: 0, from: 0, to: 0, isWhole: false },
    };
    if (isCarried) carriedColumns.push(column);
    for (const spelt of [name, ...aliases]) {
      const token = tokenOf(`${JSON.stringify(spelt)}:`);
      const spelling: Spelling = { name: spelt, isAlias: spelt !== name, token, column, sequence: newSequence() };
      spellings.set(spelt, spelling);
      if (column.hasOthers) waiting.push(spelling);
    }
  }
  return columns;
}

function newSequence(): Sequence {
  return { object: 0, next: undefined, waitsIn: 0, from: 0, to: 0 };
}

/** The path of a field of the object. */
export function pathOf({ path, isRecord }: Pick<Columns, 'path' | 'isRecord'>, name: string): string {
  return isRecord ? name : `${path}.${name}`;
}
