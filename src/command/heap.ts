/** How the garbage collector is to go about a sync. */
import { setFlagsFromString } from 'node:v8';

/**
 * Nearly all that a sync makes is garbage as soon as its page is written, and what stays is small and does not grow. V8 would
 * give the garbage more and more room all the same, before it clears it away. With room for what is new kept at its first
 * size, and for what is older a fifth above what is alive, it is cleared more often, in the same time altogether; the
 * process peaks a third lower, and no higher after a million records than after a hundred thousand (measured).
 */
export function keepHeapSmall(): void {
  setFlagsFromString('--semi-space-growth-factor=1');
  setFlagsFromString('--heap-growing-percent=20');
}
