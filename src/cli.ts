/**
 * The executable. What tools ask for at every turn is answered at once; the demo and the sandbox are bundles of their own;
 * whatever else is asked for, `command/main.ts` does.
 */
import { messageOf } from './errors.ts';
import { builtCatalog, packageVersion } from './package.ts';
import { print } from './sync/output.ts';

// Whoever writes learns of it by its own callback; without a listener, Node would print a stack.
process.stdout.on('error', () => {});
// A log that nobody can read is no reason to end a run whose records are taken.
process.stderr.on('error', () => {});

const answers: Readonly<Record<string, () => string>> = { '--version': packageVersion, '--discover': builtCatalog };
const [word = '', ...more] = process.argv.slice(2);
const answer = more.length === 0 && Object.hasOwn(answers, word) ? answers[word] : undefined;
// To load what reads a command line would take longer than the answer.
if (answer !== undefined) await print(answer()).catch((error) => end(messageOf(error)));
else if (!hasFolder()) end('the folder that the tap was started in is gone: start it in another');
else if (word === 'demo' && more.length === 0) await import('./sandbox/demo.ts');
else if (word === 'sandbox') await import('./sandbox/sandbox.ts');
else await import('./command/main.ts');

function end(why: string): void {
  process.stderr.write(`CRITICAL ${why}\n`);
  process.exitCode = 1;
}

/** What reads a command line asks for the folder as soon as it is loaded. */
function hasFolder(): boolean {
  try {
    return process.cwd() !== '';
  } catch {
    return false;
  }
}
