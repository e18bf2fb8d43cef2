/** What can be measured, by the names that `--only` takes. */
import { daily } from './daily.ts';
import { latency } from './latency.ts';
import { loaders } from './loaders.ts';
import { memory } from './memory.ts';
import { peers } from './peers.ts';
import { quota } from './quota.ts';
import { requests } from './requests.ts';
import { speed } from './speed.ts';
import { startup } from './startup.ts';
import type { Finding } from './table.ts';
import { targets } from './targets.ts';

/** A command line to be timed beside the tap. */
export interface Peer {
  readonly name: string;
  readonly command: string;
}

export interface SuiteOptions {
  /** Runs of everything that is compared, side by side. */
  readonly rounds: number;
  /** Less of everything, for a look. */
  readonly isQuick: boolean;
  readonly peers: readonly Peer[];
}

export type Suite = (options: SuiteOptions) => AsyncIterable<Finding>;

const own = { speed, latency, quota, memory, requests, daily, startup };

export const suites: Readonly<Record<string, Suite>> = { ...own, peers, targets, loaders };

/** The others need Python and a registry. */
export const byDefault: readonly string[] = Object.keys(own);
