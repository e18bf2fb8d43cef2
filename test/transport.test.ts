/** What happens to one answer on its way, over real connections; and that the key takes no other way. */
import { readFileSync } from 'node:fs';
import { createServer, type RequestListener } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import { type AddressInfo, connect, type Server } from 'node:net';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import t from 'tap';
import { newByteWriter } from '../src/json/byte-writer.ts';
import { createTransport } from '../src/paystack/transport.ts';
import { startSandbox } from '../src/sandbox/server.ts';
import { runSync } from './support/tap.ts';

const never = new AbortController().signal;
const text = JSON.stringify({ status: true, data: Array.from({ length: 5000 }, (_, id) => ({ id })) });

async function listening(server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.teardown(() => server.close());
  return (server.address() as AddressInfo).port;
}

async function serving(listener: RequestListener, idleMs?: number) {
  const server = createServer(listener);
  t.teardown(() => server.closeAllConnections());
  const url = `http://127.0.0.1:${await listening(server)}/`;
  const transport = await createTransport(url, idleMs === undefined ? {} : { idleMs });
  return async (signal = never) => {
    const body = newByteWriter(10);
    const response = await transport(new Request(url), body, signal);
    return { response, body: body.bytes.toString('utf8', 0, body.length) };
  };
}

t.test('a body comes whole, packed or not', async (t) => {
  for (const [encoding, bytes] of [
    ['gzip', gzipSync(text)],
    ['identity', Buffer.from(text)],
  ] as const) {
    const ask = await serving((_, response) => response.writeHead(200, { 'content-encoding': encoding }).end(bytes));
    t.equal((await ask()).body, text, encoding);
  }
});

t.test('a packed body that ends too early, or is packed in another way, is a failure', async (t) => {
  const half = gzipSync(text).subarray(0, 500);
  const cut = await serving((_, response) => response.writeHead(200, { 'content-encoding': 'gzip' }).end(half));
  await t.rejects(cut(), { code: 'Z_BUF_ERROR' });
  const other = await serving((_, response) => response.writeHead(200, { 'content-encoding': 'br' }).end(half));
  await t.rejects(other(), { message: /encoding br/ });
});

t.test('the headers that say when to ask again are kept', async (t) => {
  const headers = { 'Retry-After': '7', 'X-RateLimit-Remaining': '3', 'x-other': 'y' };
  const ask = await serving((_, response) => response.writeHead(429, headers).end());
  const { response } = await ask();
  t.equal(response.status, 429);
  t.same(
    [...response.headers].filter(([name]) => name !== 'date'),
    [
      ['retry-after', '7'],
      ['x-ratelimit-remaining', '3'],
    ],
  );
});

t.test('connections are kept, but not for long; an answer may take longer than that', async (t) => {
  const sockets = new Set<unknown>();
  const ask = await serving((request, response) => {
    sockets.add(request.socket);
    setTimeout(() => response.end('{}'), 120);
  }, 50);
  t.equal((await ask()).body, '{}');
  t.equal((await ask()).body, '{}');
  t.equal(sockets.size, 1);
  await new Promise<void>((resolve) =>
    (sockets.values().next().value as { once(e: string, f: () => void): void }).once('close', resolve),
  );
  t.equal((await ask()).body, '{}');
  t.equal(sockets.size, 2);
});

t.test('an exchange that is aborted ends at once, and its connection with it', async (t) => {
  const stop = new AbortController();
  let closed: Promise<void> | undefined;
  const ask = await serving((_, response) => {
    closed = new Promise((resolve) => response.once('close', resolve));
    response.write('{"status":', () => stop.abort());
  });
  await t.rejects(ask(stop.signal), { name: 'AbortError' });
  await closed;
});

const tls = (name: string) => join(import.meta.dirname, '../fixtures/tls', name);

t.test(
  'https is spoken, through the proxy that the environment names, and never around what it does not trust',
  async (t) => {
    const sandbox = await startSandbox();
    t.teardown(() => sandbox.close());
    /** Hands everything on to the sandbox, without a look at it. */
    const secure = createSecureServer({
      key: readFileSync(tls('key.pem')),
      cert: readFileSync(tls('certificate.pem')),
    });
    secure.on('request', async ({ url, headers: { authorization = '' } }, response) => {
      const answer = await fetch(`${sandbox.url}${url}`, { headers: { authorization } });
      response.writeHead(answer.status, { 'content-encoding': 'gzip' }).end(gzipSync(await answer.text()));
    });
    t.teardown(() => secure.closeAllConnections());
    const api_url = `https://localhost:${await listening(secure)}`;
    const tunnels: string[] = [];
    const proxy = createServer((_, response) => response.writeHead(500).end());
    proxy.on('connect', ({ url = '' }, socket) => {
      tunnels.push(url);
      const port = Number(url.split(':')[1]);
      const upstream = connect(port, '127.0.0.1', () => socket.write('HTTP/1.1 200 OK\r\n\r\n'));
      upstream.pipe(socket).pipe(upstream);
      for (const end of [upstream, socket]) end.on('error', () => {});
    });
    t.teardown(() => proxy.closeAllConnections());
    const HTTPS_PROXY = `http://127.0.0.1:${await listening(proxy)}`;
    const sync = (environment: Record<string, string>, url = api_url) =>
      runSync({ config: { secret_key: sandbox.secretKey, api_url: url }, streams: ['banks'], environment });

    const trusted = { NODE_EXTRA_CA_CERTS: tls('certificate.pem') };
    const direct = await sync(trusted);
    t.equal(direct.code, 0, direct.stderr);
    t.ok((direct.records['banks'] ?? []).length > 0);

    const through = await sync({ ...trusted, HTTPS_PROXY });
    t.equal(through.code, 0, through.stderr);
    t.same(through.records, direct.records);
    t.ok(tunnels.length > 0);
    t.ok(tunnels.every((to) => to === api_url.slice('https://'.length)));

    tunnels.length = 0;
    t.equal((await sync({ ...trusted, HTTPS_PROXY, NO_PROXY: 'localhost' })).code, 0);
    t.equal((await sync({ HTTPS_PROXY, HTTP_PROXY: HTTPS_PROXY, ALL_PROXY: HTTPS_PROXY }, sandbox.url)).code, 0);
    t.same(tunnels, [], 'plain http goes to no proxy');

    const socks = await sync({ ...trusted, ALL_PROXY: 'socks5://user:hidden@127.0.0.1:1' });
    t.equal(socks.code, 1);
    t.match(socks.stderr, /CRITICAL HTTPS_PROXY or ALL_PROXY /);
    t.notMatch(socks.stderr, /hidden/);
  },
);
