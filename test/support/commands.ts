/** Runs the tools of others. */
import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process';
import { text } from 'node:stream/consumers';
import type { Run } from './tap.ts';

/** An executable and its arguments. */
export type Command = readonly [string, ...string[]];

/**
 * A setting of the tap's that the machine has in its environment must not reach it by way of a tool, and what loads
 * TypeScript into the tests has no place in one.
 */
const environment = Object.fromEntries(
  Object.entries(process.env).filter(([name]) => !/^(?:(?:TAP|TARGET)_|NODE_OPTIONS$)/.test(name)),
);

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

/** What a child printed, of what is piped, and its exit code. @param stdout null if another reads it */
export async function ended(child: ChildProcess, stdout = child.stdout): Promise<Run> {
  const [code, ...printed] = await Promise.all([codeOf(child), read(stdout), read(child.stderr)]);
  return { code, stdout: printed[0], stderr: printed[1] };
}

function codeOf(child: ChildProcess): Promise<number | null> {
  return new Promise((resolve, reject) => child.on('error', reject).on('close', resolve));
}

function read(stream: NodeJS.ReadableStream | null): Promise<string> {
  return stream === null ? Promise.resolve('') : text(stream);
}

/** The end of a long output, where the error is, without the tap's account of what went well. */
export function lastOf(printed: string): string {
  return printed.replace(/^INFO .*\n/gm, '').slice(-4000);
}
