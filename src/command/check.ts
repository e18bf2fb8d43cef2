/** Whether the key works, and which features the integration has: one request for each list. */
import { ForeseenError, messageOf } from '../errors.ts';
import type { Ask } from '../paystack/client.ts';
import { mayBeLacking } from '../paystack/errors.ts';
import { noRows, openList } from '../paystack/list.ts';
import { type StreamFacts, type StreamName, streams as table } from '../paystack/streams.ts';
import type { Log } from '../report/log.ts';

export interface ConnectionOptions {
  readonly streams: readonly string[];
  readonly ask: Ask;
  readonly log: Log;
  /** Aborted, with its reason, to end the test early; the test aborts it when an error ends the run. */
  readonly stop: AbortController;
}

type Answered =
  /** The list can be read; it holds so many records, if it says so. */
  | { readonly kind: 'available'; readonly total: number | undefined }
  | { readonly kind: 'missing' | 'failed'; readonly why: string };

/**
 * Asks for the list of each stream, with the smallest page, and logs what came of it. Of a child stream the list of the
 * parent is asked, which may be that of another stream: no list is asked twice.
 *
 * @returns false if any list failed; a feature that the integration does not have is no failure
 * @throws KeyRejected, Unreachable; the stop signal's reason when it was aborted
 */
export async function tryStreams({ streams, ask, log, stop }: ConnectionOptions): Promise<boolean> {
  const asked = new Map<StreamName, Promise<Answered>>();
  const answers = streams.map(async (id, rank) => {
    const stream = id as StreamName;
    const list = listOf(stream);
    const answer = asked.get(list) ?? tryList(list, rank, ask, stop);
    asked.set(list, answer);
    return { stream, list, answer: await answer };
  });
  const told = await Promise.all(answers);
  stop.signal.throwIfAborted();
  for (const { stream, list, answer } of told) {
    log(answer.kind === 'failed' ? 'ERROR' : 'INFO', `${stream}: ${textOf(answer, stream, list)}`, { stream });
  }
  const failed = told.filter(({ answer }) => answer.kind === 'failed');
  const available = told.filter(({ answer }) => answer.kind === 'available');
  if (failed.length > 0) log('CRITICAL', `failed: ${failed.map(({ stream }) => stream).join(', ')}`);
  else if (told.length === 0) log('WARNING', 'no stream is selected, so nothing was tried');
  else log('INFO', `the key works; ${available.length} of ${told.length} streams are available`);
  return failed.length === 0;
}

function listOf(stream: StreamName): StreamName {
  const facts: StreamFacts = table[stream];
  return (facts.parent?.stream as StreamName | undefined) ?? stream;
}

async function tryList(endpoint: StreamName, rank: number, ask: Ask, stop: AbortController): Promise<Answered> {
  const facts: StreamFacts = table[endpoint];
  const list = openList({ facts, endpoint, rank, path: facts.path, pageSize: 1, ask, toRows: () => noRows });
  try {
    const { total } = await list.page(1, {});
    return { kind: 'available', total };
  } catch (error) {
    if (error instanceof ForeseenError && error.remedy === 'end the run') stop.abort(error);
    return { kind: mayBeLacking(error, facts) ? 'missing' : 'failed', why: messageOf(error) };
  }
}

function textOf(answer: Answered, stream: StreamName, list: StreamName): string {
  const which = list === stream ? '' : ` (asked: its parent, ${list})`;
  if (answer.kind === 'available') {
    return answer.total === undefined || which !== '' ? `ok${which}` : `ok, ${answer.total} records`;
  }
  const verdict = answer.kind === 'missing' ? 'not available to this integration' : 'failed';
  return `${verdict}: Paystack ${answer.why}${which}`;
}
