/**
 * One HTTP exchange over a kept connection, its body put straight into a buffer that is used again. The only file that knows
 * node:http.
 *
 * Node's fetch hands bodies over as web streams: reading pages that way took three times the CPU of this and 30 MB more
 * memory, since its chunks are left to the garbage collector (measured).
 */
import { Agent, type AgentOptions, get as getPlain, type IncomingMessage, type RequestOptions } from 'node:http';
import { get as getSecure, Agent as SecureAgent } from 'node:https';
import { createGunzip } from 'node:zlib';
import { type ByteWriter, writeBytes } from '../json/byte-writer.ts';

/**
 * Sends a GET request, and reads the whole body into `body`. A redirect is an answer like any other.
 *
 * @returns status and headers; the response has no body of its own
 * @throws what Node tells of a connection that fails, an answer that breaks off, or a signal that is aborted
 */
export type Transport = (request: Request, body: ByteWriter, signal: AbortSignal) => Promise<Response>;

/** Servers close idle connections after five seconds or more: one that waits longer might be closed as it is used. */
const defaultIdleMs = 4000;

/**
 * @param apiUrl where all requests go: https through the proxy that the environment names (`HTTPS_PROXY`, `NO_PROXY`), if it
 * names one. Plain http goes to no proxy, which could read the key
 * @param idleMs how long a connection is kept
 * @throws UserError for a proxy of another kind
 */
export async function createTransport(apiUrl: string, idleMs = defaultIdleMs): Promise<Transport> {
  const isSecure = apiUrl.startsWith('https:');
  const get = isSecure ? getSecure : getPlain;
  const kept = { keepAlive: true, timeout: idleMs };
  const agent = isSecure ? await secureAgent(apiUrl, kept) : new Agent(kept);
  return (request, body, signal) => {
    const options: RequestOptions = { agent, signal, headers: Object.fromEntries(request.headers) };
    return new Promise((resolve, reject) => {
      const exchange = get(request.url, options, (incoming) => {
        readBody(incoming, body).then(() => resolve(headOf(incoming)), reject);
      });
      exchange.on('error', reject);
    });
  };
}

async function secureAgent(apiUrl: string, kept: AgentOptions): Promise<Agent> {
  const isTold = ['https_proxy', 'all_proxy'].some((name) => process.env[name] || process.env[name.toUpperCase()]);
  const proxied = isTold ? (await import('./proxy.ts')).proxyAgent(apiUrl, kept) : undefined;
  return proxied ?? new SecureAgent(kept);
}

async function readBody(incoming: IncomingMessage, body: ByteWriter): Promise<void> {
  const encoding = incoming.headers['content-encoding'] ?? 'identity';
  const isPacked = encoding === 'gzip';
  try {
    if (!isPacked && encoding !== 'identity') throw new Error(`came in encoding ${encoding}, which was not asked for`);
    await new Promise<void>((resolve, reject) => {
      incoming.on('error', reject);
      const content = isPacked ? incoming.pipe(createGunzip()).on('error', reject) : incoming;
      content.on('data', (chunk: Buffer) => writeBytes(body, chunk, 0, chunk.length)).on('end', resolve);
    });
  } catch (error) {
    incoming.destroy();
    throw error;
  }
}

/** The headers that say when to ask again. To check them all takes a while, and nobody asks for the others. */
const told = ['retry-after', 'x-ratelimit-limit', 'x-ratelimit-remaining', 'x-ratelimit-reset'];

function headOf({ statusCode, headers }: IncomingMessage): Response {
  const kept = told.flatMap((name): [string, string][] => {
    const value = headers[name];
    return value === undefined ? [] : [[name, String(value)]];
  });
  return new Response(null, { status: statusCode ?? 0, headers: kept });
}
