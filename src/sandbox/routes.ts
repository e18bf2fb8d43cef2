/** Finds the list or record that a path stands for. The paths are those of the table of streams. */
import type { StreamFacts } from '../paystack/stream-facts.ts';
import { type StreamName, streams } from '../paystack/streams.ts';
import type { Query } from './filters.ts';

export type Target =
  | {
      readonly kind: 'list';
      readonly stream: StreamName;
      /** The parent the list hangs under, as the path or the query names it; undefined if it has none, or none is named. */
      readonly parent: string | undefined;
    }
  | {
      readonly kind: 'record';
      readonly stream: StreamName;
      readonly key: string;
    };

interface Route {
  readonly stream: StreamName;
  /** Segments of the path; undefined stands for the parent. */
  readonly segments: readonly (string | undefined)[];
  /** The query parameter that names the parent, if the path does not. */
  readonly parameter: string | undefined;
}

const names = Object.keys(streams) as StreamName[];

const routes: readonly Route[] = names
  .map((stream) => {
    const facts: StreamFacts = streams[stream];
    const [path = '', query = ''] = facts.path.split('?');
    const segments = path.split('/').map((segment) => (segment.startsWith('{') ? undefined : segment));
    const parameter = /(\w+)=\{/.exec(query)?.[1];
    return { stream, segments, parameter };
  })
  // A path without a parent goes first: the providers of dedicated accounts are no account.
  .sort((a, b) => Number(a.segments.includes(undefined)) - Number(b.segments.includes(undefined)));

/** @returns undefined for a path that Paystack does not have, or that the sandbox does not serve */
export function findTarget(path: string, query: Query): Target | undefined {
  const segments = path.split('/').map(decoded);
  for (const { stream, segments: wanted, parameter } of routes) {
    const fits =
      wanted.length === segments.length && wanted.every((want, at) => want === undefined || want === segments[at]);
    if (!fits) continue;
    const parent = parameter === undefined ? segments[wanted.indexOf(undefined)] : query[parameter];
    return { kind: 'list', stream, parent };
  }
  const stream = names.find((name) => {
    const { path, fetchedBy }: StreamFacts = streams[name];
    return fetchedBy !== undefined && path === segments.slice(0, -1).join('/');
  });
  return stream && { kind: 'record', stream, key: segments.at(-1)! };
}

function decoded(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}
