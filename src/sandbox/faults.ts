/** Answers that go wrong, on demand. */
import type { ServerResponse } from 'node:http';
import { gzipSync } from 'node:zlib';
import type { StreamName } from '../paystack/streams.ts';
import { errorBody } from './refusal.ts';
import { randomNumbers } from './rows.ts';

export type Fault =
  | {
      /** An answer of any status. */
      readonly kind: 'status';
      readonly status: number;
      /** Text is sent as it is, anything else as JSON. Default: the short form of Paystack's errors. */
      readonly body?: unknown;
      readonly headers?: Readonly<Record<string, string>>;
    }
  /** A page of HTML: with 502 as gateways send it (anecdotal), with 200 as captive portals do. */
  | { readonly kind: 'html'; readonly status: number }
  /** `"status": false` with HTTP status 200 (documented for charges). */
  | { readonly kind: 'status-false' }
  /** A whole HTTP answer whose JSON ends half-way. */
  | { readonly kind: 'truncated' }
  /**
   * Half of the body, then the connection breaks: before the length that was announced, or within chunks. In gzip, the answer
   * is whole and what it holds is not.
   */
  | { readonly kind: 'cut'; readonly as?: 'chunks' | 'gzip' }
  /** The connection breaks before the answer. */
  | { readonly kind: 'reset' }
  /** Half of the body, then nothing until the client gives up. */
  | { readonly kind: 'stall' }
  /** The body byte by byte, so slowly that the client gives up. */
  | { readonly kind: 'drip' }
  /** Nothing until the client gives up. */
  | { readonly kind: 'silence' }
  /** A 302. */
  | { readonly kind: 'redirect'; readonly location: string };

/** The request that a fault plan decides about. */
export interface FaultContext {
  /** Requests before this one, since the start or the last reset. */
  readonly index: number;
  /** The stream whose list is asked for; undefined for anything else. */
  readonly endpoint: StreamName | undefined;
  readonly path: string;
  readonly query: Readonly<Record<string, string>>;
  /** 1 when this very path and query are asked for the first time, 2 the second time, … */
  readonly attempt: number;
}

/** Called once for each GET with the right key and within the quota. */
export type FaultPlan = (request: FaultContext) => Fault | undefined;

/** Every nth request goes wrong, in each of the ways in turn. */
export function everyNth(n: number, faults: readonly Fault[]): FaultPlan {
  return ({ index }) => ((index + 1) % n === 0 ? faults[((index + 1) / n - 1) % faults.length] : undefined);
}

/**
 * Requests go wrong by chance.
 *
 * @param probability from 0 to 1
 * @param seed the same for the same sequence of chances
 */
export function atRandom(probability: number, faults: readonly Fault[], seed = 1): FaultPlan {
  const chance = randomNumbers(seed);
  return () => (chance() < probability ? faults[Math.floor(chance() * faults.length)] : undefined);
}

type Headers = Readonly<Record<string, string>>;

const html =
  '<!DOCTYPE html><html><head><title>Sorry</title></head><body><h1>Something is not right</h1></body></html>';

/**
 * Sends an answer that goes wrong.
 *
 * @param right the answer as it should have been
 * @returns the status that was sent; 0 if none was
 */
export function sendFault(fault: Fault, response: ServerResponse, right: { body: string; headers: Headers }): number {
  const send = (status: number, type: string, body: string | Buffer, more: Headers = {}) => {
    response.writeHead(status, { ...right.headers, 'content-type': type, ...more }).end(body);
    return status;
  };
  const whole = Buffer.from(right.body);
  const half = whole.subarray(0, Math.floor(whole.length / 2));
  const sendHalf = (then?: () => void) => {
    const headers = { ...right.headers, 'content-type': 'application/json', 'content-length': whole.length };
    response.writeHead(200, headers).write(half, then);
    return 200;
  };
  const sendCut = (as: 'chunks' | 'gzip' | undefined) => {
    if (as === undefined) return sendHalf(() => response.destroy());
    if (as === 'gzip') {
      const packed = gzipSync(whole);
      return send(200, 'application/json', packed.subarray(0, packed.length / 2), { 'content-encoding': 'gzip' });
    }
    response.writeHead(200, { ...right.headers, 'content-type': 'application/json' });
    response.write(half, () => response.destroy());
    return 200;
  };
  switch (fault.kind) {
    case 'status': {
      const { status, body = JSON.parse(errorBody('An error occurred')) as unknown, headers } = fault;
      return send(status, 'application/json', typeof body === 'string' ? body : JSON.stringify(body), headers);
    }
    case 'html':
      return send(fault.status, 'text/html', html);
    case 'status-false':
      return send(200, 'application/json', errorBody('An error occurred', 'unknown', 'api_error'));
    case 'truncated':
      return send(200, 'application/json', half);
    case 'cut':
      return sendCut(fault.as);
    case 'drip':
      return drip(response, whole, right.headers);
    case 'stall':
      return sendHalf();
    case 'reset':
      response.destroy();
      return 0;
    case 'silence':
      return 0;
    case 'redirect':
      return send(302, 'text/plain', '', { location: fault.location });
  }
}

const dripMs = 20;

function drip(response: ServerResponse, body: Buffer, headers: Headers): number {
  response.writeHead(200, { ...headers, 'content-type': 'application/json', 'content-length': body.length });
  let at = 0;
  const timer = setInterval(() => response.write(body.subarray(at, ++at)), dripMs);
  response.once('close', () => clearInterval(timer));
  return 200;
}
