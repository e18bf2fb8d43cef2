/** Where the package is: the same files are found from the sources and from the bundle. */
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** The folder that holds package.json, catalogs and fixtures. */
export const packageFolder = folderWith('catalogs', import.meta.dirname);

export interface PackageFacts {
  readonly name: string;
  readonly version: string;
  readonly description: string;
}

/** What package.json says. */
export function packageFacts(): PackageFacts {
  return JSON.parse(readFileSync(join(packageFolder, 'package.json'), 'utf8')) as PackageFacts;
}

export function packageVersion(): string {
  return packageFacts().version;
}

/** What `--discover` prints, which nothing but another version changes: it is made when the tap is built. */
export function builtCatalog(): string {
  return readFileSync(join(packageFolder, 'dist', 'tap', 'catalog.json'), 'utf8');
}

function folderWith(name: string, from: string): string {
  if (existsSync(join(from, name))) return from;
  const above = dirname(from);
  if (above === from)
    throw new Error(`the package is incomplete: no folder "${name}" at or above ${import.meta.dirname}`);
  return folderWith(name, above);
}
