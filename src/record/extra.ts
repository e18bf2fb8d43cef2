/** `_extra`: what the columns of a record could not hold, under its own names and in its own nesting. */
import { misfit } from './scalar-rules.ts';

export const extraColumn = '_extra';

/** What an object or an array could not put into its columns: names, and JSON texts. */
export type Extra = Map<string, string[]>;

/** Puts what is left over under its name; what comes under the same name again stands beside it. */
export function keepLeftover(extra: Extra | undefined, name: string): Extra {
  const all: Extra = extra ?? new Map();
  const texts = all.get(name);
  if (texts === undefined) all.set(name, [misfit.leftover!]);
  else texts.push(misfit.leftover!);
  misfit.leftover = undefined;
  return all;
}

export function extraText(extra: Extra): string {
  const members = [...extra].map(([name, texts]) => {
    return `${JSON.stringify(name)}:${texts.length === 1 ? texts[0] : `[${texts.join(',')}]`}`;
  });
  return `{${members.join(',')}}`;
}
