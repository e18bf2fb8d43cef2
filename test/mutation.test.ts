/** What `npm run mutate` is to go through is there, and so is each test that is to notice. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';

const root = join(import.meta.dirname, '..');
const testsOf: Readonly<Record<string, readonly string[]>> = JSON.parse(
  readFileSync(join(root, 'test/mutation/tests.json'), 'utf8'),
);

t.test('the sources and tests of tests.json are there', (t) => {
  const named = Object.entries(testsOf).flatMap(([source, tests]) => [
    source,
    ...tests.map((name) => `test/${name}.test.ts`),
  ]);
  t.ok(named.length > 0);
  t.same(
    named.filter((file) => !existsSync(join(root, file))),
    [],
  );
  t.end();
});
