/** Errors that nobody waits for: each is a defect. Node would print it with all that hangs from it, the key included. */
import { explained } from '../report/defects.ts';
import type { Log } from '../report/log.ts';

/** @param log the log of the time when it happens */
export function endIfDefect(log: () => Log, exitCode: number): void {
  // Rejections that nobody handles come here too.
  process.on('uncaughtException', (error: unknown) => {
    log()('CRITICAL', explained(error, log()), error instanceof Error ? { error } : {});
    process.exit(exitCode);
  });
}
