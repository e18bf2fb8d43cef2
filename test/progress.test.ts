/** What a person at a terminal sees, and that nobody else sees anything of it. */
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import t from 'tap';
import { createDisplay } from '../src/report/progress.ts';
import { startSandbox } from '../src/sandbox/server.ts';
import { createFakeClock } from './support/clock.ts';
import { executable, readMessages, runTap, selecting, workFolder } from './support/tap.ts';

t.jobs = 3;

const erase = '\r\u001b[K';

function open(columns: number) {
  const clock = createFakeClock();
  let written = '';
  const terminal = {
    columns,
    write: (text: string) => {
      written += text;
    },
  };
  const display = createDisplay(terminal, clock);
  /** What was written since it was asked last. */
  const shown = () => {
    const text = written;
    written = '';
    return text;
  };
  return { clock, display, shown };
}

const table = (...rows: string[]) => rows.map((row) => `${row}\n`).join('');

const asked = { endpoint: 'refunds', status: 200, succeeded: true, durationMs: 100 };

t.test('one line, drawn anew four times a second, however much happens', async (t) => {
  const { clock, display, shown } = open(100);
  t.equal(clock.pending(), 0);
  display.start(['customers', 'refunds']);
  t.equal(shown(), `${erase}0/2 streams | 0 rows`);
  display.announced('customers', 20);
  display.announced('refunds', 12_000);
  display.announced('refunds', 400);
  display.asked({ ...asked, quotaLeft: 431 });
  display.wrote('customers', 20);
  display.ended('customers', { succeeded: true, durationMs: 100 });
  for (let page = 0; page < 15; page++) display.wrote('refunds', 200);
  t.equal(shown(), '', 'nothing is drawn by what happens');
  await clock.advance(1000);
  const line = '1/2 streams | 3,020 rows (25 %) | refunds 3,000 of 12,000';
  t.equal(
    shown()
      .split(erase)
      .filter((drawn) => drawn === line).length,
    3,
  );
  display.asked({ ...asked, quotaLeft: 430 });
  await clock.advance(1000);
  const later = '1/2 streams | 3,020 rows (25 %) | 1,510/s | about 0:06 left | quota 430 | refunds 3,000 of 12,000';
  t.equal(shown().split(erase).at(-1), later);
  display.end();
  t.equal(clock.pending(), 0, 'no timer is left');
  t.equal(
    shown(),
    `${erase}${table('customers       20  of 20', 'refunds      3,000  of 12,000  not whole', 'all streams  3,020  in 0:02')}`,
  );
});

t.test('lines of the log stand above it, and it stands again below them', async (t) => {
  const { display, shown } = open(100);
  display.write('INFO before\n');
  t.equal(shown(), 'INFO before\n');
  display.start(['refunds']);
  shown();
  display.write('WARNING a line\n');
  t.equal(shown(), `${erase}WARNING a line\n${erase}0/1 streams | 0 rows`);
  display.end();
  t.equal(shown(), erase, 'no table of nothing');
  display.write('INFO after\n');
  t.equal(shown(), 'INFO after\n');
});

t.test('it never wraps, and does not guess how long what has no total takes', async (t) => {
  const { clock, display, shown } = open(41);
  display.start(['banks', 'refunds']);
  display.announced('refunds', 12_000);
  display.wrote('banks', 200);
  await clock.advance(3000);
  const line = shown().split(erase).at(-1);
  t.equal(line, '0/2 streams | 200 rows | banks 200');
  display.wrote('refunds', 4000);
  await clock.advance(250);
  t.equal(shown(), `${erase}0/2 streams | refunds 4,000 of 12,000`, 'what matters least is left out');
  display.end();
});

t.test('on a terminal that is too narrow the line is cut; one of no width has 80 columns', (t) => {
  for (const [columns, line] of [
    [8, '0/1 st…'],
    [0, '0/1 streams | 0 rows'],
  ] as const) {
    const { display, shown } = open(columns);
    display.end();
    t.equal(shown(), '', 'the end of what has not begun');
    display.start(['refunds']);
    t.equal(shown(), `${erase}${line}`);
    display.end();
  }
  t.end();
});

