/** Targets that write files: target-jsonl and MeltanoLabs' target-csv. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { output } from '../support/commands.ts';
import { type Json, selecting, workFolder } from '../support/tap.ts';
import { type Environment, environmentOf } from './support/environments.ts';
import { load } from './support/load.ts';
import { awkwardText, bigId, type Held, startHeld, streamNames, sumsOf } from './support/payments.ts';

interface Target {
  readonly package: string;
  readonly executable: string;
  readonly config: (folder: string) => object;
  /** The rows of the file of a stream; values as text, or as the file has them. */
  readonly rows: (folder: string, stream: string, environment: Environment) => Promise<Json[]>;
}

/** Prints the rows of a CSV file as JSON. */
const readCsv = `
import csv, json, sys
csv.field_size_limit(sys.maxsize)
print(json.dumps(list(csv.DictReader(open(sys.argv[1], newline='')))))
`;

const targets: readonly Target[] = [
  {
    package: 'target-jsonl',
    executable: 'target-jsonl',
    config: (folder) => ({ destination_path: folder, do_timestamp_file: false }),
    rows: async (folder, stream) => {
      const lines = readFileSync(join(folder, `${stream}.jsonl`), 'utf8').trimEnd();
      // Digits as text: JSON.parse would round them.
      return lines.split('\n').map((line) => JSON.parse(line.replace(/"(id|amount|order)": (\d+)/g, '"$1": "$2"')));
    },
  },
  {
    package: 'meltanolabs-target-csv',
    executable: 'target-csv',
    config: (folder) => ({ output_path: folder, file_naming_scheme: '{stream_name}.csv' }),
    rows: async (folder, stream, environment) =>
      JSON.parse(await output([environment.python, '-c', readCsv, join(folder, `${stream}.csv`)])),
  },
];

for (const target of targets) {
  t.test(`${target.package}: every row, to the last digit`, async (t) => {
    const environment = await environmentOf(target.package);
    const folder = workFolder();
    const held = await startHeld();
    t.teardown(() => Promise.all([held.sandbox.close(), folder.remove()]));
    const catalog = folder.file('catalog.json', selecting(streamNames));
    const from = ['--config', folder.file('config.json', held.config), '--catalog', catalog];
    const settings = folder.file('target.json', target.config(folder.path));
    const { state } = await load(from, [environment.bin(target.executable), '--config', settings], {
      cwd: folder.path,
    });
    const rowsOf = (stream: string) => target.rows(folder.path, stream, environment);
    for (const stream of streamNames) t.equal((await rowsOf(stream)).length, held.counts[stream], stream);
    holdsTransactions(t, await rowsOf('transactions'), held);
    const newest = held.transactions.map(({ createdAt }) => createdAt as string).sort();
    t.equal(state.bookmarks.transactions.createdAt, newest.at(-1), 'the target printed the last state');
  });
}

function holdsTransactions(t: Test, rows: readonly Json[], held: Held): void {
  t.equal(new Set(rows.map(({ id }) => id)).size, rows.length, 'no key twice');
  const amounts = rows.map(({ amount, currency }) => ({ amount: amount || 0, currency }));
  t.strictSame(sumsOf(amounts), sumsOf(held.transactions), 'amounts by currency');
  const big = rows.find(({ reference }) => reference === 'interop-0');
  t.strictSame([big.id, big.amount], [bigId, bigId], '64 bits to the last digit');
  t.match(JSON.stringify(big.metadata), '18446744073709551615', 'and in metadata');
  t.equal(rows.find(({ reference }) => reference === 'interop-1').message, awkwardText, 'text as it was');
}
