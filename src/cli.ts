/**
 * The executable. What tools ask for at every turn is answered at once; the demo and the sandbox are bundles of their own;
 * whatever else is asked for, `command/main.ts` does.
 */
import { builtCatalog, packageVersion } from './package.ts';

// Whoever writes learns of it by its own callback; without a listener, Node would print a stack.
process.stdout.on('error', () => {});

const answers: Readonly<Record<string, () => string>> = { '--version': packageVersion, '--discover': builtCatalog };
const [word = '', ...more] = process.argv.slice(2);
const answer = more.length === 0 && Object.hasOwn(answers, word) ? answers[word] : undefined;
// To load what reads a command line would take longer than the answer.
if (answer !== undefined) process.stdout.write(`${answer()}\n`);
else if (word === 'demo' && more.length === 0) await import('./sandbox/demo.ts');
else if (word === 'sandbox') await import('./sandbox/sandbox.ts');
else await import('./command/main.ts');
