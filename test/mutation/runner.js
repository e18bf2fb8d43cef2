// Stryker's way to our tests. A trial imports the bundles anew, one after the other, into a process that goes on: to start a
// process would take longer than most trials. Stryker ends the process if a trial does not end.
import { setTimeout as pause } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';

const names = process.env.MUTATE_TESTS.split(' ');
/** So often, a change that is come by has led into a loop. */
const hitLimit = 100_000;
/** A failure outside of all tests is one as well. */
const outside = ['uncaughtException', 'unhandledRejection'];
let trials = 0;

/** @returns what the first test that fails says; undefined if all pass */
async function failureOf() {
  const elsewhere = new Promise((_, reject) => {
    for (const event of outside) process.on(event, reject);
  });
  const over = new AbortController();
  const stuck = standstill(over.signal);
  try {
    trials++;
    for (const name of names) {
      const bundle = pathToFileURL(`dist/mutation/${name}.test.js`);
      const run = async () => (await import(`${bundle}?${trials}`)).ended();
      await Promise.race([run(), elsewhere, stuck]);
    }
    return undefined;
  } catch (error) {
    return String(error?.stack ?? error);
  } finally {
    over.abort();
    for (const event of outside) process.removeAllListeners(event).on(event, () => {});
  }
}

/** Ends once nothing but the pipes of this process is left, so that what the trial waits for never comes. */
async function standstill(signal) {
  for (let still = 0; still < 3; ) {
    await pause(100, undefined, { signal });
    still = process.getActiveResourcesInfo().every((kind) => kind === 'PipeWrap') ? still + 1 : 0;
  }
  throw new Error('it waits for ever');
}

const runner = {
  capabilities: () => ({ reloadEnvironment: true }),
  dryRun: async () => {
    const started = performance.now();
    const failureMessage = await failureOf();
    const test = { id: 'all', name: names.join(', '), timeSpentMs: performance.now() - started };
    const result = failureMessage === undefined ? { status: 0 } : { status: 1, failureMessage };
    return { status: 'complete', tests: [{ ...test, ...result }] };
  },
  mutantRun: async ({ activeMutant }) => {
    // For what runs in this process, and for the executables that it starts.
    globalThis.__stryker__ = { activeMutant: activeMutant.id, hitCount: 0, hitLimit };
    process.env.__STRYKER_ACTIVE_MUTANT__ = activeMutant.id;
    const failureMessage = await failureOf();
    if (failureMessage === undefined) return { status: 'survived', nrOfTests: 1 };
    return { status: 'killed', killedBy: ['all'], failureMessage, nrOfTests: 1 };
  },
};

export const strykerPlugins = [{ kind: 'TestRunner', name: 'bundles', factory: () => runner }];
