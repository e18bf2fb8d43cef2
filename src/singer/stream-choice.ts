/** A choice of streams by words: names, patterns with `*`, and what is to be left out. */
import { UserError } from '../errors.ts';
import { nearest, suggestion } from '../nearest.ts';
import type { CatalogEntry } from './catalog.ts';
import { metadataAt } from './catalog.ts';

/**
 * The streams that the words choose. Each word adds the streams of its name or pattern, or with `-` or `!` before it takes
 * them away. If the first word takes away, the streams selected by default are there to begin with.
 *
 * @throws UserError with every word that stands for no stream
 */
export function chosenStreams(offered: readonly CatalogEntry[], words: readonly string[]): ReadonlySet<string> {
  const names = offered.map(({ tap_stream_id }) => tap_stream_id);
  const chosen = new Set(isTaking(words[0] ?? '') ? names.filter((_, at) => isDefault(offered[at]!)) : []);
  const mistakes: string[] = [];
  for (const word of words) {
    const pattern = word.replace(/^[-!]/, '');
    const found = names.filter((name) => matcherOf(pattern).test(name));
    if (found.length === 0)
      mistakes.push(`setting streams: there is no stream "${pattern}"${remedyFor(pattern, names)}`);
    for (const name of found) isTaking(word) ? chosen.delete(name) : chosen.add(name);
  }
  if (mistakes.length > 0) throw new UserError(...mistakes);
  if (chosen.size === 0) throw new UserError('setting streams leaves no stream: name one, or leave it away for all');
  return chosen;
}

function isTaking(word: string): boolean {
  return /^[-!]/.test(word);
}

function isDefault({ metadata }: CatalogEntry): boolean {
  return metadataAt(metadata, [])['selected-by-default'] === true;
}

function matcherOf(pattern: string): RegExp {
  const parts = pattern
    .toLowerCase()
    .split(/\*+/)
    .map((part) => part.replace(/[^\w]/g, '\\$&'));
  return new RegExp(`^${parts.join('.*')}$`);
}

function remedyFor(pattern: string, names: readonly string[]): string {
  return suggestion(nearest(pattern, names)) || '; see --about';
}
