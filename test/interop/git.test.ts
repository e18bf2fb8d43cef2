/** Installing from a repository leaves a command that works: npm builds it on the way. */
import { join } from 'node:path';
import t from 'tap';
import { packageVersion } from '../../src/package.ts';
import { type Command, output } from '../support/commands.ts';
import { workFolder } from '../support/tap.ts';
import { cloneFiles } from './support/repository.ts';

t.test('npm install git+file:// of a bare clone', async (t) => {
  const folder = workFolder();
  t.teardown(() => folder.remove());
  // What `npm ci` has fetched is in npm's cache.
  const env = { npm_config_prefer_offline: 'true' };
  const here = (...command: Command) => output(command, { cwd: folder.path, env });
  const bare = join(folder.path, 'tap-paystack.git');
  await cloneFiles(join(folder.path, 'clone'));
  await here('git', 'clone', '--quiet', '--bare', 'clone', bare);

  folder.file('package.json', { private: true });
  await here('npm', 'install', '--no-audit', '--no-fund', `git+file://${bare}`);
  t.equal(await here('npx', '--no', '--', 'tap-paystack', '--version'), `${packageVersion()}\n`);
  t.match(await here('npx', '--no', '--', 'tap-paystack', 'demo'), 'All is as it must be.');
});
