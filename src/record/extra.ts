/** Builds `_extra`: the values of an object that its columns cannot hold, under their own names and in their own nesting. */
import type { RecordEdit } from './record-edit.ts';

/** Names, and the JSON texts that came under them. */
export type ExtraMembers = Map<string, string[]>;

/** Adds what the last value left for `_extra`, under a name. Several texts under one name become an array. */
export function addExtra(members: ExtraMembers | undefined, name: string, edit: RecordEdit): ExtraMembers {
  const all: ExtraMembers = members ?? new Map();
  const texts = all.get(name);
  if (texts === undefined) all.set(name, [edit.extra!]);
  else texts.push(edit.extra!);
  edit.extra = undefined;
  return all;
}

/** The object in `_extra` that holds them; undefined if there are none. */
export function extraObject(members: ExtraMembers | undefined): string | undefined {
  if (members === undefined) return undefined;
  const texts = [...members].map(([name, values]) => {
    return `${JSON.stringify(name)}:${values.length === 1 ? values[0] : `[${values.join(',')}]`}`;
  });
  return `{${texts.join(',')}}`;
}
