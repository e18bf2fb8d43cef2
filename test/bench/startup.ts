/** What must be quick, as it is run at every turn: the version, the catalog, and the way to the first request. */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { executable } from './measure.ts';
import type { Suite } from './suites.ts';
import { median } from './table.ts';

/** A start is short and the machine is not still: so many for each value. */
const starts = 15;

export const startup: Suite = async function* ({ rounds }) {
  const version: number[] = [];
  const discover: number[] = [];
  const request: number[] = [];
  for (let round = 0; round < rounds; round++) {
    const bare: number[] = [];
    const ours = { version: [] as number[], discover: [] as number[], request: [] as number[] };
    for (let start = 0; start < starts; start++) {
      bare.push(timeOf(['-e', '0']));
      ours.version.push(timeOf([executable, '--version']));
      ours.discover.push(timeOf([executable, '--discover']));
      ours.request.push(await timeToRequest());
    }
    version.push(median(ours.version) / median(bare));
    discover.push(median(ours.discover) / median(bare));
    request.push(median(ours.request) / median(bare));
  }
  yield { what: 'time of `--version`, against `node -e 0`', values: version, bar: { atMost: 1.5 } };
  yield { what: 'time of `--discover`, against `node -e 0`', values: discover, bar: { atMost: 2 } };
  yield { what: 'time to the first request of a sync, against `node -e 0`', values: request, bar: { atMost: 5.5 } };
};

function timeOf(args: readonly string[]): number {
  const began = performance.now();
  const { status } = spawnSync(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'], env: {} });
  if (status !== 0) throw new Error(`node ${args.join(' ')} failed`);
  return performance.now() - began;
}

/** A sync of one stream, whose first request is refused. */
async function timeToRequest(): Promise<number> {
  const server = createServer((_request, response) => response.writeHead(401).end()).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const asked = once(server, 'request').then(() => performance.now());
  const began = performance.now();
  const child = spawn(process.execPath, [executable, '--streams', 'transactions'], {
    env: { TAP_PAYSTACK_SECRET_KEY: 'sk_test_1', TAP_PAYSTACK_API_URL: `http://127.0.0.1:${port}` },
    stdio: 'ignore',
  });
  const ended = once(child, 'close').then(() => Number.NaN);
  const at = await Promise.race([asked, ended]);
  await ended;
  server.close();
  if (Number.isNaN(at)) throw new Error('a sync asked nothing');
  return at - began;
}
