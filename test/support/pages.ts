/** The README and the pages of docs/, and the blocks in them. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { packageFolder } from '../../src/package.ts';

export interface Block {
  readonly language: string;
  readonly text: string;
}

/** The pages, by their paths in the repository. */
export function pageNames(): readonly string[] {
  const docs = readdirSync(join(packageFolder, 'docs')).filter((name) => name.endsWith('.md'));
  return ['README.md', 'CONTRIBUTING.md', 'SECURITY.md', ...docs.sort().map((name) => `docs/${name}`)];
}

export function readPage(name: string): string {
  return readFileSync(join(packageFolder, name), 'utf8');
}

/** The fenced blocks of a page, in order. @throws Error if a fence is not closed, or of a form that would be overlooked */
export function blocksOf(name: string): readonly Block[] {
  const text = readPage(name);
  const fenced = [...text.matchAll(/^```(\w+)\n(.*?)^```$/gms)];
  const fences = text.match(/^\s*(?:```|~~~)/gm) ?? [];
  if (fences.length !== fenced.length * 2) throw new Error(`${name} has a block without a language, or without an end`);
  return fenced.map(([, language = '', text = '']) => ({ language, text }));
}

/** The only block of a page that has some words in it. @throws Error if there is none, or another one */
export function blockOf(name: string, words: string): string {
  const [block, ...others] = blocksOf(name).filter(({ text }) => text.includes(words));
  if (block === undefined || others.length > 0) throw new Error(`${name} has no block of its own for "${words}"`);
  return block.text;
}
