/**
 * A small Paystack on 127.0.0.1, for trying and testing the tap. It is never in the path of a real sync.
 *
 * It serves every stream of the table in the envelopes, paging styles and errors that Paystack documents or was seen to
 * use. Where nobody outside knows what Paystack does, an option decides.
 */
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { StreamName } from '../paystack/streams.ts';
import { sendFault } from './faults.ts';
import type { SandboxOptions, SandboxRequest } from './options.ts';
import { createResponder, type Incoming, type Reply } from './responder.ts';
import { findTarget } from './routes.ts';

export type { SandboxOptions, SandboxRequest } from './options.ts';

export interface Sandbox {
  /** Without a slash at its end. */
  readonly url: string;
  readonly secretKey: string;
  /** Everything that was asked, in order. */
  readonly requests: readonly SandboxRequest[];
  /** The most requests that were open at the same time. */
  readonly peak: () => number;
  /** Puts new records into a list, by date. */
  add(stream: StreamName, ...records: readonly unknown[]): void;
  /** The same for a list that hangs under a parent: the value of the parent's field that is in the path. */
  addUnder(stream: StreamName, parent: string | number, ...records: readonly unknown[]): void;
  /**
   * Changes fields of a record, which keeps its place in the list.
   *
   * @param key the record's first key field, `id` mostly
   * @param parent for a list that hangs under one
   * @throws Error if there is no such record
   */
  change(stream: StreamName, key: string | number, changes: object, parent?: string | number): void;
  /** Forgets requests, peak and attempts. Records and quotas stay. */
  resetRequests(): void;
  /** Breaks open connections, and stops. */
  close(): Promise<void>;
}

/**
 * @returns when it listens
 * @throws Error if the port is taken, a fixture file is broken, or an option makes no sense
 */
export async function startSandbox(options: SandboxOptions = {}): Promise<Sandbox> {
  const { port = 0, secretKey = 'sk_test_sandbox', latencyMs = 0, now = Date.now } = options;
  const responder = createResponder({ ...options, secretKey, now });
  const log = createRequestLog();
  const delays = new Set<NodeJS.Timeout>();

  const server = createServer((message, response) => {
    const [path = '', search = ''] = message.url!.split(/\?(.*)/s);
    const query = Object.fromEntries(new URLSearchParams(search));
    const target = findTarget(path, query);
    const endpoint = target?.kind === 'list' ? target.stream : undefined;
    const request: SandboxRequest = { method: message.method!, endpoint, path, query, at: now(), status: 0 };
    const { index, attempt } = log.begin(request, message.url!);
    response.once('close', log.end);
    const fault = () => options.faults?.({ index, endpoint, path, query, attempt });
    const incoming: Incoming = { ...request, target, authorization: message.headers.authorization, fault };
    const answer = () => {
      request.status = send(response, responder.reply(incoming));
    };
    if (latencyMs === 0) return answer();
    const delay = setTimeout(() => {
      delays.delete(delay);
      answer();
    }, latencyMs);
    delays.add(delay);
  });
  // A connection that is closed at the moment it is used again would be one fault more than asked for.
  server.keepAliveTimeout = 0;
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen(port, '127.0.0.1', resolve);
  });

  const { dataset } = responder;
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    secretKey,
    requests: log.requests,
    peak: log.peak,
    add: (stream, ...records) => dataset.add(stream, undefined, records),
    addUnder: (stream, parent, ...records) => dataset.add(stream, String(parent), records),
    change: (stream, key, changes, parent) => dataset.change(stream, String(key), changes, parent?.toString()),
    resetRequests: log.reset,
    close: () =>
      new Promise((resolve) => {
        for (const delay of delays) clearTimeout(delay);
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** Sends an answer, or its fault. @returns the status that was sent */
function send(response: ServerResponse, { status, body, headers, fault }: Reply): number {
  if (fault !== undefined) return sendFault(fault, response, { body, headers });
  const bytes = Buffer.from(body);
  response
    .writeHead(status, { ...headers, 'content-type': 'application/json', 'content-length': bytes.length })
    .end(bytes);
  return status;
}

interface RequestLog {
  readonly requests: readonly SandboxRequest[];
  begin(request: SandboxRequest, url: string): { readonly index: number; readonly attempt: number };
  readonly end: () => void;
  readonly reset: () => void;
  readonly peak: () => number;
}

function createRequestLog(): RequestLog {
  const requests: SandboxRequest[] = [];
  const attempts = new Map<string, number>();
  let open = 0;
  let peak = 0;
  return {
    requests,
    begin: (request, url) => {
      const attempt = (attempts.get(url) ?? 0) + 1;
      attempts.set(url, attempt);
      open++;
      peak = Math.max(peak, open);
      return { index: requests.push(request) - 1, attempt };
    },
    end: () => {
      open--;
    },
    reset: () => {
      requests.length = 0;
      attempts.clear();
      peak = open;
    },
    peak: () => peak,
  };
}
