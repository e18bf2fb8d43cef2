import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize, relative } from 'node:path';
import { test } from 'tap';

const sources = join(import.meta.dirname, '../src');

/** What each wing may import beside its own files and what all wings share. `shared` is what lies in `src/` itself. */
const allowed: Readonly<Record<string, readonly string[]>> = {
  json: [],
  record: ['shared', 'json'],
  singer: ['shared', 'json'],
  paystack: ['shared', 'json'],
  report: ['shared', 'json'],
  sync: ['shared', 'json', 'record', 'singer', 'paystack', 'report'],
  command: ['shared', 'json', 'record', 'singer', 'paystack', 'report', 'sync'],
  sandbox: ['shared', 'json', 'record', 'paystack'],
  shared: [],
};

/** The entry alone may go up, into `command/`. */
const entry = 'cli.ts';

function filesIn(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.ts'));
}

function wingOf(file: string): string {
  const folder = dirname(file);
  return folder === '.' ? 'shared' : folder;
}

/** The files that a file imports, by their paths in `src/`. */
function importsOf(file: string): string[] {
  const text = readFileSync(join(sources, file), 'utf8');
  const specifiers = [...text.matchAll(/(?:from|import)\s*\(?\s*'(\.{1,2}\/[^']+)'/g)];
  return specifiers.map(([, path]) => normalize(join(dirname(file), path!)));
}

test('every wing is known, and there is none that is not there', (t) => {
  const wings = new Set(filesIn(sources).map(wingOf));
  t.same([...wings].sort(), Object.keys(allowed).sort());
  t.end();
});

test('an import goes where its wing may go', (t) => {
  const arrows = filesIn(sources)
    .filter((file) => file !== entry)
    .flatMap((file) => importsOf(file).map((to) => ({ file, to })));
  t.ok(arrows.length > 100, 'the imports are found');
  for (const { file, to } of arrows) {
    const [from, target] = [wingOf(file), wingOf(to)];
    if (from !== target) t.ok(allowed[from]!.includes(target), `${file} imports ${relative('.', to)}`);
  }
  t.end();
});