t.test('the stream that is named stays so for some seconds, or until it ends', async (t) => {
  const { clock, display, shown } = open(100);
  display.start(['banks', 'customers', 'refunds']);
  const named = async () => {
    shown();
    await clock.advance(250);
    return /(\w+) [\d,]+$/.exec(shown())?.[1];
  };
  display.wrote('customers', 200);
  for (let turn = 0; turn < 8; turn++) {
    display.wrote('refunds', 200);
    display.wrote('customers', 200);
    t.equal(await named(), 'customers');
  }
  display.ended('customers', { succeeded: true, durationMs: 1 });
  display.wrote('refunds', 200);
  t.equal(await named(), 'refunds');
  await clock.advance(3000);
  display.wrote('banks', 20);
  t.equal(await named(), 'banks', 'nothing came of the other for three seconds');
  display.end();
});

t.test('while it waits for the quota, the line says so, and how long', async (t) => {
  const { clock, display, shown } = open(100);
  const line = () => shown().split(erase).at(-1);
  display.start(['customers', 'refunds']);
  display.announced('refunds', 12_000);
  display.wrote('refunds', 3000);
  display.asked({ ...asked, quotaLeft: 0 });
  display.waiting('refunds', 40_000);
  await clock.advance(1000);
  t.match(line(), /\| waiting 39 s for Paystack's quota \| refunds 3,000 of 12,000$/);
  await clock.advance(20_000);
  t.match(line(), 'waiting 19 s for');
  t.notMatch(line(), /quota 0/);
  display.asked({ ...asked, quotaLeft: 99 });
  await clock.advance(250);
  t.match(line(), 'quota 99');
  display.waiting('customers', 30_000);
  display.wrote('refunds', 200);
  await clock.advance(250);
  t.notMatch(line(), 'waiting', 'others go on');
  await clock.advance(3000);
  t.match(line(), 'waiting 27 s for', 'nothing moves');
  display.end();
});

t.test('a note stands under the table', async (t) => {
  const { display, shown } = open(80);
  display.start(['refunds'], 'a word of why');
  display.wrote('refunds', 1);
  display.ended('refunds', { succeeded: true, durationMs: 1 });
  display.end();
  t.ok(shown().endsWith('in 0:00\na word of why\n'));
});

t.test('at the end a table of what came', async (t) => {
  const { clock, display, shown } = open(80);
  display.start(['banks', 'orders', 'refunds', 'transfers']);
  display.announced('refunds', 12_000);
  display.wrote('banks', 20);
  display.wrote('refunds', 11_000);
  for (const stream of ['banks', 'orders', 'transfers']) display.ended(stream, { succeeded: true, durationMs: 1 });
  display.ended('refunds', { succeeded: false, durationMs: 1 });
  await clock.advance(3_723_000);
  shown();
  display.end();
  const rows = [
    'banks            20',
    'refunds      11,000  of 12,000  not whole',
    'all streams  11,020  in 1:02:03  2 had nothing',
  ];
  t.equal(shown(), `${erase}${table(...rows)}`);
});

const folder = workFolder();
const sandbox = await startSandbox({ latencyMs: 400 });
t.teardown(() => Promise.all([sandbox.close(), folder.remove()]));
const config = folder.file('config.json', { secret_key: sandbox.secretKey, api_url: sandbox.url });
const catalog = folder.file('catalog.json', selecting(['refunds', 'terminals']));

/** Runs the tap at a pseudo terminal. */
async function atTerminal(
  args: string,
  variables: Record<string, string> = {},
): Promise<{ code: number; seen: string }> {
  const environment = { PATH: process.env['PATH'] ?? '', TERM: 'xterm', SHELL: '/bin/sh', ...variables };
  const command = `stty cols 60; '${process.execPath}' '${executable}' ${args}`;
  const child = spawn('script', ['-qec', command, '/dev/null'], {
    env: environment,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const ended = new Promise<number>((resolve, reject) => child.on('error', reject).on('close', resolve));
  const [code, seen] = await Promise.all([ended, text(child.stdout)]);
  return { code, seen: seen.replaceAll('\r\n', '\n') };
}

t.test('at a terminal: the display, the table, and no line of what went well', { buffered: true }, async (t) => {
  const out = join(folder.path, 'out.jsonl');
  const { code, seen } = await atTerminal(`--config '${config}' --catalog '${catalog}' > '${out}'`);
  t.equal(code, 0, seen);
  const { records } = readMessages(readFileSync(out, 'utf8'));
  const count = (stream: string) => records[stream]?.length;
  const drawings = seen.split(erase);
  t.ok(drawings.length > 2, seen);
  t.match(drawings, ['', '0/2 streams | 0 rows'], 'begins at once');
  for (const drawing of drawings.slice(1, -1)) t.match(drawing, /^[^\n]{1,59}$/);
  const end = drawings.at(-1)!;
  t.match(end, new RegExp(`^refunds +${count('refunds')}  of ${count('refunds')}$`, 'm'));
  t.match(end, /^all streams +\d+ {2}in 0:0\d$/m);
  t.notMatch(seen, /INFO|METRIC/);
});

t.test('at a terminal: what goes wrong is a line of the log', { buffered: true }, async (t) => {
  const other = folder.file('other.json', { secret_key: 'sk_test_other', api_url: sandbox.url });
  const { code, seen } = await atTerminal(`--config '${other}' --catalog '${catalog}' > /dev/null`);
  t.equal(code, 1);
  const red = '\u001b[1;31mCRITICAL\u001b[0m';
  t.ok(seen.split(erase).at(-1)?.startsWith(`${red} Paystack rejected the secret key`), seen);
  const plain = await atTerminal(`--config '${other}' --catalog '${catalog}' > /dev/null`, { NO_COLOR: '1' });
  t.match(plain.seen.split(erase).at(-1), /^CRITICAL Paystack rejected the secret key[^\n]+\n$/);
});

const plain: [string, string, Record<string, string>][] = [
  ['in CI', '', { CI: 'true' }],
  ['a terminal that cannot', '', { TERM: 'dumb' }],
];
for (const [name, flags, variables] of plain) {
  t.test(`no display: ${name}`, { buffered: true }, async (t) => {
    const { code, seen } = await atTerminal(
      `${flags} --config '${config}' --catalog '${catalog}' > /dev/null`,
      variables,
    );
    t.equal(code, 0);
    t.notMatch(seen, '\u001b');
    t.match(seen, /^INFO refunds: /m);
    t.match(seen, /^INFO \d+ records of 2 streams written in \d+\.\d s \(\d+ requests\)$/m);
  });
}

t.test(
  'messages that run over the terminal: a hint, no display, and the sync goes on',
  { buffered: true },
  async (t) => {
    const { code, seen } = await atTerminal(`--config '${config}' --catalog '${catalog}'`);
    t.equal(code, 0);
    t.match(seen, /^INFO what follows is for a target to load: tap-paystack … \| target-jsonl[^\n]*\n\{/m);
    t.notMatch(seen, 'METRIC', 'which is for programs');
    t.match(seen, /^\{"type":"SCHEMA"/m);
    t.notMatch(seen, '\u001b');
  },
);

t.test('called without anything at a terminal: what to do next', { buffered: true }, async (t) => {
  const { code, seen } = await atTerminal('');
  t.equal(code, 2);
  for (const step of ['TAP_PAYSTACK_SECRET_KEY', '--test', '--discover', '| target-jsonl']) t.match(seen, step);
  const piped = await runTap([]);
  t.equal(piped.code, 1);
  t.match(piped.stderr, /^CRITICAL setting secret_key is missing/);
});
