/** What there is for trying the tap without an account: the demo and the sandbox, and what an old Node.js is answered. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { packageFolder } from '../src/package.ts';
import { executable, runTap, startTap } from './support/tap.ts';

t.test('the demo shows two syncs, and explains what the second one writes', async (t) => {
  const { code, stdout, stderr } = await runTap(['demo']);
  t.equal(code, 0, { stdout, stderr });
  t.equal(stderr, '');
  for (const stream of ['customers', 'transactions']) t.match(stdout, new RegExp(`^${stream} +450 +2$`, 'm'));
  for (const word of ['bookmark', 'lookback', 'key']) t.match(stdout, word);
  t.match(stdout, /All is as it must be\.\n$/);
});

t.test('the demo goes alone', async (t) => {
  for (const args of [
    ['demo', '--config', 'ENV'],
    ['demo', 'again'],
  ]) {
    const { code, stdout } = await runTap(args);
    t.equal(code, 2);
    t.equal(stdout, '');
  }
});

t.test('the sandbox starts, says where it is, and answers', async (t) => {
  const child = startTap(['sandbox', '--rows', '5']);
  const greeting = await new Promise<string>((resolve) =>
    child.stdout?.once('data', (chunk) => resolve(String(chunk))),
  );
  const [, url, key] = /TAP_PAYSTACK_API_URL=(\S+) TAP_PAYSTACK_SECRET_KEY=(\S+) tap-paystack/.exec(greeting) ?? [];
  const answer = await fetch(`${url}/transaction`, { headers: { authorization: `Bearer ${key}` } });
  t.equal(((await answer.json()) as { data: unknown[] }).data.length, 5);
  child.kill();
  await new Promise((resolve) => child.on('close', resolve));
});

t.test('the sandbox has its own flags', async (t) => {
  const help = await runTap(['sandbox', '--help']);
  t.equal(help.code, 0);
  t.match(help.stdout, '--rows');
  const wrong = await runTap(['sandbox', '--config', 'ENV']);
  t.equal(wrong.code, 2);
  t.equal(wrong.stdout, '');
});

t.test('both are in the help', async (t) => {
  const { stdout } = await runTap(['--help']);
  for (const command of ['demo', 'sandbox', 'completion']) t.match(stdout, `tap-paystack ${command}`);
});

t.test('the executable asks for the Node.js that package.json does, in words that an old one can read', async (t) => {
  const text = readFileSync(executable, 'utf8');
  const { engines } = JSON.parse(readFileSync(join(packageFolder, 'package.json'), 'utf8'));
  const [, needed = ''] = /^const needed = \[(.*)\];$/m.exec(text) ?? [];
  t.equal(engines.node, `>=${needed.replace(', ', '.')}`);
  t.notMatch(text, /^import |\?\.|\?\?|^await /m);
});
