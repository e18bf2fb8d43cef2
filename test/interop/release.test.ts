/** The release script prepares everything, refuses what is not ready, and publishes nothing. */
import { appendFileSync, existsSync, readFileSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { packageFolder } from '../../src/package.ts';
import { output, run } from '../support/commands.ts';
import { workFolder } from '../support/tap.ts';
import { cloneFiles } from './support/repository.ts';

t.test('npm run release', async (t) => {
  const folder = workFolder();
  t.teardown(() => folder.remove());
  const cwd = join(folder.path, 'clone');
  await cloneFiles(cwd);
  symlinkSync(join(packageFolder, 'node_modules'), join(cwd, 'node_modules'));
  appendFileSync(join(cwd, '.git/info/exclude'), 'node_modules\n');
  const release = (version: string) =>
    run(['npm', 'run', '--silent', 'release', '--', version, '--without-tests'], { cwd });
  const read = (file: string) => readFileSync(join(cwd, file), 'utf8');
  const git = (...args: string[]) =>
    output(['git', '-c', 'user.name=test', '-c', 'user.email=test@localhost', ...args], { cwd });

  t.match((await release('next')).stderr, 'which version?');
  t.match((await release('9.8.7')).stderr, 'CHANGELOG.md needs a chapter "## 9.8.7, unreleased"');
  appendFileSync(join(cwd, 'CHANGELOG.md'), '\n## 9.8.7, unreleased\n\nA test.\n');
  t.match((await release('9.8.7')).stderr, 'commit or stash what is changed first');
  await git('commit', '--quiet', '--all', '--message=test');

  const { code, stdout, stderr } = await release('9.8.7');
  t.equal(code, 0, 'it ends well', { stderr });
  for (const file of ['tap-paystack-9.8.7.tgz', 'tap_paystack-9.8.7-py3-none-any.whl']) {
    t.ok(existsSync(join(cwd, 'dist/release', file)));
    t.match(stdout, `dist/release/${file}`);
    t.match(read('README.md'), file);
  }
  t.match(read('CHANGELOG.md'), /^## 9\.8\.7, \d{4}-\d\d-\d\d$/m);
  for (const file of ['package.json', 'package-lock.json']) t.equal(JSON.parse(read(file)).version, '9.8.7');
  t.equal(await git('tag', '--list'), '', 'no tag');
  t.equal((await git('log', '--format=%s')).trim(), 'test\ntest', 'no commit');

  await git('commit', '--quiet', '--all', '--message=release');
  await git('tag', 'v9.8.7');
  t.match((await release('9.8.7')).stderr, 'there is a tag v9.8.7 already');
});
