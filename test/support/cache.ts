/**
 * What tests and the benchmark need of others is made once, and kept in the user's cache folder.
 *
 * It is made beside its place and then moved there, so that what is there is whole, and two that make the same thing at
 * the same time do not disturb each other.
 */
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { type Command, run } from './commands.ts';

const cacheFolder = join(process.env['XDG_CACHE_HOME'] || join(homedir(), '.cache'), 'tap-paystack-interop');

/**
 * The folder of something, made if it is not there yet.
 *
 * @param name of the folder; something else has another one
 * @param make is given an empty folder
 * @throws Error that says why it cannot be made
 */
export async function cached(name: string, make: (draft: string) => Promise<void>): Promise<string> {
  const folder = join(cacheFolder, name);
  if (existsSync(folder)) return folder;
  try {
    await moveWhenWhole(folder, make);
  } catch (error) {
    throw new Error(`${name} cannot be made: ${(error as Error).message}`, { cause: error });
  }
  return folder;
}

/** If another process was faster, its folder is as good. */
async function moveWhenWhole(folder: string, make: (draft: string) => Promise<void>): Promise<void> {
  mkdirSync(cacheFolder, { recursive: true });
  const parent = mkdtempSync(`${folder}.draft-`);
  const draft = join(parent, 'draft');
  try {
    mkdirSync(draft);
    await make(draft);
    try {
      renameSync(draft, folder);
    } catch (error) {
      if (!existsSync(folder)) throw error;
    }
  } finally {
    rmSync(parent, { recursive: true, force: true });
  }
}

/** Runs a command that must succeed. */
export async function must(command: Command): Promise<void> {
  const { code, stderr, stdout } = await run(command);
  if (code !== 0) throw new Error(`"${command.join(' ')}" ended with ${code}:\n${stderr}${stdout}`);
}
