/**
 * What a target makes of the tap's speed: the same transactions as RECORD messages, and as the files of BATCH messages, into
 * Meltano's target-postgres and a PostgreSQL of its own.
 */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { load } from '../interop/support/load.ts';
import { type Postgres, postgresTargets, startPostgres } from '../interop/support/postgres.ts';
import { environmentOf } from '../support/environments.ts';
import { selecting, workFolder } from '../support/tap.ts';
import { pastYears } from './data.ts';
import { type Server, startServer } from './measure.ts';
import type { Suite } from './suites.ts';

const name = 'meltanolabs-target-postgres';

export const targets: Suite = async function* ({ rounds, isQuick }) {
  const rows = isQuick ? 5000 : 30_000;
  const { bin } = await environmentOf(name);
  const postgres = await startPostgres();
  const server = await startServer({ keepsAnswers: true, synthetic: { transactions: { rows, ...pastYears.spread } } });
  const speeds: Record<Way, number[]> = { messages: [], files: [] };
  try {
    // One more than is shown: in the first, Python compiles what it imports, and the server makes the answers that it keeps.
    for (let round = 0; round <= rounds; round++) {
      for (const way of ['messages', 'files'] as const) {
        const schema = `${way}_${round}`;
        speeds[way].push(await speedOf(way, schema, rows, { executable: bin('target-postgres'), server, postgres }));
      }
    }
  } finally {
    server.stop();
    await postgres.stop();
  }
  const [messages, files] = [speeds.messages.slice(1), speeds.files.slice(1)];
  const ratios = files.map((speed, round) => speed / messages[round]!);
  yield { what: 'rows/s into target-postgres: files, against messages', values: ratios, bar: { atLeast: 2 } };
  yield { what: '… by messages', values: messages };
  yield { what: '… by files', values: files };
};

type Way = 'messages' | 'files';

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
    const into = [executable, '--config', folder.file('target.json', target)] as const;
    const began = performance.now();
    await load(['--config', config, '--catalog', catalog], into, { cwd: folder.path });
    const seconds = (performance.now() - began) / 1000;
    const [{ n }] = await postgres.query(`select count(*) as n from ${schema}.transactions`);
    if (Number(n) !== rows) throw new Error(`${n} of ${rows} rows are in the table`);
    return rows / seconds;
  } finally {
    folder.remove();
  }
}
