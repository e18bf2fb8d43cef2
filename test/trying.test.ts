/** What there is for trying the tap without an account: the demo and the sandbox, and what an old Node.js is answered. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
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

/** Answers of a sandbox with these flags. */
async function sandboxWith(t: Test, ...flags: string[]): Promise<(path: string) => Promise<Response>> {
  const child = startTap(['sandbox', ...flags]);
  t.teardown(() => {
    child.kill();
    return new Promise((resolve) => child.on('close', resolve));
  });
  const greeting = await new Promise<string>((resolve) =>
    child.stdout?.once('data', (chunk) => resolve(String(chunk))),
  );
  const [, url, key] = /TAP_PAYSTACK_API_URL=(\S+) TAP_PAYSTACK_SECRET_KEY=(\S+) tap-paystack/.exec(greeting) ?? [];
  return (path) => fetch(`${url}${path}`, { headers: { authorization: `Bearer ${key}` } });
}

const bodyOf = async (answer: Response) => (await answer.json()) as { data: unknown[]; meta: Record<string, unknown> };

t.test('the sandbox starts, says where it is, and answers', async (t) => {
  const get = await sandboxWith(t, '--rows', '5');
  t.equal((await bodyOf(await get('/transaction'))).data.length, 5);
});

t.test('the sandbox errs and grows as its flags ask', async (t) => {
  const flags = ['--rows', '5', '--stream', 'plans', '--arrivals', '2', '--style', 'cursor', '--quota', '3'];
  const get = await sandboxWith(t, ...flags, '--faults', '2');
  const first = await bodyOf(await get('/plan?use_cursor=true'));
  t.equal(first.data.length, 5);
  t.ok('next' in first.meta, 'it has a cursor');
  t.equal((await get('/plan')).status, 503, 'every second answer');
  t.equal((await bodyOf(await get('/plan'))).data.length, 7);
  t.not((await get('/plan')).status, 200);
  t.equal((await get('/plan')).status, 429);
});

t.test('the sandbox has its own flags', async (t) => {
  const help = await runTap(['sandbox', '--help']);
  t.equal(help.code, 0);
  t.match(help.stdout, '--rows');
  const mistakes: [flag: string, value: string, says: RegExp][] = [
    ['--config', 'ENV', /--config/],
    ['--rows', 'many', /^--rows must be a number\n/],
    ['--style', 'odd', /^--style must be one of numbered, cursor/],
  ];
  for (const [flag, value, says] of mistakes) {
    const wrong = await runTap(['sandbox', flag, value]);
    t.equal(wrong.code, 2);
    t.equal(wrong.stdout, '');
    t.match(wrong.stderr, says);
  }
});

t.test('both are in the help, which has a short name', async (t) => {
  const { stdout } = await runTap(['--help']);
  for (const words of [[], ['load-sql'], ['sandbox']]) {
    t.strictSame(await runTap([...words, '-h']), await runTap([...words, '--help']), words.join());
  }
  for (const command of ['demo', 'sandbox', 'completion']) t.match(stdout, `tap-paystack ${command}`);
});

t.test('the executable asks for the Node.js that package.json does, in words that an old one can read', async (t) => {
  const text = readFileSync(executable, 'utf8');
  const { engines } = JSON.parse(readFileSync(join(packageFolder, 'package.json'), 'utf8'));
  const [, needed = ''] = /^const needed = \[(.*)\];$/m.exec(text) ?? [];
  t.equal(engines.node, `>=${needed.replace(', ', '.')}`);
  t.notMatch(text, /^import |\?\.|\?\?|^await /m);
  const old = `Object.defineProperty(process, 'versions', { value: { ...process.versions, node: '20.18.3' } })`;
  const run = await runTap([], { NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(old)}` });
  t.strictSame(run, {
    ...{ code: 1, stdout: '' },
    stderr: `tap-paystack needs Node.js ${needed.replace(', ', '.')} or newer; this is 20.18.3\n`,
  });
});
