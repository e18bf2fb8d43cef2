// What tap loads into the process of each test, so that tests start fast; `npm run coverage` does without.
import { register } from 'node:module';
import processOnSpawn from 'process-on-spawn';

// tap's own way compiles each file anew in each process, with a compiler that takes a second to start.
register('./typescript-loader.js', import.meta.url);

// tap loads itself into each process that a test starts, to see what it covers. The executable takes twice the time to start
// then, and is not alone in its process as it is at a user's.
processOnSpawn.removeAllListeners();
