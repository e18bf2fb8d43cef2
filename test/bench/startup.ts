/** What must be quick, as it is run at every turn: the version and the catalog. */
import { spawnSync } from 'node:child_process';
import { executable } from './measure.ts';
import type { Suite } from './suites.ts';
import { median } from './table.ts';

/** A start is short and the machine is not still: so many for each value. */
const starts = 15;

export const startup: Suite = async function* ({ rounds }) {
  const version: number[] = [];
  const discover: number[] = [];
  for (let round = 0; round < rounds; round++) {
    const bare: number[] = [];
    const ours = { version: [] as number[], discover: [] as number[] };
    for (let start = 0; start < starts; start++) {
      bare.push(timeOf(['-e', '0']));
      ours.version.push(timeOf([executable, '--version']));
      ours.discover.push(timeOf([executable, '--discover']));
    }
    version.push(median(ours.version) / median(bare));
    discover.push(median(ours.discover) / median(bare));
  }
  yield { what: 'time of `--version`, against `node -e 0`', values: version, bar: { atMost: 1.5 } };
  yield { what: 'time of `--discover`, against `node -e 0`', values: discover, bar: { atMost: 2 } };
};

function timeOf(args: readonly string[]): number {
  const began = performance.now();
  const { status } = spawnSync(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'], env: {} });
  if (status !== 0) throw new Error(`node ${args.join(' ')} failed`);
  return performance.now() - began;
}
