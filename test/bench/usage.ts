/**
 * Imported into a process that is measured: writes at its end, on file descriptor 3, what it used. Peak memory is the
 * greatest resident set that the kernel noted (`ru_maxrss`), exact whenever it was.
 */
import { writeSync } from 'node:fs';

export interface Usage {
  /** User and system. */
  readonly cpuMs: number;
  readonly peakMb: number;
}

process.on('exit', () => {
  const { userCPUTime, systemCPUTime, maxRSS } = process.resourceUsage();
  const usage: Usage = { cpuMs: (userCPUTime + systemCPUTime) / 1000, peakMb: maxRSS / 1024 };
  writeSync(3, JSON.stringify(usage));
});
