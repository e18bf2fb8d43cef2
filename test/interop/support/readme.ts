/** The commands of the README, as a reader would copy them from the page. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { packageFolder } from '../../../src/package.ts';

export interface Block {
  readonly language: string;
  readonly text: string;
}

/** The fenced blocks of the README, in order. */
export function readmeBlocks(): readonly Block[] {
  const readme = readFileSync(join(packageFolder, 'README.md'), 'utf8');
  const fenced = [...readme.matchAll(/^```(\w*)\n(.*?)^```$/gms)];
  return fenced.map(([, language = '', text = '']) => ({ language, text }));
}

/** The only block that a command is in. @throws Error if there is none, or another one */
export function readmeBlock(command: string): string {
  const [block, ...others] = readmeBlocks().filter(({ text }) => text.includes(command));
  if (block === undefined || others.length > 0) throw new Error(`the README has no block of its own for "${command}"`);
  return block.text;
}
