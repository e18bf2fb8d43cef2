/** `--test`: whether the key works, and which features the integration has, by one request for each list. */
import { systemClock } from '../clock.ts';
import { allOf, endsRun, isDefect } from '../errors.ts';
import type { Ask } from '../paystack/client.ts';
import { EveryStreamRefused, mayBeLacking, Refused } from '../paystack/errors.ts';
import { noRows, openList } from '../paystack/list.ts';
import type { StreamFacts } from '../paystack/stream-facts.ts';
import { type StreamName, streams as table } from '../paystack/streams.ts';
import { explained } from '../report/defects.ts';
import type { Log } from '../report/log.ts';
import { openBatchFiles } from '../sync/batch-files.ts';
import { counted } from '../words.ts';
import { askUntilSignal } from './connect.ts';
import { discover } from './discover.ts';
import { type InputOptions, readConfig, readSelection, readStreamWords } from './inputs.ts';

type Answered =
  /** The list can be read; it holds so many records, if it says so. */
  | { readonly kind: 'available'; readonly total: number | undefined }
  /** `lacking`: refused in the way of a feature that the integration does not have. */
  | { readonly kind: 'lacking' | 'refused' | 'failed' | 'defect'; readonly why: string };

interface Tried {
  readonly stream: StreamName;
  /** The stream whose list was asked for: of a child that of its parent. */
  readonly list: StreamName;
  readonly answer: Answered;
}

/**
 * Asks for the first record of each selected stream's list, and logs what the answers say of key and features.
 *
 * @returns the exit code
 * @throws UserError, KeyRejected and what else ends a run
 */
export async function testConnection(options: InputOptions & { readonly log: Log }): Promise<number> {
  const { log } = options;
  const now = systemClock.now();
  const offered = discover();
  const [config, streams] = allOf(
    () => readConfig(options, now, log),
    () => readSelection(offered, options.catalog, readStreamWords(options), log),
  );
  // It tries the folder, and leaves nothing in it.
  if (config.batch) openBatchFiles(config.batch, now);
  const names = streams.map(({ id }) => id as StreamName);
  return askUntilSignal(config, options, async (ask) => (report(await tryStreams(names, ask, log), log) ? 0 : 1));
}

/** Asks for each list once, though several streams may need it. */
function tryStreams(streams: readonly StreamName[], ask: Ask, log: Log): Promise<Tried[]> {
  const asked = new Map<StreamName, Promise<Answered>>();
  const answers = streams.map(async (stream, rank): Promise<Tried> => {
    const facts: StreamFacts = table[stream];
    const list = (facts.parent?.stream as StreamName | undefined) ?? stream;
    const answer = asked.get(list) ?? tryList(list, rank, ask, log);
    asked.set(list, answer);
    return { stream, list, answer: await answer };
  });
  return Promise.all(answers);
}

async function tryList(endpoint: StreamName, rank: number, ask: Ask, log: Log): Promise<Answered> {
  const facts: StreamFacts = table[endpoint];
  const list = openList({ facts, endpoint, rank, path: facts.path, pageSize: 1, ask, toRows: () => noRows });
  try {
    const { total } = await list.page(1, {});
    return { kind: 'available', total };
  } catch (error) {
    if (endsRun(error)) throw error;
    const why = explained(error, log, { stream: endpoint });
    if (isDefect(error)) return { kind: 'defect', why };
    return { kind: mayBeLacking(error, facts) ? 'lacking' : error instanceof Refused ? 'refused' : 'failed', why };
  }
}

/**
 * A refusal is taken for a feature that is not there only beside an answer: alone, it may be the key, the address or the
 * business that is refused.
 *
 * @returns false if anything failed, or nothing answered
 */
function report(tried: readonly Tried[], log: Log): boolean {
  if (tried.length === 0) {
    log('WARNING', 'no stream is selected, so nothing was tried');
    return true;
  }
  const available = tried.filter(({ answer }) => answer.kind === 'available');
  const failed = tried.filter(({ answer }) => !['available', 'lacking'].includes(answer.kind));
  for (const one of tried) {
    const level = available.length === 0 ? 'DEBUG' : failed.includes(one) ? 'ERROR' : 'INFO';
    log(level, `${one.stream}: ${textOf(one)}`, { stream: one.stream });
  }
  if (available.length === 0) {
    log('CRITICAL', nothingAnswered(tried));
    return false;
  }
  if (failed.length > 0) log('CRITICAL', `failed: ${failed.map(({ stream }) => stream).join(', ')}`);
  else
    log(
      'INFO',
      `the key works; ${available.length} of ${counted(tried.length, 'stream')} ${available.length === 1 ? 'is' : 'are'} available`,
    );
  return failed.length === 0;
}

function textOf({ stream, list, answer }: Tried): string {
  const which = list === stream ? '' : ` (asked: its parent, ${list})`;
  if (answer.kind === 'available') {
    return answer.total === undefined || which !== '' ? `ok${which}` : `ok, ${counted(answer.total, 'record')}`;
  }
  const verdict = answer.kind === 'lacking' ? 'not available to this integration' : 'failed';
  return `${verdict}: ${answer.kind === 'defect' ? '' : 'Paystack '}${answer.why}${which}`;
}

/** One line for a test in which no list was answered: what came instead, and what to check. */
function nothingAnswered(tried: readonly Tried[]): string {
  const lists = new Map(tried.map(({ list, answer }) => [list, answer]));
  const whys = [...lists].map(([stream, answer]) => ({ stream, why: 'why' in answer ? answer.why : '' }));
  const isRefused = [...lists.values()].every(({ kind }) => kind === 'lacking' || kind === 'refused');
  if (isRefused) return new EveryStreamRefused(whys).message;
  const defect = tried.find(({ answer }) => answer.kind === 'defect');
  if (defect !== undefined) return `${defect.stream}: ${textOf(defect)}`;
  const [first = '', ...others] = new Set(whys.map(({ why }) => why));
  const also = others.length === 0 ? '' : ' (of other lists it was something else)';
  return `nothing can be read: Paystack ${first}${also}. Check setting api_url, the network and the proxy (HTTPS_PROXY)`;
}
