/** Decides the answer to a request. Knows nothing of sockets. */
import type { StreamFacts } from '../paystack/stream-facts.ts';
import { type StreamName, streams } from '../paystack/streams.ts';
import { listBody, type Quirks, type Style } from './answers.ts';
import { createDataset, type Dataset } from './dataset.ts';
import type { Fault } from './faults.ts';
import type { List } from './list.ts';
import type { SandboxOptions, SandboxRequest } from './options.ts';
import { createQuotas, quotaExceededBody } from './quotas.ts';
import { Refusal } from './refusal.ts';
import type { Target } from './routes.ts';

export interface Reply {
  readonly status: number;
  readonly body: string;
  readonly headers: Readonly<Record<string, string>>;
  /** How the answer is to go wrong. */
  readonly fault?: Fault | undefined;
}

/** A request with its target, its key, and the fault that is planned for it. */
export interface Incoming extends SandboxRequest {
  readonly target: Target | undefined;
  readonly authorization: string | undefined;
  /** Asks the fault plan. Called only where the request would get an answer. */
  readonly fault: () => Fault | undefined;
}

export interface Responder {
  readonly dataset: Dataset;
  reply(request: Incoming): Reply;
}

export function createResponder(
  options: SandboxOptions & { readonly secretKey: string; readonly now: () => number },
): Responder {
  const { records = {}, fixtures = true, synthetic = {}, secretKey, now } = options;
  const quirksOf = (stream: StreamName): Quirks => ({ ...options.quirks, ...options.streamQuirks?.[stream] });
  const orderOf = (stream: StreamName) => quirksOf(stream).order ?? 'newest-first';
  const dataset = createDataset({ records, fixtures, synthetic, orderOf });
  const countRequest = options.quota && createQuotas(options.quota);
  const arrived = new WeakMap<List, number>();

  function reply({ method, path, query, at, target, authorization, fault }: Incoming): Reply {
    if (method !== 'GET') return refused(new Refusal(405, 'Method not allowed'), { allow: 'GET' });
    if (authorization === undefined) return refused(new Refusal(401, 'No Authorization Header was found'));
    if (authorization !== `Bearer ${secretKey}`)
      return refused(new Refusal(options.badKeyStatus ?? 401, 'Invalid key'));
    if (target === undefined) return refused(new Refusal(404, `There is nothing at ${path}`, 'not_found'));
    const quota = countRequest?.(`${target.kind} ${target.stream}`, at);
    const headers = quota?.headers ?? {};
    if (quota?.isExceeded) return { status: 429, body: quotaExceededBody, headers };
    const wrong = fault();
    try {
      const body = target.kind === 'list' ? list(target.stream, target.parent, query, wrong) : record(target);
      return { status: 200, body, headers, fault: wrong };
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      return { ...refused(error, headers), fault: wrong };
    }
  }

  function list(stream: StreamName, parent: string | undefined, query: SandboxRequest['query'], wrong?: Fault): string {
    const facts: StreamFacts = streams[stream];
    const missing = options.missing?.[stream];
    if (missing !== undefined)
      throw new Refusal(missing, 'This feature is not available on your integration', 'unknown');
    const asked = dataset.list(stream, parent);
    if (asked === undefined) {
      if (parent === undefined) throw new Refusal(400, 'A parameter is missing', 'missing_params');
      throw new Refusal(404, `There is no ${parent}`, 'not_found');
    }
    const parentText = parent === undefined ? undefined : dataset.parentText(stream, parent);
    const body = listBody(asked, {
      ...{ stream, facts, query, parent: parentText },
      style: styleOf(stream, facts, options.style),
      quirks: quirksOf(stream),
    });
    if (wrong === undefined) letArrive(stream, facts, asked);
    return body;
  }

  function letArrive(stream: StreamName, facts: StreamFacts, list: List): void {
    const { arrivals } = options;
    if (arrivals === undefined) return;
    const grows = arrivals.streams?.includes(stream) ?? (facts.created !== undefined && facts.parent === undefined);
    const before = arrived.get(list) ?? 0;
    const count = grows ? Math.min(arrivals.perRequest, arrivals.max - before) : 0;
    if (count <= 0) return;
    arrived.set(list, before + count);
    dataset.arrive(list, count, now());
  }

  function record({ stream, key }: { stream: StreamName; key: string }): string {
    const all = dataset.list(stream);
    const place = all?.find(streams[stream].key[0], key);
    if (all === undefined || place === undefined) throw new Refusal(404, `There is no ${key}`, 'not_found');
    return `{"status":true,"message":"Record retrieved","data":${all.text(place)}}`;
  }

  return { dataset, reply };
}

function refused({ status, body }: Refusal, headers: Reply['headers'] = {}): Reply {
  return { status, body, headers };
}

function styleOf(stream: StreamName, facts: StreamFacts, style: SandboxOptions['style']): Style {
  const documented = facts.paging ?? 'numbered';
  if (typeof style === 'object') return style[stream] ?? documented;
  const isPaged = documented === 'numbered' || documented === 'cursor';
  return isPaged && style !== undefined ? style : documented;
}
