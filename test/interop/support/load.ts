/** The tap with its messages flowing into a target. */
import type { ChildProcess, SpawnOptions } from 'node:child_process';
import { type Command, ended, lastOf, start } from '../../support/commands.ts';
import { type Json, startTap } from '../../support/tap.ts';

export interface Loaded {
  /** What the target printed last: where the next run resumes. Undefined for a program that is no target. */
  readonly state: Json;
  /** Rows that the tap says it has written, by stream. */
  readonly written: Readonly<Record<string, number>>;
  /** What the target printed on stdout and stderr. */
  readonly printed: string;
  readonly log: string;
}

/**
 * `tap-paystack ARGS | target`.
 *
 * @param tap the process to load from, if it is not the built executable with these arguments
 * @throws Error if either of them fails
 */
export async function load(
  args: readonly string[],
  target: Command,
  options: SpawnOptions = {},
  tap: ChildProcess = startTap(args),
): Promise<Loaded> {
  const sink = start(target, { stdio: ['pipe', 'pipe', 'pipe'], ...options });
  // A target that dies closes its end; its exit code says more than the broken pipe.
  sink.stdin?.on('error', () => tap.stdout?.destroy());
  if (tap.stdout && sink.stdin) tap.stdout.pipe(sink.stdin);
  const [fromTap, fromTarget] = await Promise.all([ended(tap, null), ended(sink)]);
  if (fromTarget.code !== 0)
    throw new Error(`${target[0]} ended with ${fromTarget.code}:\n${lastOf(fromTarget.stderr)}`);
  if (fromTap.code !== 0) throw new Error(`the tap ended with ${fromTap.code}:\n${lastOf(fromTap.stderr)}`);
  return {
    state: stateOf(fromTarget.stdout),
    written: writtenOf(fromTap.stderr),
    printed: fromTarget.stdout,
    log: fromTarget.stderr,
  };
}

function stateOf(printed: string): Json {
  const line = printed.trimEnd().split('\n').at(-1);
  return line?.startsWith('{') ? JSON.parse(line) : undefined;
}

/** Sums of the METRIC lines, as singer-python writes them. */
function writtenOf(log: string): Record<string, number> {
  const written: Record<string, number> = {};
  for (const [, json] of log.matchAll(/^INFO METRIC: (.*)$/gm)) {
    const { metric, value, tags } = JSON.parse(json ?? '') as Json;
    if (metric === 'record_count') written[tags.endpoint] = (written[tags.endpoint] ?? 0) + value;
  }
  return written;
}
