/** How many rows a second, where nothing but the machine is a brake. */
import { join } from 'node:path';
import { pastYears } from './data.ts';
import { type Measured, measureCommand, measureNode, measureTap, startServer } from './measure.ts';
import type { Suite } from './suites.ts';

const { spread, settings } = pastYears;
const pageSize = 200;

export const speed: Suite = async function* ({ rounds, isQuick, peers }) {
  const rows = isQuick ? 40_000 : 100_000;
  const server = await startServer({ keepsAnswers: true, synthetic: { transactions: { rows, ...spread } } });
  const query = new URLSearchParams({ perPage: String(pageSize), from: spread.from, to: settings.end_date }).toString();
  const floor = () => {
    const script = join(import.meta.dirname, 'floor.js');
    return measureNode([script, server.url, server.secretKey, query, String(rows / pageSize)]);
  };
  const tap = (fields?: readonly string[]) =>
    measureTap({ server, streams: ['transactions'], settings, ...(fields && { fields }) });

  // So that the server has every answer.
  await floor();
  await tap();
  const runs = { floor: [] as Measured[], all: [] as Measured[], one: [] as Measured[] };
  // Two processes, a server and a reader share the machine: it takes more rounds than elsewhere until a median stands still.
  for (let round = 0; round < 2 * rounds - 1; round++) {
    runs.floor.push(await floor());
    runs.all.push(await tap());
    runs.one.push(await tap(['amount']));
  }
  for (const run of Object.values(runs).flat()) if (run.lines < rows) throw new Error('rows are missing');

  const ratio = (one: keyof typeof runs, other: keyof typeof runs, of: 'wallMs' | 'flowMs' | 'cpuMs') =>
    runs[one].map((run, round) => run[of] / runs[other][round]![of]);
  const each = (name: keyof typeof runs, value: (run: Measured) => number) => runs[name].map(value);
  const perSecond = ({ wallMs }: Measured) => (rows / wallMs) * 1000;
  const load = ({ cpuMs, wallMs }: Measured) => cpuMs / wallMs;
  yield { what: 'rows/s, against the floor', values: ratio('floor', 'all', 'wallMs'), bar: { atLeast: 0.95 } };
  yield { what: '… from the first byte to the last', values: ratio('floor', 'all', 'flowMs') };
  yield { what: '… rows for each second of CPU', values: ratio('floor', 'all', 'cpuMs') };
  yield { what: 'rows/s with 1 field, against all', values: ratio('all', 'one', 'wallMs'), bar: { atLeast: 1.3 } };
  yield { what: '… from the first byte to the last', values: ratio('all', 'one', 'flowMs') };
  yield { what: '… rows for each second of CPU', values: ratio('all', 'one', 'cpuMs') };
  yield { what: 'the floor: rows/s', values: each('floor', perSecond) };
  yield { what: '… CPU over wall', values: each('floor', load) };
  yield { what: 'the tap: rows/s', values: each('all', perSecond) };
  yield { what: '… CPU over wall', values: each('all', load) };
  yield { what: '… with 1 field: rows/s', values: each('one', perSecond) };
  yield { what: '… CPU over wall', values: each('one', load) };
  for (const { name, command } of peers) {
    const filled = command.replaceAll('{url}', server.url).replaceAll('{key}', server.secretKey);
    const values: number[] = [];
    for (let round = 0; round < rounds; round++) {
      const { lines, wallMs } = await measureCommand(filled);
      values.push((lines / wallMs) * 1000);
    }
    yield { what: `${name}: lines/s`, values };
  }
  server.stop();
};
