/**
 * The settings in meltano.yml are made from the code, and meltano-plugin.yml from meltano.yml. `npm run docs` writes them
 * anew; this fails when they are stale.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { capabilities } from '../src/command/about.ts';
import { pluginFile, settingsAsYaml } from './support/meltano.ts';

const fileOf = (name: string) => join(import.meta.dirname, '..', name);

/** meltano.yml with the settings that it must have. */
function freshProject(text: string): string {
  const [, before, after] = /^(.*?\n {6}settings:[^\n]*\n)(?: {8}[^\n]*\n)+(.*)$/s.exec(text) ?? [];
  if (before === undefined) throw new Error('meltano.yml has no settings');
  return `${before}${settingsAsYaml('        ')}${after}`;
}

t.test('the settings of meltano.yml are those of the code', async (t) => {
  const file = fileOf('meltano.yml');
  const text = readFileSync(file, 'utf8');
  const fresh = freshProject(text);
  if (process.env['UPDATE_DOCS']) writeFileSync(file, fresh);
  else t.equal(text, fresh, 'run npm run docs');
});

t.test('meltano-plugin.yml is the extractor of meltano.yml', async (t) => {
  const file = fileOf('meltano-plugin.yml');
  const fresh = pluginFile(freshProject(readFileSync(fileOf('meltano.yml'), 'utf8')));
  if (process.env['UPDATE_DOCS']) writeFileSync(file, fresh);
  else t.equal(existsSync(file) && readFileSync(file, 'utf8'), fresh, 'run npm run docs');
  t.match(fresh, /^name: tap-paystack$/m);
  t.match(
    fresh,
    /^executable: tap-paystack$/m,
    'found on the path, or in the environment that Meltano makes of a pip_url',
  );
  for (const capability of capabilities) t.match(fresh, new RegExp(`^  - ${capability}$`, 'm'));
});
