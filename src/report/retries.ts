/** Logs tries that failed and are made again: the first of a kind at once, then how many followed, now and then. */
import type { Clock } from '../clock.ts';
import { counted } from '../words.ts';
import type { Log } from './log.ts';

/** A kind of failure that keeps coming. */
interface Trouble {
  saidAt: number;
  /** How often it happened since. */
  again: number;
}

/** A trouble that keeps coming is logged this often. */
const intervalMs = 30_000;

/** A host that cannot be reached is one trouble for all endpoints. */
const isOfHost = /could not be reached/;

export function createRetryLog(clock: Clock, log: Log): (endpoint: string, why: string, waitMs: number) => void {
  // Bounded by the number of endpoints and statuses.
  const troubles = new Map<string, Trouble>();
  return (endpoint, why, waitMs) => {
    const kind = isOfHost.test(why) ? why : `${endpoint} ${/^answered \d+/.exec(why)?.[0] ?? why}`;
    const trouble = troubles.get(kind);
    const now = clock.monotonic();
    const wait = `trying again in ${(waitMs / 1000).toFixed(1)} s`;
    const isFolded = trouble !== undefined && now - trouble.saidAt < intervalMs;
    if (isFolded) trouble.again++;
    const before = !isFolded && trouble && trouble.again > 0 ? ` (and ${times(trouble.again)} before)` : '';
    if (!isFolded) troubles.set(kind, { saidAt: now, again: 0 });
    log(isFolded ? 'DEBUG' : 'WARNING', `${endpoint}: Paystack ${why}${before}; ${wait}`, { stream: endpoint });
  };
}

function times(count: number): string {
  return count === 1 ? 'once' : counted(count, 'time');
}
