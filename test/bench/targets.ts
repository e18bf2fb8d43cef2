/**
 * What a target makes of the tap's speed: the same transactions as RECORD messages, and as the files of BATCH messages, into
 * Meltano's target-postgres and a PostgreSQL of its own; and without a target, by the SQL of `load-sql`.
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

const name = 'meltanolabs-target-postgres';

export const targets: Suite = async function* ({ rounds, isQuick }) {
  const rows = isQuick ? 5000 : 30_000;
  const { bin } = await environmentOf(name);
  const postgres = await startPostgres();
  const server = await startServer({ keepsAnswers: true, synthetic: { transactions: { rows, ...pastYears.spread } } });
  const speeds: Record<Way, number[]> = { messages: [], files: [], sql: [] };
  try {
    // One more than is shown: in the first, Python compiles what it imports, and the server makes the answers that it keeps.
    for (let round = 0; round <= rounds; round++) {
      for (const way of ways) {
        const schema = `${way}_${round}`;
        speeds[way].push(await speedOf(way, schema, rows, { executable: bin('target-postgres'), server, postgres }));
      }
    }
  } finally {
    server.stop();
    await postgres.stop();
  }
  const [messages, files, sql] = ways.map((way) => speeds[way].slice(1)) as [number[], number[], number[]];
  const against = (others: readonly number[]) => others.map((speed, round) => speed / messages[round]!);
  yield { what: 'rows/s into target-postgres: files, against messages', values: against(files), bar: { atLeast: 2 } };
  yield {
    what: 'rows/s into PostgreSQL: load-sql, against target-postgres',
    values: against(sql),
    bar: { atLeast: 5 },
  };
  yield { what: '… by messages', values: messages };
  yield { what: '… by files', values: files };
  yield { what: '… by load-sql', values: sql };
};

const ways = ['messages', 'files', 'sql'] as const;
type Way = (typeof ways)[number];

interface Site {
  readonly executable: string;
  readonly server: Server;
  readonly postgres: Postgres;
}

/** @throws Error if not every row is in the table */
async function speedOf(way: Way, schema: string, rows: number, site: Site): Promise<number> {
  const { executable, server, postgres } = site;
  const folder = workFolder();
  try {
    const files = join(folder.path, 'files');
    mkdirSync(files);
    const connection = { secret_key: server.secretKey, api_url: server.url, requests_per_minute: 1_000_000 };
    const batches = way === 'files' && { batch_config: { storage: { root: `file://${files}` } } };
    const config = folder.file('config.json', { ...connection, ...pastYears.settings, ...batches });
    const target = { ...postgresTargets[name].config(postgres), default_target_schema: schema };
    const catalog = folder.file('catalog.json', selecting(['transactions']));
    const choice = ['--config', config, '--catalog', catalog];
    const sql = folder.file('load.sql', (await runTap(['load-sql', 'postgres', '--schema', schema, ...choice])).stdout);
    const into: Command =
      way === 'sql'
        ? [postgres.psql, '-X', '-f', sql, postgres.uri()]
        : [executable, '--config', folder.file('target.json', target)];
    const began = performance.now();
    await load(choice, into, { cwd: folder.path });
    const seconds = (performance.now() - began) / 1000;
    const [{ n }] = await postgres.query(`select count(*) as n from ${schema}.transactions`);
    if (Number(n) !== rows) throw new Error(`${n} of ${rows} rows are in the table`);
    return rows / seconds;
  } finally {
    folder.remove();
  }
}
