/** The shape of the sources: which wing imports which, no cycles, no mutable state of a module, and files and functions of a size. */
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize, relative } from 'node:path';
import { test } from 'tap';
import ts from 'typescript';

const sources = join(import.meta.dirname, '../src');

/** What each wing may import beside its own files and what all wings share. `shared` is what lies in `src/` itself. */
const allowed: Readonly<Record<string, readonly string[]>> = {
  json: [],
  record: ['shared', 'json'],
  singer: ['shared', 'json'],
  paystack: ['shared', 'json'],
  report: ['shared', 'json'],
  warehouse: ['shared', 'singer'],
  sync: ['shared', 'json', 'record', 'singer', 'paystack', 'report'],
  command: ['shared', 'json', 'record', 'singer', 'paystack', 'report', 'sync', 'warehouse'],
  sandbox: ['shared', 'json', 'record', 'paystack'],
  shared: [],
};

/** The entry alone may go up, into `command/`. */
const entry = 'cli.ts';

const maxFileLines = 300;
const maxFunctionLines = 80;

/** By their paths in `src/`. */
const files = readdirSync(sources, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.ts'));

const trees = new Map(
  files.map((file) => {
    const text = readFileSync(join(sources, file), 'utf8');
    return [file, ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true)] as const;
  }),
);

function wingOf(file: string): string {
  const folder = dirname(file);
  return folder === '.' ? 'shared' : folder;
}

/** The files of `src/` that a file imports, types included. */
function importsOf(file: string): string[] {
  const text = trees.get(file)!.text;
  const specifiers = [...text.matchAll(/(?:from|import)\s*\(?\s*'(\.{1,2}\/[^']+)'/g)];
  return specifiers.map(([, path]) => normalize(join(dirname(file), path!)));
}

test('every wing is known, and there is none that is not there', (t) => {
  const wings = new Set(files.map(wingOf));
  t.same([...wings].sort(), Object.keys(allowed).sort());
  t.end();
});

test('an import goes where its wing may go', (t) => {
  const arrows = files.filter((file) => file !== entry).flatMap((file) => importsOf(file).map((to) => ({ file, to })));
  t.ok(arrows.length > 100, 'the imports are found');
  for (const { file, to } of arrows) {
    const [from, target] = [wingOf(file), wingOf(to)];
    if (from !== target) t.ok(allowed[from]!.includes(target), `${file} imports ${relative('.', to)}`);
  }
  t.end();
});

/** The files of a cycle of imports that is met on the way from a file; undefined if there is none. */
function cycleFrom(file: string, path: readonly string[], done: Set<string>): readonly string[] | undefined {
  if (path.includes(file)) return [...path.slice(path.indexOf(file)), file];
  if (done.has(file)) return undefined;
  for (const to of importsOf(file).filter((to) => trees.has(to))) {
    const cycle = cycleFrom(to, [...path, file], done);
    if (cycle !== undefined) return cycle;
  }
  done.add(file);
  return undefined;
}

test('no file imports itself by way of others', (t) => {
  const done = new Set<string>();
  const cycles = files.map((file) => cycleFrom(file, [], done)).filter((cycle) => cycle !== undefined);
  t.equal(cycles[0]?.join(' → '), undefined);
  t.end();
});

/** What holds state, unless its type says that it is only read. */
const mutableTypes = /^(?:Map|Set|WeakMap|WeakSet)\b|\[\]$/;

/** The variables of a module that can change: a `let`, a collection that is not read-only, a pattern that keeps its place. */
function mutableIn(tree: ts.SourceFile): string[] {
  return tree.statements.filter(ts.isVariableStatement).flatMap(({ declarationList }) => {
    const isConstant = (declarationList.flags & ts.NodeFlags.Const) !== 0;
    return declarationList.declarations
      .filter((declaration) => !isConstant || isMutable(declaration))
      .map(({ name }) => `${tree.fileName}: ${name.getText()}`);
  });
}

function isMutable({ type, initializer }: ts.VariableDeclaration): boolean {
  const typeText = type?.getText() ?? '';
  if (initializer === undefined) return false;
  if (ts.isRegularExpressionLiteral(initializer)) return /\/[a-z]*y[a-z]*$/.test(initializer.text);
  if (type !== undefined) return mutableTypes.test(typeText) && !typeText.startsWith('readonly ');
  if (ts.isNewExpression(initializer)) return mutableTypes.test(initializer.expression.getText());
  if (ts.isArrayLiteralExpression(initializer)) return initializer.elements.length === 0;
  return ts.isObjectLiteralExpression(initializer) && initializer.properties.length === 0;
}

test('no module has state that changes', (t) => {
  t.same([...trees.values()].flatMap(mutableIn), []);
  t.end();
});

test('state that changes is recognised', (t) => {
  const text = [
    'let a = 1;',
    'export const b = new Map();',
    'const c: string[] = [];',
    'const d = {};',
    'const e = /x/y;',
    'const f: ReadonlyMap<string, string> = new Map();',
    'const g: readonly string[] = [];',
    'const h = /x/g;',
    'function i() { let j = 1; return j; }',
  ].join('\n');
  const tree = ts.createSourceFile('x', text, ts.ScriptTarget.Latest, true);
  t.same(mutableIn(tree), ['x: a', 'x: b', 'x: c', 'x: d', 'x: e']);
  t.end();
});

function linesOf(tree: ts.SourceFile, from: number, to: number): number {
  return tree.getLineAndCharacterOfPosition(to).line - tree.getLineAndCharacterOfPosition(from).line + 1;
}

/** The functions of a file with more lines than a function may have. */
function longFunctionsIn(tree: ts.SourceFile): string[] {
  const long: string[] = [];
  const visit = (node: ts.Node) => {
    const lines = ts.isFunctionLike(node) ? linesOf(tree, node.getStart(), node.end) : 0;
    if (lines > maxFunctionLines) long.push(`${tree.fileName}: ${node.getText().split('\n')[0]} has ${lines} lines`);
    ts.forEachChild(node, visit);
  };
  visit(tree);
  return long;
}

test(`no file has more than ${maxFileLines} lines, and no function more than ${maxFunctionLines}`, (t) => {
  const long = [...trees.values()].filter(({ text }) => text.trimEnd().split('\n').length > maxFileLines);
  t.same(
    long.map(({ fileName }) => fileName),
    [],
  );
  t.same([...trees.values()].flatMap(longFunctionsIn), []);
  t.end();
});
