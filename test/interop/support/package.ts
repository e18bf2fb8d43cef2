/** The package as npm packs and installs it, and as a wheel. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { packageFolder } from '../../../src/package.ts';
import { output } from '../../support/commands.ts';

export interface Packed {
  /** Path of the tarball. */
  readonly tarball: string;
  /** Paths in it, sorted. */
  readonly files: readonly string[];
}

/** Packs what is built: to build anew would take it from under the tests that run beside this one. */
export async function pack(folder: string): Promise<Packed> {
  const quietly = ['--json', '--ignore-scripts', '--pack-destination', folder];
  const printed = await output(['npm', 'pack', ...quietly], { cwd: packageFolder });
  const [{ filename, files }] = JSON.parse(printed) as [{ filename: string; files: { path: string }[] }];
  return { tarball: join(folder, filename), files: files.map(({ path }) => path).sort() };
}

/** Installs a tarball into an empty folder, without a registry. */
export async function install(tarball: string, folder: string): Promise<void> {
  writeFileSync(join(folder, 'package.json'), '{"private": true}');
  await output(['npm', 'install', '--offline', '--no-audit', '--no-fund', '--prefix', folder, tarball], {
    cwd: folder,
  });
}

/** Makes the wheel of what is built, and gives its path. */
export async function wheel(folder: string): Promise<string> {
  return (await output(['node', join(packageFolder, 'release/wheel.js'), folder])).trimEnd();
}
