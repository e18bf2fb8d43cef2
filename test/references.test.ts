/** What columns refer to is declared once, in `catalogs/`; descriptions, diagrams and the sources for dbt follow from it. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { packageFolder } from '../src/package.ts';
import { type StreamName, streams } from '../src/paystack/streams.ts';
import { publicSchema, readSchema } from '../src/record/schemas.ts';
import { typeOf } from '../src/schema.ts';
import { areas, drawnOf, relationshipDiagrams } from './support/diagrams.ts';
import { referencesOf, streamNames } from './support/references.ts';

const references = streamNames.flatMap(referencesOf);

t.test('each reference is to a column that is there, and of the same type', async (t) => {
  t.ok(references.length > 70);
  for (const { stream, path, type, to } of references) {
    const column = to.stream in streams ? readSchema(to.stream).properties?.[to.column] : undefined;
    t.equal(column && typeOf(column), type, `${stream}.${path} → ${to.stream}.${to.column}`);
  }
});

t.test('no description names a reference that is not declared', async (t) => {
  for (const stream of streamNames) {
    const text = readFileSync(join(packageFolder, 'catalogs', `${stream}.json`), 'utf8');
    t.notMatch(text, /as in `/, stream);
  }
});

t.test('a child refers to its parent by what it gets from it', async (t) => {
  for (const stream of streamNames) {
    const facts = streams[stream];
    if (!('parent' in facts)) continue;
    const toParent = referencesOf(stream).filter(({ to }) => to.stream === facts.parent.stream);
    const [[column, field] = []] = Object.entries(facts.parent.carries);
    t.match(toParent, [{ path: column, to: { column: field } }], stream);
  }
});

t.test('descriptions say what is referred to, before what they say of null', async (t) => {
  const of = (stream: StreamName, column: string) => publicSchema(readSchema(stream)).properties?.[column]?.description;
  t.equal(of('refunds', 'transaction'), 'Number of the refunded transaction, up to 64 bits, as in `transactions.id`');
  t.match(of('refunds', 'dispute'), /, as in `disputes\.id`; null if none$/);
});

t.test('amounts are said to be hundredths, of XOF too, wherever they are', async (t) => {
  let seen = 0;
  for (const stream of streamNames) {
    const text = JSON.stringify(readSchema(stream));
    t.notMatch(text, /subunit|kobo/, stream);
    for (const [words] of text.matchAll(/in hundredths of [^,]*,[^";]*/g)) {
      t.match(words, /, of XOF too$/, stream);
      seen++;
    }
  }
  t.ok(seen > 70, String(seen));
});

t.test('each stream has its place in one diagram', async (t) => {
  t.strictSame(Object.values(areas).flat().sort(), [...streamNames].sort());
});

t.test('the diagrams are of the form that Mermaid takes, and have every reference of the streams', async (t) => {
  const entity = /^ {2}(\w+) \{$/;
  const column = /^ {4}(?:boolean|integer|number|string) [A-Za-z_]\w* (?:PK|FK|PK, FK)$/;
  const edge = /^ {2}(\w+) (?:\|o|\|\||\}o)--o\{ (\w+) : "([^"\n]+)"$/;
  const blocks = [...relationshipDiagrams().matchAll(/```mermaid\nerDiagram\n(.*?)\n```/gs)].map(
    ([, text = '']) => text,
  );
  t.equal(blocks.length, Object.keys(areas).length);
  const drawn: string[] = [];
  for (const line of blocks.flatMap((text) => text.split('\n'))) {
    t.ok(
      [entity, column, edge, /^ {2}\}$/].some((form) => form.test(line)),
      line,
    );
    const [, parent, child, labels = ''] = edge.exec(line) ?? [];
    for (const label of labels.split(', ').filter(Boolean)) drawn.push(`${child}.${label.split(' ')[0]} ${parent}`);
  }
  const declared = streamNames.flatMap(drawnOf).map(({ stream, path, to }) => `${stream}.${path} ${to.stream}`);
  t.strictSame(drawn.sort(), declared.sort());
});

t.test('what dbt asks of a column needs no quotation marks', async (t) => {
  for (const { path, isOfCopy } of references) if (!isOfCopy && !path.includes('.')) t.match(path, /^[a-z_]+$/);
  for (const name of streamNames) for (const column of streams[name].key) t.match(column, /^[a-z_]+$/);
});
