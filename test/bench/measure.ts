/** Runs what is to be measured, each in a process of its own, and reads what it prints. */
import { execFileSync, fork, spawn } from 'node:child_process';
import { closeSync, constants, mkdtempSync, openSync, rmSync, writeFileSync } from 'node:fs';
import { Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { setTimeout as pause } from 'node:timers/promises';
import { packageFolder } from '../../src/package.ts';
import type { StreamName } from '../../src/paystack/streams.ts';
import { readSchema } from '../../src/record/schemas.ts';
import type { Asked, Greeting, ServerOptions } from './server.ts';
import type { Usage } from './usage.ts';

export interface Server extends Greeting {
  /** What it was asked since the last time. */
  asked(): Promise<Asked>;
  stop(): void;
}

export async function startServer(options: ServerOptions): Promise<Server> {
  const child = fork(join(import.meta.dirname, 'server.js'), [JSON.stringify(options)]);
  const received = <Answer>() =>
    new Promise<Answer>((resolve, reject) => {
      child.once('message', (answer) => resolve(answer as Answer)).once('exit', () => reject(new Error('no server')));
    });
  const greeting = await received<Greeting>();
  return {
    ...greeting,
    asked: () => {
      child.send('asked');
      return received<Asked>();
    },
    stop: () => child.disconnect(),
  };
}

export interface Measured extends Usage {
  /** From the start of the process to the end of its output. */
  readonly wallMs: number;
  /** From the first byte of its output to the last. */
  readonly flowMs: number;
  /** Messages: records and a few more. */
  readonly lines: number;
}

/** A reader of what is measured. */
export interface Reader {
  /** Default: as fast as it can. */
  readonly bytesPerSecond?: number;
}

/** @throws Error if it does not end with 0 */
export async function measureNode(args: readonly string[], reader: Reader = {}): Promise<Measured> {
  const usage = join(import.meta.dirname, 'usage.js');
  const pipe = openPipe();
  const began = performance.now();
  const child = spawn(process.execPath, ['--import', usage, ...args], {
    env: { PATH: process.env['PATH'] },
    stdio: ['ignore', pipe.writer, 'pipe', 'pipe'],
  });
  closeSync(pipe.writer);
  const ended = new Promise<number | null>((resolve) => child.on('close', resolve));
  const [flow, complaints, used] = await Promise.all([
    readFlow(pipe.reader, reader),
    text(child.stderr!),
    text(child.stdio[3] as Readable),
  ]);
  const wallMs = performance.now() - began;
  if ((await ended) !== 0) throw new Error(`${args[0]} failed: ${complaints}`);
  return { ...flow, wallMs, ...(JSON.parse(used) as Usage) };
}

/**
 * A pipe as a shell makes it, since that is what a tap writes to. Node gives its children a pair of sockets, to which each write
 * costs more.
 */
function openPipe(): { readonly reader: Readable; readonly writer: number } {
  const folder = mkdtempSync(join(tmpdir(), 'tap-paystack-bench-'));
  const path = join(folder, 'pipe');
  try {
    execFileSync('mkfifo', [path]);
    // Without O_NONBLOCK, to open one end waits for the other.
    const fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
    return { reader: new Socket({ fd, readable: true, writable: false }), writer: openSync(path, 'w') };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Any command, in a shell, of which nothing is known but its time and what it prints. */
export async function measureCommand(command: string): Promise<Pick<Measured, 'wallMs' | 'lines'>> {
  const began = performance.now();
  const child = spawn(command, { shell: true, stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = new Promise<number | null>((resolve) => child.on('close', resolve));
  const { lines } = await readFlow(child.stdout!, {});
  const wallMs = performance.now() - began;
  if ((await ended) !== 0) throw new Error(`${command} failed`);
  return { wallMs, lines };
}

async function readFlow(stdout: Readable, { bytesPerSecond }: Reader): Promise<Pick<Measured, 'flowMs' | 'lines'>> {
  let lines = 0;
  let bytes = 0;
  let firstAt = 0;
  for await (const chunk of stdout as AsyncIterable<Buffer>) {
    firstAt ||= performance.now();
    bytes += chunk.length;
    for (let at = chunk.indexOf(newline); at !== -1; at = chunk.indexOf(newline, at + 1)) lines++;
    const dueAt = bytesPerSecond === undefined ? 0 : firstAt + (bytes / bytesPerSecond) * 1000;
    if (dueAt > performance.now()) await pause(dueAt - performance.now());
  }
  return { flowMs: performance.now() - firstAt, lines };
}

const newline = 10;

export interface TapRun {
  readonly server: Greeting;
  readonly streams: readonly StreamName[];
  /** Default: all of them. */
  readonly fields?: readonly string[];
  readonly settings?: object;
  readonly reader?: Reader;
}

export const executable = join(packageFolder, 'bin', 'tap-paystack.js');

/** A sync by the built executable, its files made for it. */
export async function measureTap({ server, streams, fields, settings, reader }: TapRun): Promise<Measured> {
  const folder = mkdtempSync(join(tmpdir(), 'tap-paystack-bench-'));
  try {
    const config = join(folder, 'config.json');
    const catalog = join(folder, 'catalog.json');
    const given = { requests_per_minute: 1_000_000, ...settings };
    writeFileSync(config, JSON.stringify({ secret_key: server.secretKey, api_url: server.url, ...given }));
    writeFileSync(catalog, JSON.stringify({ streams: streams.map((stream) => selected(stream, fields)) }));
    return await measureNode([executable, '--config', config, '--catalog', catalog], reader);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function selected(stream: StreamName, fields: readonly string[] | undefined): object {
  const columns = Object.keys(readSchema(stream).properties ?? {}).map((name) => ({
    breadcrumb: ['properties', name],
    metadata: { selected: fields?.includes(name) ?? true },
  }));
  return {
    tap_stream_id: stream,
    stream,
    metadata: [{ breadcrumb: [], metadata: { selected: true } }, ...columns],
  };
}
