/**
 * The SQL of `load-sql` beside target-duckdb: the same messages of 100,000 transactions into a new file each time, with one
 * DuckDB. From a file, and from the tap as it reads. What both have loaded must be the same.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { output } from '../support/commands.ts';
import { environmentOf } from '../support/environments.ts';
import { pastYears } from './data.ts';
import { executable, startServer } from './measure.ts';
import type { Suite } from './suites.ts';

const programs = ['load-sql', 'target-duckdb'] as const;
type Loader = (typeof programs)[number];
const sources = ['file', 'tap'] as const;

const runFile =
  'import duckdb, sys; print(duckdb.connect(sys.argv[1]).execute(open(sys.argv[2]).read()).fetchone()[0])';

/** Numbers that differ if a row is missing, there twice, or rounded. */
const account = `
import duckdb, sys
sql = 'SELECT count(*), count(DISTINCT id), sum(amount), sum(id), left(max(createdAt)::VARCHAR, 19) FROM wh.paystack.transactions'
connection = duckdb.connect()
connection.execute("SET TimeZone = 'UTC'")
connection.execute(f"ATTACH '{sys.argv[1]}' AS wh (READ_ONLY)")
print(connection.execute(sql).fetchone())
`;

export const loaders: Suite = async function* ({ rounds, isQuick }) {
  const rows = isQuick ? 20_000 : 100_000;
  // It pins a DuckDB of its time, which the SQL is run by as well.
  const { python, bin } = await environmentOf('target-duckdb');
  const server = await startServer({ keepsAnswers: true, synthetic: { transactions: { rows, ...pastYears.spread } } });
  const folder = mkdtempSync(join(tmpdir(), 'tap-paystack-bench-'));
  const file = (name: string) => join(folder, name);
  try {
    const settings = { ...pastYears.settings, requests_per_minute: 1_000_000, streams: ['transactions'] };
    writeFileSync(
      file('config.json'),
      JSON.stringify({ secret_key: server.secretKey, api_url: server.url, ...settings }),
    );
    writeFileSync(
      file('target.json'),
      JSON.stringify({ filepath: file('db'), path: file('db'), default_target_schema: 'paystack' }),
    );
    const tap = `'${process.execPath}' '${executable}' --config '${file('config.json')}'`;
    const inFolder = (script: string) => output(['bash', '-e', '-o', 'pipefail', '-c', script], { cwd: folder });
    await inFolder(
      `'${process.execPath}' '${executable}' load-sql duckdb --config config.json > load.sql; ${tap} > messages 2> log`,
    );
    writeFileSync(file('run.py'), runFile);
    const into: Readonly<Record<Loader, string>> = {
      'load-sql': `'${python}' run.py db load.sql`,
      'target-duckdb': `'${bin('target-duckdb')}' --config target.json`,
    };
    const speeds = new Map<string, number[]>();
    for (let round = 0; round < rounds; round++) {
      for (const source of sources) {
        const accounts = new Set<string>();
        for (const loader of programs) {
          rmSync(file('db'), { force: true });
          const began = performance.now();
          await inFolder(
            `${source === 'file' ? 'cat messages' : `${tap} 2> log`} | ${into[loader]} > states 2> errors`,
          );
          const values = speeds.get(`${source} ${loader}`) ?? [];
          speeds.set(`${source} ${loader}`, [...values, (rows / (performance.now() - began)) * 1000]);
          accounts.add(await output([python, '-c', account, file('db')]));
        }
        const [one = ''] = accounts;
        if (accounts.size > 1 || !one.startsWith(`(${rows}, ${rows}, `)) throw new Error([...accounts].join('; '));
      }
    }
    const of = (source: (typeof sources)[number], loader: Loader) => speeds.get(`${source} ${loader}`)!;
    for (const source of sources) {
      const others = of(source, 'target-duckdb');
      const from = source === 'file' ? 'from a file' : 'from the tap';
      yield {
        what: `load-sql into DuckDB, ${from}: rows/s, against target-duckdb`,
        values: of(source, 'load-sql').map((speed, round) => speed / others[round]!),
        // Of fewer rows, the start of Python is a good part of the time.
        ...(source === 'file' && !isQuick && { bar: { atLeast: 5 } }),
      };
      for (const loader of programs) yield { what: `${loader}, ${from}: rows/s`, values: of(source, loader) };
    }
  } finally {
    server.stop();
    rmSync(folder, { recursive: true, force: true });
  }
};
