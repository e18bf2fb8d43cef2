/** The settings in meltano.yml are made from the code. `npm run readme` writes them anew; this fails when they are stale. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { settingsAsYaml } from './support/meltano.ts';

const file = join(import.meta.dirname, '../meltano.yml');

t.test('the settings of meltano.yml are those of the code', async (t) => {
  const text = readFileSync(file, 'utf8');
  const [, before, after] = /^(.*?\n {6}settings:[^\n]*\n)(?: {8}[^\n]*\n)+(.*)$/s.exec(text) ?? [];
  const fresh = `${before}${settingsAsYaml('        ')}${after}`;
  if (process.env['UPDATE_README']) writeFileSync(file, fresh);
  else t.equal(text, fresh, 'run npm run readme');
});
