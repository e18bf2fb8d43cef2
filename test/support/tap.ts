/** Runs the built executable as a user would, and reads what it prints as a strict target would. */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Ajv, type ValidateFunction } from 'ajv';
import formats from 'ajv-formats';

export const executable = join(import.meta.dirname, '../../bin/tap-paystack.js');

// biome-ignore lint/suspicious/noExplicitAny: messages are read as JSON of any shape, and asserted on
export type Json = any;

export interface Run {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface SyncRun extends Run {
  readonly messages: readonly Json[];
  /** Records by stream, in order. */
  readonly records: Readonly<Record<string, readonly Json[]>>;
  /** The value of the last STATE. */
  readonly state: Json;
}

/** Temporary files of a test; `name` is only for the reader of an error message. */
export function workFolder(): { path: string; file(name: string, content: unknown): string; remove(): void } {
  const path = mkdtempSync(join(tmpdir(), 'tap-paystack-'));
  return {
    path,
    file: (name, content) => {
      const file = join(path, name);
      // Tests that run at once may write the same file while a tap reads it, and must not leave it empty for a moment.
      const whole = `${file}.whole`;
      writeFileSync(whole, typeof content === 'string' ? content : JSON.stringify(content), { mode: 0o600 });
      renameSync(whole, file);
      return file;
    },
    remove: () => rmSync(path, { recursive: true, force: true }),
  };
}

/**
 * No variable of the machine's may reach the tap: only what the test sets. The second says which change is alive while
 * `npm run mutate` tries the tests.
 */
const passedOn = Object.fromEntries(
  ['PATH', '__STRYKER_ACTIVE_MUTANT__'].flatMap((name) => (name in process.env ? [[name, process.env[name]]] : [])),
);

export function startTap(args: readonly string[], environment: Readonly<Record<string, string>> = {}): ChildProcess {
  return spawn(process.execPath, [executable, ...args], { env: { ...passedOn, ...environment } });
}

export async function runTap(
  args: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): Promise<Run> {
  const child = startTap(args, environment);
  const stdout: Buffer[] = [];
  const stderr: Buffer[] = [];
  child.stdout?.on('data', (chunk: Buffer) => stdout.push(chunk));
  child.stderr?.on('data', (chunk: Buffer) => stderr.push(chunk));
  const code = await new Promise<number | null>((resolve) => child.on('close', resolve));
  return { code, stdout: Buffer.concat(stdout).toString(), stderr: Buffer.concat(stderr).toString() };
}

export interface SyncInput {
  readonly config: object;
  readonly state?: unknown;
  /** Several of them, of runs that shared the work. */
  readonly states?: readonly unknown[];
  readonly catalog?: unknown;
  /** Shorthand for a catalog that selects these streams, whole. */
  readonly streams?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
}

/** A sync with its files made for it. What it prints must be a valid run of messages, whatever the test is about. */
export async function runSync(input: SyncInput): Promise<SyncRun> {
  const folder = workFolder();
  try {
    const catalog = input.catalog ?? (input.streams && selecting(input.streams));
    const args = ['--config', folder.file('config.json', input.config)];
    const states = input.states ?? (input.state === undefined ? [] : [input.state]);
    for (const [index, state] of states.entries()) args.push('--state', folder.file(`state${index}.json`, state));
    if (catalog !== undefined) args.push('--catalog', folder.file('catalog.json', catalog));
    const run = await runTap(args, input.environment);
    return { ...run, ...readMessages(run.stdout) };
  } finally {
    folder.remove();
  }
}

/** The smallest catalog that selects streams. */
export function selecting(streams: readonly string[]): Json {
  const metadata = [{ breadcrumb: [], metadata: { selected: true } }];
  return { streams: streams.map((stream) => ({ tap_stream_id: stream, stream, metadata })) };
}

/**
 * Reads a run of messages.
 *
 * @throws Error for what no target should have to bear: a line that is no message, a record before its schema, a record
 * that its schema does not allow, a second SCHEMA of a stream, records before the first STATE or after the last
 */
export function readMessages(stdout: string): Pick<SyncRun, 'messages' | 'records' | 'state'> {
  if (stdout === '') return { messages: [], records: {}, state: undefined };
  if (!stdout.endsWith('\n')) throw new Error('the last line is not ended');
  const messages = stdout
    .slice(0, -1)
    .split('\n')
    .map((line) => JSON.parse(line) as Json);
  const validators = new Map<string, ValidateFunction>();
  const records: Record<string, Json[]> = {};
  let state: Json;
  for (const message of messages) {
    switch (message.type) {
      case 'SCHEMA':
        if (validators.has(message.stream)) throw new Error(`a second SCHEMA of ${message.stream}`);
        validators.set(message.stream, validatorOf(message));
        records[message.stream] = [];
        break;
      case 'RECORD': {
        const validate = validators.get(message.stream);
        if (validate === undefined) throw new Error(`a RECORD of ${message.stream} before its SCHEMA`);
        if (state === undefined) throw new Error('a RECORD before the first STATE');
        if (!validate(message.record)) {
          throw new Error(`a record of ${message.stream} does not fit: ${JSON.stringify(validate.errors)}`);
        }
        if (Number.isNaN(Date.parse(message.time_extracted))) throw new Error('time_extracted is no date');
        records[message.stream]?.push(message.record);
        break;
      }
      case 'STATE':
        state = message.value;
        break;
      case 'ACTIVATE_VERSION':
        break;
      default:
        throw new Error(`no message: ${JSON.stringify(message).slice(0, 200)}`);
    }
  }
  if (messages.at(-1).type !== 'STATE') throw new Error('the last message is no STATE');
  return { messages, records, state };
}

const ajv = new Ajv({ strict: false, allowUnionTypes: true });
formats.default(ajv);

/** By the text of their schema: compiling one takes longer than a run. */
const validators = new Map<string, ValidateFunction>();

/** Strict date-times, the keys there, and no column that the schema does not name. */
function validatorOf(message: Json): ValidateFunction {
  const schema = { ...message.schema, additionalProperties: false, required: message.key_properties };
  const text = JSON.stringify(schema);
  const validator = validators.get(text) ?? ajv.compile(schema);
  validators.set(text, validator);
  return validator;
}
