/**
 * Python environments: one for each tool, with the exact versions of `requirements/<package>.txt`. They are made with uv,
 * which is taken from the path, or from PyPI if it is not there. Such a file is what `uv pip compile --universal
 * --python-version 3.11 --no-header --no-annotate` makes of a package.
 */
import { createHash } from 'node:crypto';
import { copyFileSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { packageFolder } from '../../src/package.ts';
import { cached, must } from './cache.ts';
import { run } from './commands.ts';

/** The version for which all of the pinned releases, the old ones too, have wheels or can be built. */
const python = '3.11';
const uvVersion = '0.13.8';

const requirementsFolder = join(packageFolder, 'test/support/requirements');

export interface Environment {
  readonly python: string;
  readonly sitePackages: string;
  /** Where Python may keep what it compiles of the files in this repository. */
  readonly bytecode: string;
  /** The folder of the executables that the package brings, for a PATH. */
  readonly binFolder: string;
  /** Path of an executable that the package brings. */
  bin(name: string): string;
}

/**
 * The environment of a tool.
 *
 * @param name of the package, and of its file in `requirements/`
 * @throws Error that says what is missing
 */
export async function environmentOf(name: string): Promise<Environment> {
  const requirements = join(requirementsFolder, `${name}.txt`);
  const pins = readFileSync(requirements, 'utf8');
  const version = pins
    .split('\n')
    .find((line) => line.startsWith(`${name}==`))
    ?.slice(name.length + 2);
  const hash = createHash('sha256').update(`${python}\n${pins}`).digest('hex').slice(0, 12);
  const folder = await cached(`${name}-${version}-${hash}`, (draft) => make(draft, requirements));
  const binFolder = join(folder, 'bin');
  return {
    python: join(binFolder, 'python'),
    sitePackages: join(folder, 'lib', `python${python}`, 'site-packages'),
    bytecode: join(folder, 'bytecode'),
    binFolder,
    bin: (executable) => join(binFolder, executable),
  };
}

async function make(draft: string, requirements: string): Promise<void> {
  const uv = await findUv();
  await must([uv, 'venv', '--quiet', '--relocatable', '--python', python, draft]);
  const into = ['--python', join(draft, 'bin', 'python')];
  // Without dependencies: a file names them all.
  await must([uv, 'pip', 'install', '--quiet', '--no-deps', ...into, '--requirements', requirements]);
}

/**
 * A folder with the wheels of tools and of all that they need, for an installer that is not to ask PyPI.
 *
 * @param names of files in `requirements/`
 * @throws Error that says what is missing
 */
export async function wheelsOf(names: readonly string[]): Promise<string> {
  const files = names.map((name) => join(requirementsFolder, `${name}.txt`));
  const hash = createHash('sha256').update(files.map((file) => readFileSync(file, 'utf8')).join('\n'));
  return cached(`wheels-${hash.digest('hex').slice(0, 12)}`, async (draft) => {
    const venv = join(draft, 'venv');
    await must([await findUv(), 'venv', '--quiet', '--seed', '--python', python, venv]);
    const sources = files.flatMap((file) => ['--requirement', file]);
    await must([join(venv, 'bin', 'pip'), 'wheel', '--quiet', '--no-deps', '--wheel-dir', draft, ...sources]);
    rmSync(venv, { recursive: true });
  });
}

async function findUv(): Promise<string> {
  if (await exists('uv')) return 'uv';
  if (!(await exists('python3'))) {
    throw new Error(`neither python3 nor uv is on the path; install Python ${python}, or uv, which brings it along`);
  }
  const folder = await cached(`uv-${uvVersion}`, async (draft) => {
    const venv = join(draft, 'venv');
    await must(['python3', '-m', 'venv', venv]);
    await must([join(venv, 'bin', 'pip'), 'install', '--quiet', `uv==${uvVersion}`]);
    copyFileSync(join(venv, 'bin', 'uv'), join(draft, 'uv'));
    rmSync(venv, { recursive: true });
  });
  return join(folder, 'uv');
}

async function exists(command: string): Promise<boolean> {
  try {
    return (await run([command, '--version'])).code === 0;
  } catch {
    return false;
  }
}
