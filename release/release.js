// `npm run release -- VERSION`: all that can be done of a release without anybody outside seeing it. It stops before the
// commit, and says what is left. Whatever is wrong ends it with an error, and `git checkout .` undoes what it changed.
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

const root = dirname(import.meta.dirname);
const [version = '', ...flags] = process.argv.slice(2);
/** Only a test of this script leaves them out. */
const runsTests = !flags.includes('--without-tests');

try {
  release();
} catch (error) {
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 1;
}

function release() {
  if (!/^\d+\.\d+\.\d+$/.test(version)) throw new Error('which version? npm run release -- 1.2.3');
  if (run('git', 'status', '--porcelain') !== '') throw new Error('commit or stash what is changed first');
  if (run('git', 'tag', '--list', `v${version}`) !== '') throw new Error(`there is a tag v${version} already`);
  const changelog = read('CHANGELOG.md');
  const heading = `## ${version}, unreleased`;
  if (!changelog.includes(`${heading}\n`)) throw new Error(`CHANGELOG.md needs a chapter "${heading}"`);

  const { version: before } = JSON.parse(read('package.json'));
  write('CHANGELOG.md', changelog.replace(heading, `## ${version}, ${new Date().toISOString().slice(0, 10)}`));
  run('npm', 'version', version, '--no-git-tag-version', '--allow-same-version', '--ignore-scripts');
  for (const page of ['README.md', 'docs/meltano.md', 'docs/recipes.md']) {
    write(
      page,
      read(page)
        .replaceAll(`tap-paystack-${before}`, `tap-paystack-${version}`)
        .replaceAll(`tap_paystack-${before}`, `tap_paystack-${version}`),
    );
  }

  if (runsTests) for (const script of ['test', 'test:slow']) show('npm', 'run', script);
  run('npm', 'run', 'build');
  const packages = join(root, 'dist', 'release');
  mkdirSync(packages, { recursive: true });
  run('npm', 'pack', '--ignore-scripts', '--pack-destination', packages);
  run('node', 'release/wheel.js', packages);
  const tarball = `dist/release/tap-paystack-${version}.tgz`;
  tryOut(join(root, tarball));

  process.stdout.write(`${version} is ready. What is left cannot be undone; look at it with git diff, and then:

  git commit --all --message="Release ${version}" && git tag v${version} && git push --follow-tags
  npm publish ${tarball}
  twine upload dist/release/tap_paystack-${version}-py3-none-any.whl
`);
}

/** Installs the package where nothing else is, and has it show what it can do. */
function tryOut(tarball) {
  const folder = mkdtempSync(join(tmpdir(), 'tap-paystack-release-'));
  try {
    run('npm', 'install', '--offline', '--no-audit', '--no-fund', '--prefix', folder, tarball);
    const command = join(folder, 'node_modules', '.bin', 'tap-paystack');
    if (run(command, '--version') !== version) throw new Error('the package has another version');
    run(command, 'demo');
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** What a command that must succeed prints. */
function run(command, ...args) {
  return execFileSync(command, args, { cwd: root, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] }).trim();
}

/** Runs a command that must succeed before the eyes of whoever makes the release. */
function show(command, ...args) {
  execFileSync(command, args, { cwd: root, stdio: ['ignore', 'inherit', 'inherit'] });
}

function read(file) {
  return readFileSync(join(root, file), 'utf8');
}

function write(file, text) {
  writeFileSync(join(root, file), text);
}
