/**
 * What a target makes of the tap's speed: the same transactions as RECORD messages, and as the files of BATCH messages, into
 * Meltano's target-postgres and a PostgreSQL of its own; and without a target, by the SQL of `load-sql`. Each figure is of the
 * whole pipe, from the start of the tap to the end of what loads, with all that Python needs to start.
 */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { load } from '../interop/support/load.ts';
import { type Postgres, postgresTargets, startPostgres } from '../interop/support/postgres.ts';
import type { Command } from '../support/commands.ts';
import { environmentOf } from '../support/environments.ts';
import { runTap, selecting, workFolder } from '../support/tap.ts';
import { pastYears } from './data.ts';
import { type Server, startServer } from './measure.ts';
import type { Suite } from './suites.ts';
import type { Finding } from './table.ts';

const name = 'meltanolabs-target-postgres';

/** How the transactions are loaded: by what the tap writes, and with which settings of the target's but the defaults. */
const ways = {
  messages: { settings: {} },
  files: { settings: {}, asFiles: true },
  copiedFiles: { settings: { use_copy: true }, asFiles: true },
  trustedMessages: { settings: { validate_records: false } },
  sql: undefined,
} as const;
type Way = keyof typeof ways;
const names = Object.keys(ways) as Way[];

interface Run {
  /** Rows a second of the whole pipe. */
  readonly speed: number;
  /** Processor time of what loads, in seconds, without that of PostgreSQL. */
  readonly processor: number;
}

export const targets: Suite = async function* ({ rounds, isQuick }) {
  const rows = isQuick ? 10_000 : 20_000;
  const { bin } = await environmentOf(name);
  const postgres = await startPostgres();
  const server = await startServer({ keepsAnswers: true, synthetic: { transactions: { rows, ...pastYears.spread } } });
  const site = { executable: bin('target-postgres'), server, postgres };
  const runs: Record<Way, Run[]> = { messages: [], files: [], copiedFiles: [], trustedMessages: [], sql: [] };
  try {
    // Not counted: in it Python compiles what it imports, and the server makes the answers that it keeps.
    await timed('files', 'warm', rows, site);
    for (let round = 0; round < rounds; round++) {
      // To and fro, so that a machine that gets slower or faster meanwhile favours none.
      for (const way of round % 2 === 0 ? names : names.toReversed()) {
        runs[way].push(await timed(way, `${way.toLowerCase()}_${round}`, rows, site));
      }
    }
  } finally {
    server.stop();
    await postgres.stop();
  }
  yield* findings(runs);
};

function findings(runs: Readonly<Record<Way, readonly Run[]>>): Finding[] {
  const speeds = (way: Way) => runs[way].map(({ speed }) => speed);
  const against = (way: Way, other: Way) => speeds(way).map((speed, round) => speed / runs[other][round]!.speed);
  const processor = runs.messages.map((run, round) => run.processor / runs.files[round]!.processor);
  const sql = 'rows/s into PostgreSQL: load-sql, against target-postgres';
  return [
    {
      what: 'rows/s into target-postgres: files, against messages',
      values: against('files', 'messages'),
      bar: { atLeast: 2 },
    },
    { what: '… its processor time: messages, against files', values: processor },
    { what: '… files with `use_copy`, against messages', values: against('copiedFiles', 'messages') },
    { what: '… messages without `validate_records`, against messages', values: against('trustedMessages', 'messages') },
    { what: sql, values: against('sql', 'messages'), bar: { atLeast: 5 } },
    { what: '… by messages', values: speeds('messages') },
    { what: '… by files', values: speeds('files') },
    { what: '… by load-sql', values: speeds('sql') },
  ];
}

interface Site {
  readonly executable: string;
  readonly server: Server;
  readonly postgres: Postgres;
}

/** @throws Error if not every row is in the table */
async function timed(way: Way, schema: string, rows: number, site: Site): Promise<Run> {
  const { executable, server, postgres } = site;
  const folder = workFolder();
  try {
    const files = join(folder.path, 'files');
    mkdirSync(files);
    const { settings, asFiles } = { settings: {}, asFiles: false, ...ways[way] };
    const connection = { secret_key: server.secretKey, api_url: server.url, requests_per_minute: 1_000_000 };
    const batches = asFiles && { batch_config: { storage: { root: `file://${files}` } } };
    const config = folder.file('config.json', { ...connection, ...pastYears.settings, ...batches });
    const target = { ...postgresTargets[name].config(postgres), default_target_schema: schema, ...settings };
    const catalog = folder.file('catalog.json', selecting(['transactions']));
    const choice = ['--config', config, '--catalog', catalog];
    const sql = folder.file('load.sql', (await runTap(['load-sql', 'postgres', '--schema', schema, ...choice])).stdout);
    const into: Command =
      way === 'sql'
        ? [postgres.psql, '-X', '-f', sql, postgres.uri()]
        : [executable, '--config', folder.file('target.json', target)];
    const began = performance.now();
    const { log } = await load(choice, counting(into), { cwd: folder.path });
    const seconds = (performance.now() - began) / 1000;
    const [{ n }] = await postgres.query(`select count(*) as n from ${schema}.transactions`);
    if (Number(n) !== rows) throw new Error(`${n} of ${rows} rows are in the table`);
    // A table that stays would be looked after by PostgreSQL during the next run.
    await postgres.execute(`drop schema ${schema} cascade`);
    return { speed: rows / seconds, processor: processorIn(log) };
  } finally {
    folder.remove();
  }
}

/** A command that says on stderr at its end how much processor time it took. */
function counting(command: Command): Command {
  return ['bash', '-c', '"$0" "$@"; code=$?; LC_ALL=C times >&2; exit $code', ...command];
}

/** The last line of what `times` prints is of the children: user and system, as `1m2.345s`. */
function processorIn(log: string): number {
  const parts = [...(log.trimEnd().split('\n').at(-1) ?? '').matchAll(/(\d+)m(\d+[.,]\d+)s/g)];
  if (parts.length !== 2) throw new Error('no processor time');
  return parts.reduce(
    (sum, [, minutes, seconds]) => sum + Number(minutes) * 60 + Number(seconds!.replace(',', '.')),
    0,
  );
}
