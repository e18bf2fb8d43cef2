/**
 * The README and docs/: their tables, diagrams and sources of dbt are made from the code (`npm run docs` writes them anew), and what they refer to is
 * there. Their commands are run by `test/interop/docs.test.ts`.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import t, { type Test } from 'tap';
import { packageFolder } from '../src/package.ts';
import { datedViews } from './support/dated-views.ts';
import { dbtSources } from './support/dbt.ts';
import { relationshipDiagrams } from './support/diagrams.ts';
import { blockOf, blocksOf, pageNames, readPage } from './support/pages.ts';
import { columnTables, settingTable, streamTable } from './support/tables.ts';
import { runTap } from './support/tap.ts';

/** What is made of each page, between two comments with its name. */
const made: readonly { page: string; name: string; text: () => string }[] = [
  { page: 'docs/settings.md', name: 'settings', text: settingTable },
  { page: 'docs/streams.md', name: 'streams', text: streamTable },
  { page: 'docs/columns.md', name: 'columns', text: columnTables },
  { page: 'docs/relationships.md', name: 'diagrams', text: relationshipDiagrams },
  { page: 'docs/analysts.md', name: 'views', text: datedViews },
];

for (const { page, name, text } of made) {
  t.test(`${page} has what the code has: ${name}`, async (t) => isMade(t, page, withPart(page, name, text())));
}

t.test('docs/dbt/sources.yml has what the code has', async (t) => isMade(t, 'docs/dbt/sources.yml', dbtSources()));

function isMade(t: Test, file: string, fresh: string): void {
  if (process.env['UPDATE_DOCS']) writeFileSync(join(packageFolder, file), fresh);
  else t.equal(readPage(file), fresh, 'run npm run docs');
}

function withPart(page: string, name: string, part: string): string {
  const [before, rest] = readPage(page).split(`<!-- ${name}: made by npm run docs -->\n`);
  const [, after] = rest?.split(`<!-- end of ${name} -->`) ?? [];
  if (after === undefined) throw new Error(`${page} has no place for its ${name}`);
  return `${before}<!-- ${name}: made by npm run docs -->\n\n${part}\n\n<!-- end of ${name} -->${after}`;
}

t.test('docs/settings.md has every flag and every command', async (t) => {
  const page = readPage('docs/settings.md');
  const helps = await Promise.all([['--help'], ['load-sql', '--help']].map((args) => runTap(args)));
  const flags = helps.flatMap(({ stdout }) =>
    [...stdout.matchAll(/^ +(?:-\w, )?(--[\w-]+)/gm)].map(([, flag]) => flag!),
  );
  t.ok(flags.includes('--config') && flags.includes('--schema'));
  for (const flag of flags) t.match(page, `\`${flag}`, flag);
  const commands = [...helps[0]!.stdout.matchAll(/^ +tap-paystack ([a-z][\w-]*)(?= .* {2})/gm)].map(
    ([, name]) => name!,
  );
  t.ok(commands.includes('load-sql'), commands.join());
  for (const command of commands) t.match(page, `| \`${command}`, command);
});

t.test('the README fits on a few screens', async (t) => {
  t.ok(readPage('README.md').split('\n').length <= 150);
});

t.test('the README shows what the demo prints', async (t) => {
  const { code, stdout } = await runTap(['demo']);
  t.equal(code, 0);
  const shown = blockOf('README.md', '$ tap-paystack demo')
    .split('\n')
    .filter((line) => line !== '' && line !== '…');
  t.ok(shown.length > 5);
  const printed = new Set(stdout.split('\n'));
  for (const line of shown.slice(1)) t.ok(printed.has(line), line);
});

t.test('what the pages refer to is there', async (t) => {
  const { scripts } = JSON.parse(readFileSync(join(packageFolder, 'package.json'), 'utf8')) as { scripts: object };
  const seen = { scripts: 0, files: 0, links: 0 };
  for (const page of pageNames()) {
    const text = readPage(page);
    for (const [, name = ''] of text.matchAll(/npm run ([a-z:-]+)/g)) {
      t.ok(name in scripts, `${page}: npm run ${name}`);
      seen.scripts++;
    }
    for (const [, file = ''] of text.matchAll(/`((?:test|src|docs|catalogs|fixtures|release)\/[\w./-]+)`/g)) {
      t.ok(existsSync(join(packageFolder, file)), `${page}: ${file}`);
      seen.files++;
    }
    for (const [, link = ''] of text.matchAll(/\]\((?!https?:)([^)]+)\)/g)) {
      t.ok(isThere(page, link), `${page}: ${link}`);
      seen.links++;
    }
  }
  t.ok(seen.scripts > 10 && seen.files > 30 && seen.links > 20, JSON.stringify(seen));
});

/** Whether a link leads to a file, and to a heading in it. */
function isThere(page: string, link: string): boolean {
  const [path = '', heading] = link.split('#');
  const file = path === '' ? page : join(dirname(page), path);
  if (!existsSync(join(packageFolder, file))) return false;
  const headings = [...readPage(file).matchAll(/^#+ (.*)$/gm)].map(([, words = '']) => anchorOf(words));
  return heading === undefined || headings.includes(heading);
}

/** As GitHub makes it of a heading. */
function anchorOf(words: string): string {
  return words
    .toLowerCase()
    .replace(/[^\p{L}\p{N}_ -]/gu, '')
    .replaceAll(' ', '-');
}

t.test('each page of docs/ is one that the README leads to', async (t) => {
  const readme = readPage('README.md');
  const docs = pageNames().filter((name) => name.startsWith('docs/'));
  t.ok(docs.length > 5);
  for (const page of docs) t.ok(readme.includes(`(${page})`), page);
});

t.test('each block is of a language that something checks', async (t) => {
  const languages = new Set(
    pageNames()
      .flatMap(blocksOf)
      .map(({ language }) => language),
  );
  t.strictSame(
    [...languages].sort().filter((one) => !['dockerfile', 'mermaid', 'sh', 'sql', 'text', 'yaml'].includes(one)),
    [],
  );
});
