/** `npm run bench`: how fast the tap is and what it needs, as ratios, with the bar that each of them must pass. */
import { cpus, totalmem } from 'node:os';
import { parseArgs } from 'node:util';
import { packageVersion } from '../../src/package.ts';
import { byDefault, type Peer, type SuiteOptions, suites } from './suites.ts';
import { findingLine, isMissed, tableHead } from './table.ts';

const usage = `npm run bench -- [options]
  --only NAMES           some of ${byDefault.join(',')}
  --rounds N             runs of everything that is compared; default: 5, with --quick 1
  --quick                less of everything, for a look
  --peers                what people use today, beside the tap
  --targets              files of records (BATCH), and the SQL of load-sql, beside messages, into a PostgreSQL
  --loaders              the SQL of load-sql beside target-duckdb
                         these three need Python or uv; with them nothing else is measured but what --only names
  --peer 'NAME=COMMAND'  another tap to be timed on the transactions; {url} and {key} in the command are filled in
`;

try {
  const asked = readOptions();
  if (asked === undefined) process.stdout.write(usage);
  else await bench(asked.names, asked.options);
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 2;
}

async function bench(names: readonly string[], options: SuiteOptions): Promise<void> {
  say(
    `${cpus().length} cores, ${Math.round(totalmem() / 2 ** 30)} GB, Node ${process.version}, tap-paystack ${packageVersion()}`,
  );
  say(`\n${tableHead}`);
  const missed: string[] = [];
  for (const name of names) {
    for await (const finding of suites[name]!(options)) {
      say(findingLine(finding));
      if (isMissed(finding)) missed.push(`${name}: ${finding.what}`);
    }
  }
  if (missed.length === 0) return;
  process.stderr.write(`\nMissed:\n${missed.map((one) => `  ${one}\n`).join('')}`);
  process.exitCode = 1;
}

/** Undefined if the call is for help. */
function readOptions(): { names: readonly string[]; options: SuiteOptions } | undefined {
  const { values } = parseArgs({
    options: {
      only: { type: 'string' },
      rounds: { type: 'string' },
      quick: { type: 'boolean', default: false },
      peers: { type: 'boolean', default: false },
      targets: { type: 'boolean', default: false },
      loaders: { type: 'boolean', default: false },
      peer: { type: 'string', multiple: true, default: [] },
      help: { type: 'boolean' },
    },
  });
  if (values.help) return undefined;
  const withPython = (['peers', 'targets', 'loaders'] as const).filter((name) => values[name]);
  const names = [...(values.only?.split(',') ?? (withPython.length > 0 ? [] : byDefault)), ...withPython];
  const unknown = names.find((name) => !Object.hasOwn(suites, name));
  if (unknown !== undefined) throw new Error(`there is no "${unknown}"\n\n${usage}`);
  const rounds = Number(values.rounds ?? (values.quick ? 1 : 5));
  if (!Number.isInteger(rounds) || rounds < 1) throw new Error(`--rounds must be a number\n\n${usage}`);
  return { names, options: { rounds, isQuick: values.quick, peers: values.peer.map(readPeer) } };
}

function readPeer(text: string): Peer {
  const [, name, command] = /^([^=]+)=(.+)$/s.exec(text) ?? [];
  if (name === undefined || command === undefined) throw new Error(`--peer must be NAME=COMMAND\n\n${usage}`);
  return { name, command };
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}
