/** `tap-paystack sandbox`: a small Paystack to point the tap at, until it is stopped. */
import { parseArgs } from 'node:util';
import type { StreamFacts } from '../paystack/stream-facts.ts';
import { type StreamName, streams } from '../paystack/streams.ts';
import type { Style } from './answers.ts';
import { changersOf } from './changers.ts';
import { everyNth, type Fault } from './faults.ts';
import { type Sandbox, type SandboxOptions, startSandbox } from './server.ts';

const usage = `tap-paystack sandbox [options]
  --port N          default: any free port
  --rows N          so many synthetic transactions, customers, … over the last three years, instead of the fixtures
  --stream NAME     only this stream gets the synthetic rows; may be repeated
  --arrivals N      so many new records come into a list after each of its answers, up to 1000
  --style NAME      how lists page: numbered, cursor, no-meta or single; default: as documented
  --quota N         so many requests a minute for each endpoint, then 429
  --latency MS      each answer takes so long
  --faults N        every nth answer goes wrong, each time in another way
`;

const styles: readonly Style[] = ['numbered', 'cursor', 'no-meta', 'single'];

const faults: readonly Fault[] = [
  { kind: 'status', status: 503 },
  { kind: 'html', status: 502 },
  { kind: 'html', status: 200 },
  { kind: 'status-false' },
  { kind: 'truncated' },
  { kind: 'cut' },
  { kind: 'reset' },
];

const yearMs = 365 * 86_400_000;

try {
  const options = readOptions();
  if (options === undefined) process.stdout.write(usage);
  else process.stdout.write(greeting(await startSandbox(options)));
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n\n${usage}`);
  process.exitCode = 2;
}

/** Undefined if the call is for help. */
function readOptions(): SandboxOptions | undefined {
  const text = { type: 'string' } as const;
  const { values } = parseArgs({
    // The first word is the command.
    args: process.argv.slice(3),
    options: {
      ...{ port: text, rows: text, arrivals: text, style: text, quota: text, latency: text, faults: text },
      stream: { type: 'string', multiple: true },
      help: { type: 'boolean', short: 'h' },
    },
  });
  if (values.help) return undefined;
  const number = (name: 'port' | 'rows' | 'arrivals' | 'quota' | 'latency' | 'faults') => {
    const value = values[name];
    if (value !== undefined && !/^\d{1,9}$/.test(value)) throw new Error(`--${name} must be a number`);
    return value === undefined ? undefined : Number(value);
  };
  const style = styles.find((one) => one === values.style);
  if (values.style !== undefined && style === undefined) throw new Error(`--style must be one of ${styles.join(', ')}`);
  const [rows, arrivals, quota, every] = [number('rows'), number('arrivals'), number('quota'), number('faults')];
  return {
    port: number('port') ?? 0,
    latencyMs: number('latency') ?? 0,
    ...(rows !== undefined && { records: changersOf(rows), synthetic: syntheticOf(rows, values.stream) }),
    ...(arrivals !== undefined && { arrivals: { perRequest: arrivals, max: 1000 } }),
    ...(style && { style }),
    ...(quota !== undefined && { quota: { requests: quota, seconds: 60, headers: true } }),
    ...(every !== undefined && { faults: everyNth(every, faults) }),
  };
}

function syntheticOf(rows: number, only: readonly string[] | undefined): NonNullable<SandboxOptions['synthetic']> {
  const now = Date.now();
  const spread = { rows, from: new Date(now - 3 * yearMs).toISOString(), to: new Date(now).toISOString() };
  const isDated = (name: string) => {
    const { ranged, parent }: StreamFacts = streams[name as StreamName];
    return ranged === true && parent === undefined;
  };
  return Object.fromEntries((only ?? Object.keys(streams).filter(isDated)).map((name) => [name, spread]));
}

function greeting({ url, secretKey }: Sandbox): string {
  return `A small Paystack for trying the tap, not the real one: ${url}
Its secret key: ${secretKey}

  TAP_PAYSTACK_API_URL=${url} TAP_PAYSTACK_SECRET_KEY=${secretKey} tap-paystack

Stop it with Ctrl-C.
`;
}
