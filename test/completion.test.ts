/** Completion in a shell: flags and their words by the tap, files by the shell. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { executable, runTap, workFolder } from './support/tap.ts';

const folder = workFolder();
t.teardown(() => folder.remove());

/** Has bash complete command lines by the tap's own script; what it offers, by line. Nothing: it takes file names. */
function completions(lines: readonly (readonly string[])[]): string[][] {
  const bin = join(folder.path, 'bin');
  mkdirSync(bin);
  symlinkSync(executable, join(bin, 'tap-paystack'));
  const ask = `
    eval "$(tap-paystack completion)"
    complete -p tap-paystack | grep -q -e '-o default' || exit 1
    words() {
      COMP_WORDS=(tap-paystack "$@"); COMP_CWORD=$#; COMPREPLY=()
      _tap-paystack_yargs_completions
      echo "\${COMPREPLY[*]}"
    }
    ${lines.map((words) => `words ${words.map((word) => `'${word}'`).join(' ')}`).join('\n')}`;
  const environment = { PATH: `${bin}:${process.env['PATH']}`, SHELL: '/bin/bash' };
  const printed = execFileSync('bash', ['-c', ask], { env: environment, encoding: 'utf8' });
  return printed.split('\n').map((line) => line.split(' ').filter(Boolean));
}

t.test('in bash', async (t) => {
  const [flags, begun, words, file, other, joined, databases, messages] = completions([
    ['--'],
    ['--log-'],
    ['--log-format', ''],
    ['--config', 'con'],
    ['--discover', '-s', ''],
    ['--catalog', '=', 'cat'],
    ['load-sql', ''],
    ['load-sql', 'duckdb', '--input', ''],
  ]);
  for (const flag of ['--config', '--catalog', '--state', '--discover', '--test', '--about']) {
    t.ok(flags!.includes(flag), flag);
  }
  t.notOk(flags!.includes('--c'), 'no flag that there is none of');
  t.strictSame(begun, ['--log-format', '--log-level']);
  t.strictSame(words, ['text', 'json']);
  t.strictSame(databases, ['duckdb', 'postgres']);
  for (const offered of [file, other, joined, messages]) t.strictSame(offered, [], 'files are left to the shell');
});

t.test('what is no flag and no command is refused all the same', async (t) => {
  const run = await runTap(['complete']);
  t.equal(run.code, 2);
  t.equal(run.stdout, '');
  t.equal(run.stderr, 'CRITICAL "complete" is not understood: there are flags only; see --help\n');
});
