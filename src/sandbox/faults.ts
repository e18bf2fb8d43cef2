/** Answers that go wrong, on demand. */
import type { ServerResponse } from 'node:http';

export type Fault =
  /** An HTTP status with Paystack's error body, or with another. */
  | {
      readonly kind: 'status';
      readonly status: number;
      readonly body?: string;
      readonly headers?: Record<string, string>;
    }
  /** A page of HTML, as gateways send it. */
  | { readonly kind: 'html'; readonly status: number }
  /** 200 with `"status": false`. */
  | { readonly kind: 'status-false' }
  /** A whole HTTP answer whose JSON ends in the middle. */
  | { readonly kind: 'truncated' }
  /** The connection breaks in the middle of the body. */
  | { readonly kind: 'cut' }
  /** The connection breaks before the answer. */
  | { readonly kind: 'reset' }
  /** Half the body, and then nothing. */
  | { readonly kind: 'stall' }
  /** Nothing at all. */
  | { readonly kind: 'silence' }
  | { readonly kind: 'redirect'; readonly location: string };

/** What a fault may depend on. */
export interface FaultContext {
  /** Requests before this one, all endpoints together. */
  readonly index: number;
  readonly endpoint: string;
  readonly path: string;
  readonly query: Readonly<Record<string, string>>;
}

export type FaultPlan = (context: FaultContext) => Fault | undefined;

/** Every nth request goes wrong, each kind in turn. */
export function everyNth(n: number, faults: readonly Fault[]): FaultPlan {
  return ({ index }) => (index % n === n - 1 ? faults[Math.floor(index / n) % faults.length] : undefined);
}

/** Requests go wrong by chance; the same seed gives the same run of chances. */
export function atRandom(probability: number, faults: readonly Fault[], seed: number): FaultPlan {
  const chance = randomNumbers(seed);
  return () => (chance() < probability ? faults[Math.floor(chance() * faults.length)] : undefined);
}

/** Numbers from 0 to 1 that depend on the seed alone. */
export function randomNumbers(seed: number): () => number {
  let state = seed >>> 0 || 1;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) / 2 ** 32;
  };
}

/** Answers wrongly. `body` is what the right answer would have been. */
export function sendFault(fault: Fault, response: ServerResponse, body: string): number {
  const json = { 'content-type': 'application/json' };
  const half = body.slice(0, Math.floor(body.length / 2));
  switch (fault.kind) {
    case 'status':
      response.writeHead(fault.status, { ...json, ...fault.headers }).end(fault.body ?? errorBody('An error occurred'));
      return fault.status;
    case 'html':
      response
        .writeHead(fault.status, { 'content-type': 'text/html' })
        .end('<html><body><h1>Bad Gateway</h1></body></html>');
      return fault.status;
    case 'status-false':
      response.writeHead(200, json).end(errorBody('Please try again'));
      return 200;
    case 'truncated':
      response.writeHead(200, json).end(half);
      return 200;
    case 'cut':
      response.writeHead(200, { ...json, 'content-length': Buffer.byteLength(body) });
      response.write(half, () => response.destroy());
      return 200;
    case 'stall':
      response.writeHead(200, { ...json, 'content-length': Buffer.byteLength(body) });
      response.write(half);
      return 200;
    case 'reset':
      response.destroy();
      return 0;
    case 'silence':
      return 0;
    case 'redirect':
      response.writeHead(302, { location: fault.location }).end();
      return 302;
  }
}

/** Documented: the body of an error. */
export function errorBody(message: string, code = 'unknown', type = 'api_error'): string {
  return JSON.stringify({ status: false, message, meta: { nextStep: 'Try again later' }, type, code });
}
