/** How the garbage collector is to go about a sync. */
import { setFlagsFromString } from 'node:v8';

/**
 * Nearly all that a sync makes is garbage as soon as its page is written. V8 gives such things more and more room before it
 * clears them away; kept at its first size, that room is cleared more often, in the same time altogether, and the process
 * peaks a fifth lower (measured, Node 20 to 24).
 */
export function keepYoungSpaceSmall(): void {
  setFlagsFromString('--semi-space-growth-factor=1');
}
