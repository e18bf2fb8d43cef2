/**
 * One HTTP exchange over a kept connection. The only file that knows node:http.
 *
 * The body goes straight into a buffer that is used again. Node's fetch hands bodies over as web streams, whose chunks are
 * left to the garbage collector: that took three times the CPU, and 30 MB more memory (measured).
 */
import { Agent, type AgentOptions, type ClientRequest, get as getPlain, type IncomingMessage } from 'node:http';
import { get as getSecure, Agent as SecureAgent } from 'node:https';
import type { Socket } from 'node:net';
import type { ByteWriter } from '../json/byte-writer.ts';
import { createReadBody } from './body.ts';
import { WrongAnswer } from './errors.ts';
import { ProxyRefusal } from './proxy-refusal.ts';

/**
 * Sends a GET request, and reads the whole body into `body`. A redirect is an answer like any other. Each of the two signals,
 * the request's own and `signal`, breaks it off. Once the promise is settled, `body` is left alone.
 *
 * @returns status and headers; the response has no body of its own
 * @throws WrongAnswer for an answer that is none in HTTP; ProxyRefusal; the signal's reason; or what Node throws of a connection that
 * fails or breaks off, with its `code`
 */
export type Transport = (request: Request, body: ByteWriter, signal: AbortSignal) => Promise<Response>;

export interface TransportOptions {
  /** How long a connection is kept. */
  readonly idleMs?: number;
  /** Of a body, packed and unpacked. */
  readonly maxBodyBytes?: number;
}

/** Servers close idle connections after five seconds or more. A connection that is kept longer might be closed while it is used. */
const defaultIdleMs = 4000;

/**
 * @param apiUrl where all requests go: https through the proxy that the environment names (`HTTPS_PROXY`, `NO_PROXY`), if it
 * names one. Plain http goes to no proxy, which could read the key
 * @throws UserError for a proxy of another kind
 */
export async function createTransport(apiUrl: string, options: TransportOptions = {}): Promise<Transport> {
  const { idleMs = defaultIdleMs, maxBodyBytes } = options;
  const isSecure = apiUrl.startsWith('https:');
  const get = isSecure ? getSecure : getPlain;
  const kept = { keepAlive: true, timeout: idleMs };
  const agent = isSecure ? await secureAgent(apiUrl, kept) : new Agent(kept);
  const readBody = createReadBody(maxBodyBytes);
  return (request, body, signal) =>
    new Promise((resolve, reject) => {
      let isOver = false;
      const signals = [request.signal, signal];
      const exchange = get(request.url, { agent, headers: Object.fromEntries(request.headers) });
      const end = (settle: () => void) => {
        isOver = true;
        for (const one of signals) one.removeEventListener('abort', onAbort);
        settle();
      };
      const breakOff = (reason: unknown) => {
        end(() => reject(reason));
        exchange.destroy();
      };
      const onAbort = () => breakOff(signals.find(({ aborted }) => aborted)?.reason);
      for (const one of signals) one.addEventListener('abort', onAbort);
      if (signals.some(({ aborted }) => aborted)) onAbort();
      refuseWhatIsNoAnswer(exchange, breakOff);
      exchange.on('error', breakOff);
      exchange.on('response', (incoming) => {
        readBody(incoming, body, () => isOver)
          .then(() => {
            const head = headOf(incoming);
            end(() => resolve(head));
          })
          .catch(breakOff);
      });
    });
}

async function secureAgent(apiUrl: string, kept: AgentOptions): Promise<Agent> {
  const isNamed = ['https_proxy', 'all_proxy'].some((name) => process.env[name] || process.env[name.toUpperCase()]);
  const proxied = isNamed ? (await import('./proxy.ts')).proxyAgent(apiUrl, kept) : undefined;
  return proxied ?? new SecureAgent(kept);
}

function refuseWhatIsNoAnswer(exchange: ClientRequest, breakOff: (reason: unknown) => void): void {
  exchange.on('upgrade', (incoming: IncomingMessage, socket: Socket) => {
    socket.destroy();
    breakOff(new WrongAnswer(`answered ${incoming.statusCode}, another protocol, which was not asked for`));
  });
  exchange.on('proxyConnect', ({ statusCode }: { readonly statusCode: number }) => {
    if (statusCode !== 200) breakOff(new ProxyRefusal(statusCode));
  });
}

/** The headers that are needed. A `Response` checks each one that it gets, which takes time. */
const waits = ['retry-after', 'x-ratelimit-limit', 'x-ratelimit-remaining', 'x-ratelimit-reset'];

function headOf({ statusCode = 0, headers }: IncomingMessage): Response {
  // A `Response` cannot have any other status.
  if (statusCode < 200 || statusCode > 599) throw new WrongAnswer(`answered ${statusCode}, which is no HTTP status`);
  const kept: [string, string][] = [];
  for (const name of waits) if (headers[name] !== undefined) kept.push([name, String(headers[name])]);
  if (kept.length > 0 && headers.date !== undefined) kept.push(['date', headers.date]);
  if (headers.location !== undefined) kept.push(['location', headers.location]);
  return new Response(null, { status: statusCode, headers: kept });
}
