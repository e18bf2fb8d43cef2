/** `npm run sandbox`: a small Paystack to point the tap at, until it is stopped. */
import { parseArgs } from 'node:util';
import { streams } from '../paystack/streams.ts';
import { everyNth, type Fault } from './faults.ts';
import { type SandboxOptions, startSandbox } from './server.ts';

const usage = `npm run sandbox -- [options]
  --port N          default: any free port
  --rows N          so many synthetic transactions, customers, … over the last three years, instead of the fixtures
  --stream NAME     only this stream gets the synthetic rows; may be repeated
  --latency MS      each answer takes so long
  --faults N        every nth answer goes wrong, each time in another way
`;

const { values } = parseArgs({
  options: {
    port: { type: 'string' },
    rows: { type: 'string' },
    stream: { type: 'string', multiple: true },
    latency: { type: 'string' },
    faults: { type: 'string' },
    help: { type: 'boolean' },
  },
});

const faults: readonly Fault[] = [
  { kind: 'status', status: 503 },
  { kind: 'html', status: 200 },
  { kind: 'status-false' },
  { kind: 'truncated' },
  { kind: 'cut' },
  { kind: 'reset' },
];

if (values.help) {
  process.stdout.write(usage);
} else {
  const sandbox = await startSandbox({
    port: Number(values.port ?? 0),
    latencyMs: Number(values.latency ?? 0),
    ...(values.rows && { synthetic: syntheticOf(Number(values.rows), values.stream) }),
    ...(values.faults && { faults: everyNth(Number(values.faults), faults) }),
  });
  process.stdout.write(`A small Paystack for trying the tap, not the real one: ${sandbox.url}

  TAP_PAYSTACK_API_URL=${sandbox.url} TAP_PAYSTACK_SECRET_KEY=${sandbox.secretKey} node bin/tap-paystack.js
`);
}

function syntheticOf(rows: number, only: readonly string[] = []): NonNullable<SandboxOptions['synthetic']> {
  const to = new Date();
  const from = new Date(to.getTime() - 3 * 365 * 86_400_000);
  const whole = Object.entries(streams).filter(([, facts]) => 'ranged' in facts && !('parent' in facts));
  const names = only.length > 0 ? only : whole.map(([name]) => name);
  return Object.fromEntries(names.map((name) => [name, { rows, from: from.toISOString(), to: to.toISOString() }]));
}
