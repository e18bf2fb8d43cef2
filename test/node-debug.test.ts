/** Node prints the headers of requests where NODE_DEBUG asks for it: the key would be in the log. */
import t from 'tap';
import { refuseToShowKey } from '../src/command/node-debug.ts';
import { startSandbox } from '../src/sandbox/server.ts';
import { runTap } from './support/tap.ts';

t.test('every way to ask for it is refused', async (t) => {
  const asking = [
    'http',
    'HTTP',
    'fs,http',
    'fs,Net',
    'tls,fs',
    'undici',
    '*',
    'h*',
    '*tp',
    'n*t',
    'fs,*',
    'fetch',
    'http*',
  ];
  for (const NODE_DEBUG of asking) {
    t.throws(() => refuseToShowKey({ NODE_DEBUG }), { name: 'UserError', message: /secret key/ }, NODE_DEBUG);
  }
  for (const NODE_DEBUG of [undefined, '', 'fs', 'module,esm', 'h', 'x*', 'httpx', '.*', 'ht.p', 'timer']) {
    t.doesNotThrow(() => refuseToShowKey({ NODE_DEBUG }), NODE_DEBUG ?? 'none');
  }
});

t.test('before anything is sent, in one line', async (t) => {
  const sandbox = await startSandbox();
  t.teardown(() => sandbox.close());
  const settings = { TAP_PAYSTACK_SECRET_KEY: sandbox.secretKey, TAP_PAYSTACK_API_URL: sandbox.url };
  for (const args of [
    ['--streams', 'banks'],
    ['--test', '--streams', 'banks'],
  ]) {
    const run = await runTap(args, { ...settings, NODE_DEBUG: 'fs,NE*' });
    t.equal(run.code, 1);
    t.equal(run.stdout, '');
    const lines = run.stderr.split('\n').filter((line) => /^(?:INFO|WARNING|ERROR|CRITICAL)/.test(line));
    t.equal(lines.length, 1, run.stderr);
    t.match(lines[0], /^CRITICAL NODE_DEBUG=fs,NE\* .*leave out net/);
    t.equal(sandbox.requests.length, 0);
    t.notMatch(run.stderr, sandbox.secretKey);
  }
  const other = await runTap(['--streams', 'banks'], { ...settings, NODE_DEBUG: 'timer' });
  t.equal(other.code, 0, 'what shows nothing of requests is allowed');
  t.ok(sandbox.requests.length > 0);
  t.notMatch(other.stderr, sandbox.secretKey);
});
