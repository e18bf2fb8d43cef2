/** The files of this repository as they are now, whether they are committed or not. */
import { cpSync, existsSync } from 'node:fs';
import { join } from 'node:path';
import { packageFolder } from '../../../src/package.ts';
import { output } from '../../support/commands.ts';

/** Copies them into a folder; what git ignores stays behind. */
export async function copyFiles(folder: string): Promise<void> {
  const listed = await output(['git', 'ls-files', '--cached', '--others', '--exclude-standard', '-z'], {
    cwd: packageFolder,
  });
  // What was deleted is still listed, until that is committed.
  const files = listed.split('\0').filter((file) => file !== '' && existsSync(join(packageFolder, file)));
  for (const file of files) cpSync(join(packageFolder, file), join(folder, file), { verbatimSymlinks: true });
}

/** The same as a repository of its own, with one commit. */
export async function cloneFiles(folder: string): Promise<void> {
  await copyFiles(folder);
  const git = (...args: string[]) => output(['git', '-C', folder, ...args]);
  await git('init', '--quiet');
  await git('add', '--all');
  await git('-c', 'user.name=test', '-c', 'user.email=test@localhost', 'commit', '--quiet', '--message=test');
}
