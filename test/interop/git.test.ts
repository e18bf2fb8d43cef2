/** Installing from a repository leaves a command that works: npm builds it on the way. */
import { cpSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { packageFolder, packageVersion } from '../../src/package.ts';
import { type Command, output } from '../support/commands.ts';
import { workFolder } from '../support/tap.ts';

t.test('npm install git+file:// of a bare clone', async (t) => {
  const folder = workFolder();
  t.teardown(() => folder.remove());
  const here = (...command: Command) => output(command, { cwd: folder.path });
  const bare = join(folder.path, 'tap-paystack.git');
  await commitAsItIs(join(folder.path, 'clone'));
  await here('git', 'clone', '--quiet', '--bare', 'clone', bare);

  folder.file('package.json', { private: true });
  await here('npm', 'install', '--no-audit', '--no-fund', `git+file://${bare}`);
  t.equal(await here('npx', '--no', '--', 'tap-paystack', '--version'), `${packageVersion()}\n`);
  t.match(await here('npx', '--no', '--', 'tap-paystack', 'demo'), 'All is as it must be.');
});

/** A repository with the files of this one as they are now, whether they are committed or not. */
async function commitAsItIs(folder: string): Promise<void> {
  const listed = await output(['git', 'ls-files', '--cached', '--others', '--exclude-standard', '-z'], {
    cwd: packageFolder,
  });
  const files = listed.split('\0').filter(Boolean);
  for (const file of files) cpSync(join(packageFolder, file), join(folder, file), { verbatimSymlinks: true });
  const git = (...args: string[]) => output(['git', '-C', folder, ...args]);
  await git('init', '--quiet');
  await git('add', '--all');
  await git('-c', 'user.name=test', '-c', 'user.email=test@localhost', 'commit', '--quiet', '--message=test');
}
