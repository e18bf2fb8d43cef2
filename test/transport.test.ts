/** What happens to one answer on its way, over real connections; and that the key takes no other way. */
import { getEventListeners, setMaxListeners } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer, type RequestListener } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import { type AddressInfo, connect, createServer as createRawServer, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import t from 'tap';
import { type ByteWriter, newByteWriter } from '../src/json/byte-writer.ts';
import { createTransport } from '../src/paystack/transport.ts';
import { startSandbox } from '../src/sandbox/server.ts';
import { runSync } from './support/tap.ts';

const never = new AbortController().signal;
setMaxListeners(0, never);
const text = JSON.stringify({ status: true, data: Array.from({ length: 5000 }, (_, id) => ({ id })) });

async function listening(server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.teardown(() => server.close());
  return (server.address() as AddressInfo).port;
}

/** Asks a server that answers every request with bytes of its own. */
async function speaking(answer: string | Buffer, then?: (socket: Socket) => void) {
  const server = createRawServer((socket) => {
    socket.on('error', () => {});
    socket.on('data', () => {
      socket.write(answer);
      then?.(socket);
    });
    t.teardown(() => socket.destroy());
  });
  const url = `http://127.0.0.1:${await listening(server)}/`;
  const transport = await createTransport(url, { maxBodyBytes: 5_000_000 });
  return async (body: ByteWriter = newByteWriter(10), signal = never) => {
    const { status } = await transport(new Request(url), body, signal);
    return { status, body: body.bytes.toString('utf8', 0, body.length) };
  };
}

/** Writes as fast as it is read, for ever. */
function flood(bytes: Buffer | string): (socket: Socket) => void {
  return (socket) => {
    const write = () => {
      while (!socket.destroyed && socket.write(bytes));
    };
    socket.on('drain', write);
    write();
  };
}

async function serving(listener: RequestListener, idleMs?: number) {
  const server = createServer(listener);
  t.teardown(() => server.closeAllConnections());
  const url = `http://127.0.0.1:${await listening(server)}/`;
  const transport = await createTransport(url, idleMs === undefined ? {} : { idleMs });
  return async (signal = never, body = newByteWriter(10)) => {
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

t.test('the headers that say when to ask again, or elsewhere, are kept', async (t) => {
  const waits = {
    'retry-after': '7',
    'x-ratelimit-limit': '9',
    'x-ratelimit-remaining': '3',
    'x-ratelimit-reset': '5',
  };
  const date = 'Tue, 01 Jul 2025 00:00:00 GMT';
  const elsewhere = { location: 'https://elsewhere.test/' };
  for (const [sent, kept] of [
    [
      { ...waits, date, 'x-other': 'y' },
      { ...waits, date },
    ],
    [{ 'retry-after': '7' }, { 'retry-after': '7' }],
    [{ ...elsewhere, date }, elsewhere],
  ] as const) {
    const ask = await serving((_, response) => {
      response.sendDate = false;
      response.writeHead(429, sent).end();
    });
    const { response } = await ask();
    t.equal(response.status, 429);
    t.same(Object.fromEntries(response.headers), kept);
  }
});

t.test('connections are kept, but not for long; an answer may take longer than that', async (t) => {
  const sockets = new Set<unknown>();
  const ask = await serving((request, response) => {
    sockets.add(request.socket);
    setTimeout(() => response.end('{}'), 600);
  }, 500);
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
  await t.rejects(ask(stop.signal), { name: 'AbortError' }, 'as one is that is aborted before it starts');
});

t.test('a signal that outlives its exchanges is left as it was', async (t) => {
  const { signal } = new AbortController();
  const ask = await serving((_, response) => response.end('{}'));
  await ask(signal);
  t.same(getEventListeners(signal, 'abort'), []);
  const transport = await createTransport('http://127.0.0.1:9');
  const given = new Request('http://127.0.0.1:9', { signal: AbortSignal.abort('given up') });
  await t.rejects(transport(given, newByteWriter(10), signal), 'given up');
  t.same(getEventListeners(signal, 'abort'), [], 'also where the other one is aborted before the start');
});

t.test('a status that fetch cannot express is no answer; one without a body is', async (t) => {
  for (const status of [0, 101, 600, 999]) {
    const ask = await speaking(`HTTP/1.1 ${String(status).padStart(3, '0')} No\r\ncontent-length: 2\r\n\r\nno`);
    await t.rejects(ask(), { name: 'WrongAnswer', message: `answered ${status}, which is no HTTP status` });
  }
  const upgrade = await speaking('HTTP/1.1 101 Other\r\nupgrade: websocket\r\nconnection: upgrade\r\n\r\n');
  await t.rejects(upgrade(), { name: 'WrongAnswer', message: /^answered 101, another protocol/ });
  for (const status of [204, 205, 304, 599]) {
    const ask = await speaking(`HTTP/1.1 ${status} Nothing\r\ncontent-length: 0\r\n\r\n`);
    t.strictSame(await ask(), { status, body: '' });
  }
  const early = await speaking(
    `${'HTTP/1.1 103 Early\r\n\r\n'.repeat(100)}HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}`,
  );
  t.strictSame(await early(), { status: 200, body: '{}' });
});

t.test('what has no end, or too much in it, is broken off', async (t) => {
  const packed = 'HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\n\r\n';
  const chunked = 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n';
  const wrong = { name: 'WrongAnswer', message: /^answered with more than 5 MB, .* page_size/ };
  const endings: readonly (readonly [string, string, Buffer | string, { readonly code: string } | typeof wrong])[] = [
    ['a body', 'HTTP/1.1 200 OK\r\n\r\n', Buffer.alloc(60_000, ' '), wrong],
    ['a bomb', packed, gzipSync(Buffer.alloc(10_000_000)), wrong],
    ['gzip that holds nothing', packed, Buffer.concat(Array(500).fill(gzipSync(''))), wrong],
    ['a header', 'HTTP/1.1 200 OK\r\nx: ', 'y'.repeat(1000), { code: 'HPE_HEADER_OVERFLOW' }],
    ['headers', 'HTTP/1.1 200 OK\r\n', 'x: y\r\n'.repeat(1000), { code: 'HPE_HEADER_OVERFLOW' }],
    ['trailers', `${chunked}2\r\n{}\r\n0\r\n`, 'x: y\r\n'.repeat(1000), { code: 'HPE_HEADER_OVERFLOW' }],
    ['a chunk extension', `${chunked}2;`, 'x=y;'.repeat(1000), { code: 'HPE_CHUNK_EXTENSIONS_OVERFLOW' }],
  ];
  for (const [name, head, endless, error] of endings) {
    const ask = await speaking(head, flood(endless));
    const body = newByteWriter(10);
    await t.rejects(ask(body), error, name);
    t.ok(body.bytes.length <= 8_500_000, `${name}: ${body.bytes.length} bytes`);
  }
});

t.test('large bodies come whole, though few are read at a time, and after others that were too large', async (t) => {
  const large = `"${'x'.repeat(4_500_000)}"`;
  let asked = 0;
  const ask = await serving((_, response) => {
    response.end(++asked % 3 === 0 ? Buffer.alloc(40_000_000, ' ') : `${large.slice(0, -1)}${asked % 2}"`);
  });
  const bodies = await Promise.allSettled(Array.from({ length: 12 }, () => ask()));
  const whole = bodies.flatMap((one) => (one.status === 'fulfilled' ? [one.value.body] : []));
  t.equal(whole.length, 8);
  t.ok(whole.every((body) => body.length === large.length + 1 && /^"x+[01]"$/.test(body)));
});

t.test('a body is not touched any more once its exchange is given up', async (t) => {
  const ask = await speaking('HTTP/1.1 200 OK\r\n\r\n', (socket) => {
    const timer = setInterval(() => socket.write('a'), 1);
    socket.once('close', () => clearInterval(timer));
  });
  const [body, stop] = [newByteWriter(10), new AbortController()];
  setTimeout(() => stop.abort(), 50);
  await t.rejects(ask(body, stop.signal), { name: 'AbortError' });
  const { length } = body;
  await new Promise((resolve) => setTimeout(resolve, 50));
  t.equal(body.length, length);
});

t.test('nor is one that is being unpacked', async (t) => {
  const bytes = gzipSync(Buffer.alloc(4_000_000));
  const ask = await serving((_, response) => response.writeHead(200, { 'content-encoding': 'gzip' }).end(bytes));
  const [body, stop] = [newByteWriter(10), new AbortController()];
  const unpacking = setInterval(() => {
    if (body.length === 0) return;
    clearInterval(unpacking);
    stop.abort();
    // What is unpacked meanwhile comes before the connection is closed.
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 20);
  }, 1);
  await t.rejects(ask(stop.signal, body), { name: 'AbortError' });
  const { length } = body;
  await new Promise((resolve) => setTimeout(resolve, 50));
  t.ok(length > 0 && length < 4_000_000);
  t.equal(body.length, length);
});

t.test('an answer that nobody asked for is never taken for the next one', async (t) => {
  let answers = 0;
  const answerOf = (text: string) => `HTTP/1.1 200 OK\r\ncontent-length: ${text.length}\r\n\r\n${text}`;
  const ask = await speaking('', (socket) => {
    socket.write(answerOf(`answer ${answers}`) + answerOf('not asked for'));
  });
  for (answers = 1; answers <= 3; answers++) t.equal((await ask()).body, `answer ${answers}`);
});

t.test('HTTP/1.0, a length that is too short or too long', async (t) => {
  const old = await speaking('HTTP/1.0 200 OK\r\n\r\n{}', (socket) => socket.end());
  t.equal((await old()).body, '{}');
  const short = await speaking('HTTP/1.1 200 OK\r\ncontent-length: 1\r\n\r\n{}');
  await t.rejects(short(), { code: 'HPE_INVALID_CONSTANT' });
  const long = await speaking('HTTP/1.1 200 OK\r\ncontent-length: 3\r\n\r\n{}', (socket) => socket.end());
  await t.rejects(long(), { code: 'ECONNRESET' });
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

    const untrusted = await sync({});
    t.equal(untrusted.code, 1);
    t.match(
      untrusted.stderr,
      /^CRITICAL Paystack [^\n]+ certificate is not trusted [^\n]+ NODE_EXTRA_CA_CERTS [^\n]+\n$/,
    );

    for (const [status, remedy] of [
      [407, /the user and password that it wants in HTTPS_PROXY/],
      [403, /have the proxy [^\n]+ NO_PROXY/],
    ] as const) {
      const refusing = createServer();
      refusing.on('connect', (_, socket) => socket.on('error', () => {}).end(`HTTP/1.1 ${status} No\r\n\r\n`));
      const refused = await sync({ ...trusted, HTTPS_PROXY: `http://127.0.0.1:${await listening(refusing)}` });
      t.equal(refused.code, 1);
      t.match(refused.stderr, new RegExp(`^CRITICAL Paystack could not be reached: the proxy answered ${status}`));
      t.match(refused.stderr, remedy);
      t.equal(refused.stderr.split('\n').length, 2, refused.stderr);
    }

    const through = await sync({ ...trusted, HTTPS_PROXY });
    t.equal(through.code, 0, through.stderr);
    t.same(through.records, direct.records);
    t.ok(tunnels.length > 0);
    t.ok(tunnels.every((to) => to === api_url.slice('https://'.length)));

    tunnels.length = 0;
    t.equal((await sync({ ...trusted, HTTPS_PROXY, NO_PROXY: 'localhost' })).code, 0);
    t.equal((await sync({ HTTPS_PROXY, HTTP_PROXY: HTTPS_PROXY, ALL_PROXY: HTTPS_PROXY }, sandbox.url)).code, 0);
    t.same(tunnels, [], 'plain http goes to no proxy');

    const socks = await sync({ ...trusted, ALL_PROXY: 'socks5://user:hidden@127.0.0.1:1/http://' });
    t.equal(socks.code, 1);
    t.match(socks.stderr, /CRITICAL HTTPS_PROXY or ALL_PROXY /);
    t.notMatch(socks.stderr, /hidden/);
  },
);
