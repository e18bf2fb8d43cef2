/**
 * The README's tables are made from the code. `npm run readme` writes them anew; this test fails when they are stale.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { settings } from '../src/config.ts';
import type { StreamFacts } from '../src/paystack/stream-facts.ts';
import { streams } from '../src/paystack/streams.ts';

const file = join(import.meta.dirname, '../README.md');

function streamTable(): string {
  const rows = Object.entries<StreamFacts>(streams).map(([name, facts]) => {
    const replication = facts.ranged ? `incremental by \`${facts.created}\`` : 'full table';
    const parent = facts.parent ? ` (for each of \`${facts.parent.stream}\`)` : '';
    const optional = facts.selectedByDefault === false ? ' ¹' : '';
    const key = facts.key.map((field) => `\`${field}\``).join(', ');
    return `| \`${name}\`${optional} | ${key} | ${replication} | ${facts.holds}${parent} |`;
  });
  return ['| stream | key | replication | one record is |', '|---|---|---|---|', ...rows].join('\n');
}

function settingTable(): string {
  const rows = Object.entries(settings).map(([name, { description, ...setting }]) => {
    const preset = 'default' in setting ? `\`${setting.default}\`` : 'isRequired' in setting ? 'required' : '';
    return `| \`${name}\` | ${preset} | ${description} |`;
  });
  return ['| setting | default | |', '|---|---|---|', ...rows].join('\n');
}

function withTable(text: string, name: string, table: string): string {
  const [before, rest] = text.split(`<!-- ${name}: made by npm run readme -->\n`);
  const [, after] = rest?.split(`<!-- end of ${name} -->`) ?? [];
  if (after === undefined) throw new Error(`README.md has no place for ${name}`);
  return `${before}<!-- ${name}: made by npm run readme -->\n\n${table}\n\n<!-- end of ${name} -->${after}`;
}

t.test('the tables of the README are those of the code', async (t) => {
  const text = readFileSync(file, 'utf8');
  const fresh = withTable(withTable(text, 'streams', streamTable()), 'settings', settingTable());
  if (process.env['UPDATE_README']) writeFileSync(file, fresh);
  else t.equal(text, fresh, 'run npm run readme');
});

t.test('every npm script that the README names exists', async (t) => {
  const text = readFileSync(file, 'utf8');
  const { scripts } = JSON.parse(readFileSync(join(file, '../package.json'), 'utf8')) as { scripts: object };
  const named = [...text.matchAll(/npm run ([a-z:-]+)/g)].map(([, name]) => name as string);
  t.ok(named.length > 2);
  for (const name of named) t.ok(name in scripts, name);
});

t.test('every test file that the README names exists', async (t) => {
  const text = readFileSync(file, 'utf8');
  for (const [, name] of text.matchAll(/`(test\/[\w./-]+)`/g)) {
    t.ok(readFileSync(join(file, '..', name as string), 'utf8'), name as string);
  }
});
