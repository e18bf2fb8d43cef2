/** The executable. What tools ask for at every turn is answered at once; whatever else is asked for, `command/main.ts` does. */
import { builtCatalog, packageVersion } from './package.ts';

// Whoever writes learns of it by its own callback; without a listener, Node would print a stack.
process.stdout.on('error', () => {});

const answers: Readonly<Record<string, () => string>> = { '--version': packageVersion, '--discover': builtCatalog };
const [word = '', ...more] = process.argv.slice(2);
const answer = more.length === 0 && Object.hasOwn(answers, word) ? answers[word] : undefined;
// To load what reads a command line would take longer than the answer.
if (answer === undefined) await import('./command/main.ts');
else process.stdout.write(`${answer()}\n`);
