/**
 * The sandbox in a process of its own, so that it takes no time from what is measured. Its argument says what it is to be. It
 * sends its parent its address, and what it was asked when the parent wants to know.
 */
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { type Sandbox, type SandboxOptions, startSandbox } from '../../src/sandbox/server.ts';

export interface ServerOptions extends SandboxOptions {
  /** Each answer is made once, and given again from memory: the server is then no brake. Not for quotas. */
  readonly keepsAnswers?: boolean;
}

/** The first message to the parent. */
export interface Greeting {
  readonly url: string;
  readonly secretKey: string;
}

/** The answer to a question of the parent's, about the time since its last one. */
export interface Asked {
  readonly requests: number;
  readonly refused: number;
}

const { keepsAnswers, ...options } = JSON.parse(process.argv[2] ?? '{}') as ServerOptions;
const { latencyMs = 0, ...swift } = options;
const sandbox = await startSandbox(keepsAnswers ? swift : options);
const url = keepsAnswers ? await keepAnswers(sandbox, latencyMs) : sandbox.url;
process.on('message', () => {
  const { requests } = sandbox;
  process.send?.({ requests: requests.length, refused: requests.filter(({ status }) => status === 429).length });
  sandbox.resetRequests();
});
process.on('disconnect', () => process.exit());
process.send?.({ url, secretKey: sandbox.secretKey } satisfies Greeting);

/** Stands before the sandbox, and knows its answers by heart. */
async function keepAnswers({ url, secretKey }: Sandbox, latencyMs: number): Promise<string> {
  const kept = new Map<string, Buffer>();
  const headers = { authorization: `Bearer ${secretKey}` };

  async function answer(path: string, response: ServerResponse): Promise<void> {
    const body = kept.get(path) ?? Buffer.from(await (await fetch(`${url}${path}`, { headers })).arrayBuffer());
    kept.set(path, body);
    if (latencyMs > 0) await pause(latencyMs);
    response.writeHead(200, { 'content-type': 'application/json', 'content-length': body.length }).end(body);
  }

  const server = createServer((request, response) => void answer(request.url ?? '', response));
  server.keepAliveTimeout = 0;
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}
