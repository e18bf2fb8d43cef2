/** Whether memory stays what it is, however many rows there are and however slow the reader is. */
import { untilNow } from './data.ts';
import { type Measured, measureTap, type Reader, startServer } from './measure.ts';
import type { Suite } from './suites.ts';

const slow: Reader = { bytesPerSecond: 1_000_000 };

export const memory: Suite = async function* ({ rounds, isQuick }) {
  const [few, many, slowly] = isQuick ? [50_000, 200_000, 8000] : [100_000, 1_000_000, 20_000];
  const times = Math.min(rounds, 2);
  const peaks = async (rows: number, reader: Reader = {}) => {
    const server = await startServer({ synthetic: untilNow(['transactions'], rows) });
    const runs: Measured[] = [];
    for (let round = 0; round < times; round++) {
      runs.push(await measureTap({ server, streams: ['transactions'], reader }));
    }
    server.stop();
    return runs.map(({ peakMb }) => peakMb);
  };
  const ratio = (some: readonly number[], others: readonly number[]) =>
    some.map((peak, round) => peak / others[round]!);
  const ofFew = await peaks(few);
  const ofMany = await peaks(many);
  const ofFast = await peaks(slowly);
  const ofSlow = await peaks(slowly, slow);
  const grouped = (rows: number) => rows.toLocaleString('en');
  const growth = `peak memory of ${grouped(many)} rows, against ${grouped(few)}`;
  yield { what: growth, values: ratio(ofMany, ofFew), bar: { atMost: 1.15 } };
  yield { what: `… of ${grouped(many)} rows`, values: ofMany, unit: ' MB', bar: { atMost: 150 } };
  const backpressure = 'peak memory with a reader that takes 1 MB/s, against a fast one';
  yield { what: backpressure, values: ratio(ofSlow, ofFast), bar: { atMost: 1.3 } };
};
