/** Errors that no code catches: each is a defect. Node would print the whole error object, and with it the key. */
import { explained } from '../report/defects.ts';
import type { Log } from '../report/log.ts';

/** @param log gives the log that is in use when it happens */
export function endIfDefect(log: () => Log, exitCode: number): void {
  // Rejections that nobody handles come here too.
  process.on('uncaughtException', (error: unknown) => {
    log()('CRITICAL', explained(error, log()), error instanceof Error ? { error } : {});
    process.exit(exitCode);
  });
}
