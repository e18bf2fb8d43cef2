/** Runs commands of others: tools, and the tap with its messages flowing into a target. */
import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process';
import { text } from 'node:stream/consumers';
import { type Json, type Run, startTap } from '../../support/tap.ts';

/** An executable and its arguments. */
export type Command = readonly [string, ...string[]];

/** A setting of the tap's that the machine has in its environment must not reach it by way of a tool. */
const environment = Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^(?:TAP|TARGET)_/.test(name)));

export type Variables = Readonly<Record<string, string>>;

/**
 * Compiled modules are kept, also where the machine forbids it, as containers do: tools start twice as fast. uv trusts
 * what the machine trusts.
 */
const python = { PYTHONUTF8: '1', PYTHONDONTWRITEBYTECODE: '', UV_NATIVE_TLS: '1', UV_SYSTEM_CERTS: '1' };

export function start([executable, ...args]: Command, options: SpawnOptions = {}): ChildProcess {
  const env = { ...environment, ...python, NO_COLOR: '1', ...options.env };
  return spawn(executable, args, { ...options, env });
}

/** Runs a command to its end. @throws Error if it cannot be started */
export async function run(command: Command, options: SpawnOptions = {}): Promise<Run> {
  return ended(start(command, { stdio: ['ignore', 'pipe', 'pipe'], ...options }));
}

/** Runs a command that must succeed, and gives what it printed on stdout. */
export async function output(command: Command, options: SpawnOptions = {}): Promise<string> {
  const { code, stdout, stderr } = await run(command, options);
  if (code !== 0) throw new Error(`${command[0]} ended with ${code}:\n${lastOf(stdout)}\n${lastOf(stderr)}`);
  return stdout;
}

export interface Loaded {
  /** What the target printed last: where the next run resumes. Undefined for a program that is no target. */
  readonly state: Json;
  /** Rows that the tap says it has written, by stream. */
  readonly written: Readonly<Record<string, number>>;
  /** What the target printed on stdout and stderr. */
  readonly printed: string;
  readonly log: string;
}

/** `tap-paystack ARGS | target`. @throws Error if either of them fails */
export async function load(args: readonly string[], target: Command, options: SpawnOptions = {}): Promise<Loaded> {
  const tap = startTap(args);
  const sink = start(target, { stdio: ['pipe', 'pipe', 'pipe'], ...options });
  // A target that dies closes its end; its exit code tells more than the broken pipe.
  sink.stdin?.on('error', () => tap.stdout?.destroy());
  if (tap.stdout && sink.stdin) tap.stdout.pipe(sink.stdin);
  const [fromTap, fromTarget] = await Promise.all([endedWithoutStdout(tap), ended(sink)]);
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

async function ended(child: ChildProcess): Promise<Run> {
  const [code, stdout, stderr] = await Promise.all([codeOf(child), read(child.stdout), read(child.stderr)]);
  return { code, stdout, stderr };
}

async function endedWithoutStdout(child: ChildProcess): Promise<Run> {
  const [code, stderr] = await Promise.all([codeOf(child), read(child.stderr)]);
  return { code, stdout: '', stderr };
}

function codeOf(child: ChildProcess): Promise<number | null> {
  return new Promise((resolve, reject) => child.on('error', reject).on('close', resolve));
}

function read(stream: NodeJS.ReadableStream | null): Promise<string> {
  return stream === null ? Promise.resolve('') : text(stream);
}

function stateOf(printed: string): Json {
  const line = printed.trimEnd().split('\n').at(-1);
  return line?.startsWith('{') ? JSON.parse(line) : undefined;
}

/** The end of a long output, where the error is, without the tap's account of what went well. */
function lastOf(printed: string): string {
  return printed.replace(/^INFO .*\n/gm, '').slice(-4000);
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
