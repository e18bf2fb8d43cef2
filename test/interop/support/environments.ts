/**
 * Python environments: one for each tool, with the exact versions of `requirements/<package>.txt`, made once and kept
 * in the user's cache folder. They are made with uv, which is taken from the path, or from PyPI if it is not there. Such
 * a file is what `uv pip compile --universal --python-version 3.11 --no-header --no-annotate` makes of a package.
 *
 * An environment is made beside its place and then moved there, so that what is there is whole, and two tests that make
 * the same one at the same time do not disturb each other.
 */
import { createHash } from 'node:crypto';
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import t from 'tap';
import { type Command, run } from './commands.ts';

/** The version for which all of the pinned releases, the old ones too, have wheels or can be built. */
const python = '3.11';
const uvVersion = '0.13.8';

const requirementsFolder = join(import.meta.dirname, '../requirements');
const cacheFolder = join(process.env['XDG_CACHE_HOME'] || join(homedir(), '.cache'), 'tap-paystack-interop');

export interface Environment {
  readonly python: string;
  readonly sitePackages: string;
  /** Where Python may keep what it compiles of the files in this repository. */
  readonly bytecode: string;
  /** Path of an executable that the package brings. */
  bin(name: string): string;
}

/**
 * The environment of a tool, made if it is not there yet. If that is impossible, the whole run ends and says why: a
 * test that cannot run has not passed.
 *
 * @param name of the package, and of its file in `requirements/`
 */
export async function environmentOf(name: string): Promise<Environment> {
  const requirements = join(requirementsFolder, `${name}.txt`);
  const pins = readFileSync(requirements, 'utf8');
  const version = pins
    .split('\n')
    .find((line) => line.startsWith(`${name}==`))
    ?.slice(name.length + 2);
  const hash = createHash('sha256').update(`${python}\n${pins}`).digest('hex').slice(0, 12);
  const folder = join(cacheFolder, `${name}-${version}-${hash}`);
  if (!existsSync(folder)) {
    try {
      await make(folder, requirements);
    } catch (error) {
      t.bailout(`the Python environment of ${name} ${version} cannot be made: ${(error as Error).message}`);
      throw error;
    }
  }
  return {
    python: join(folder, 'bin', 'python'),
    sitePackages: join(folder, 'lib', `python${python}`, 'site-packages'),
    bytecode: join(folder, 'bytecode'),
    bin: (executable) => join(folder, 'bin', executable),
  };
}

async function make(folder: string, requirements: string): Promise<void> {
  const uv = await findUv();
  await moveWhenWhole(folder, async (draft) => {
    await must([uv, 'venv', '--quiet', '--relocatable', '--python', python, draft]);
    const into = ['--python', join(draft, 'bin', 'python')];
    // Without dependencies: a file names them all.
    await must([uv, 'pip', 'install', '--quiet', '--no-deps', ...into, '--requirements', requirements]);
  });
}

async function findUv(): Promise<string> {
  if (await exists('uv')) return 'uv';
  if (!(await exists('python3'))) {
    throw new Error(`neither python3 nor uv is on the path; install Python ${python}, or uv, which brings it along`);
  }
  const folder = join(cacheFolder, `uv-${uvVersion}`);
  const uv = join(folder, 'uv');
  if (existsSync(uv)) return uv;
  await moveWhenWhole(folder, async (draft) => {
    const venv = join(draft, 'venv');
    await must(['python3', '-m', 'venv', venv]);
    await must([join(venv, 'bin', 'pip'), 'install', '--quiet', `uv==${uvVersion}`]);
    copyFileSync(join(venv, 'bin', 'uv'), join(draft, 'uv'));
    rmSync(venv, { recursive: true });
  });
  return uv;
}

/** Moves a folder to its place when it has been made; if another process was faster, its folder is as good. */
async function moveWhenWhole(folder: string, make: (draft: string) => Promise<void>): Promise<void> {
  mkdirSync(dirname(folder), { recursive: true });
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

async function exists(command: string): Promise<boolean> {
  try {
    return (await run([command, '--version'])).code === 0;
  } catch {
    return false;
  }
}

async function must(command: Command): Promise<void> {
  const { code, stderr, stdout } = await run(command);
  if (code !== 0) throw new Error(`"${command.join(' ')}" ended with ${code}:\n${stderr}${stdout}`);
}
