/** The Meltano SDK's standard tests, which know Python classes only: the adaptor makes one of the executable. */
import { join } from 'node:path';
import t from 'tap';
import { run } from '../support/commands.ts';
import { executable } from '../support/tap.ts';
import { environmentOf } from './support/environments.ts';
import { startHeld, streamNames } from './support/payments.ts';

t.test('the standard tests of the Meltano SDK pass', async (t) => {
  const { bin, bytecode } = await environmentOf('singer-sdk');
  const held = await startHeld();
  t.teardown(() => held.sandbox.close());
  const adaptor = join(import.meta.dirname, 'sdk_adaptor');
  const env = {
    TAP_COMMAND: JSON.stringify([process.execPath, executable]),
    TAP_CONFIG: JSON.stringify(held.config),
    PYTHONPYCACHEPREFIX: bytecode,
  };
  const pytest = ['-q', '-p', 'no:cacheprovider', '--disable-warnings', '--rootdir', adaptor, adaptor];
  const { code, stdout } = await run([bin('pytest'), ...pytest], { env });
  t.equal(code, 0, 'pytest ends well', { pytest: stdout.slice(-4000) });
  const passed = Number(/(\d+) passed/.exec(stdout)?.[1]);
  t.ok(passed > streamNames.length * 10, `${passed} tests passed`);
  t.notMatch(stdout, /skipped|failed|error/);
});
