/**
 * What a whole HTTP answer means: records, a refusal, a rejected key, or a failure after which another try makes sense.
 * It also says who answered: Paystack, its host, or something on the way (a proxy, a firewall, a login page).
 */
import { type JsonReader, readAnswer } from '../json/read.ts';
import { type JsonText, valueIn } from '../json/scan.ts';
import { isObject } from '../json/values.ts';
import { KeyRejected, Refused } from './errors.ts';
import { doubtful, type Failure, hopeless } from './failure.ts';
import { msUntilText } from './reset.ts';

export interface Payload {
  /** Where its items are, if it is a list, or its members, if it is an object, is known already. */
  readonly data: JsonText;
  readonly meta: Readonly<Record<string, unknown>>;
}

export interface Judgement {
  /**
   * Who answered. Paystack is known by the form of its answers. Without that form, an answer that says "busy" or "failed"
   * is taken for its host's, and any other for that of something on the way.
   */
  readonly from: 'paystack' | 'host' | 'elsewhere';
  readonly outcome: Payload | Failure | KeyRejected | Refused;
}

/**
 * Judges an answer.
 *
 * @param reader checks the answer's JSON, and knows where its values end until it reads the next answer
 * @param wallNow milliseconds since 1970, for waits until a date
 */
export function judge({ status, headers }: Response, body: Buffer, reader: JsonReader, wallNow: number): Judgement {
  const envelope = envelopeIn(reader, body);
  const isBusy = status === 408 || status === 429 || status >= 500;
  const from = envelope !== undefined ? 'paystack' : isBusy ? 'host' : 'elsewhere';
  const message = messageIn(envelope);
  if (status === 401 ? !isPage(body) : /^invalid key$/i.test(message.trim())) {
    return { from, outcome: new KeyRejected(message) };
  }
  const location = status >= 300 && status < 400 ? headers.get('location') : null;
  if (location !== null) return { from: 'elsewhere', outcome: redirect(status, location) };
  const what = envelope === undefined ? ` with ${nameOf(body)}` : message && ` (${message})`;
  const why = `answered ${status}${what}`;
  if (isBusy) return { from, outcome: { why, ...waitOf(status, headers, wallNow) } };
  if (envelope === undefined) return { from, outcome: foreign(status, why) };
  if (status >= 400) return { from, outcome: new Refused(status, why, { isPaystacks: true, said: message }) };
  return { from, outcome: contentOf(status, envelope, message) };
}

/** Documented: `status` decides, as a boolean; one documented sample has the string. */
function contentOf(status: number, envelope: Envelope, message: string): Payload | Failure {
  const ok = valueAt(envelope, 'status');
  if (ok === false || ok === 'false')
    return { why: `answered ${status} with status false${message && ` (${message})`}` };
  const data = envelope.get('data');
  // Data may be null: `list.ts` takes that for an empty list where the total is 0.
  if (data === undefined) return { why: `answered ${status} without data` };
  const meta = valueAt(envelope, 'meta');
  return { data, meta: isObject(meta) ? meta : {} };
}

const notPaystacks =
  'that is not from Paystack but from something on the way (firewall, bot wall, proxy, login page of a network): ' +
  'check setting api_url, the network of this machine, and HTTPS_PROXY';

function foreign(status: number, why: string): Failure {
  if (status < 400) return { why, remedy: notPaystacks };
  const refusal = new Refused(status, `${why}: ${notPaystacks}`);
  return { why, remedy: notPaystacks, refusal, worth: status === 407 ? hopeless : doubtful };
}

/** A redirect is not followed, so that the key goes to `api_url` alone. */
function redirect(status: number, location: string): Failure {
  const host = URL.canParse(location) ? ` to ${new URL(location).host}` : '';
  const why = `answered ${status}, a redirect${host}, which is not followed`;
  const remedy = 'check setting api_url, and whether the login page of a network answers';
  return { why, remedy, worth: hopeless, refusal: new Refused(status, `${why}: ${remedy}`) };
}

/**
 * How long a busy server asks to wait. Documented: `x-ratelimit-reset` with 429, in seconds. A `Retry-After`, in seconds or
 * as a date, comes first where there is one.
 */
function waitOf(status: number, headers: Headers, wallNow: number): Partial<Failure> {
  const retryAfter = headers.get('retry-after');
  if (retryAfter) {
    const ms = msUntilText(retryAfter, headers, wallNow);
    if (!Number.isNaN(ms)) return { askedWaitMs: Math.max(0, ms) + roundingMs };
  }
  if (status !== 429) return {};
  const ms = msUntilText(headers.get('x-ratelimit-reset') || 'none', headers, wallNow);
  const isBelieved = ms <= maxWindowMs;
  return isBelieved ? { askedWaitMs: Math.max(0, ms) + roundingMs } : { isOverQuota: true };
}

/** Added to each wait: seconds may have been rounded down, and a wait that is already over must not be none. */
const roundingMs = 1000;
/** Documented: a window lasts a minute. A reset that is much further away comes from a wrong clock, and is not believed. */
const maxWindowMs = 300_000;

type Envelope = NonNullable<JsonText['members']>;

/** The members of an answer in the form that Paystack's have: an object with `status`. Undefined if it is none. */
function envelopeIn(reader: JsonReader, body: Buffer): Envelope | undefined {
  try {
    const { members } = readAnswer(reader, body, 2);
    return members?.has('status') ? members : undefined;
  } catch {
    return undefined;
  }
}

function valueAt(envelope: Envelope | undefined, name: string): unknown {
  const value = envelope?.get(name);
  return value && valueIn(value);
}

function messageIn(envelope: Envelope | undefined): string {
  const message = valueAt(envelope, 'message');
  return typeof message === 'string' ? message.slice(0, 200) : '';
}

/** A longer text would fill the line. */
const maxShownBytes = 80;

function nameOf(body: Buffer): string {
  if (body.length === 0) return 'an empty body';
  if (isPage(body)) {
    const [, title = ''] = /<title[^>]*>([^<]{1,200})/i.exec(body.toString('utf8', 0, 10_000)) ?? [];
    const words = title.replace(/\s+/g, ' ').trim().slice(0, maxShownBytes);
    return words === '' ? 'a page of HTML' : `a page of HTML ("${words}")`;
  }
  const shown = body.length <= maxShownBytes ? ` ("${body.toString().replace(/\s+/g, ' ').trim()}")` : '';
  return `something else than Paystack's JSON${shown}`;
}

function isPage(body: Buffer): boolean {
  return /^[\s\uFEFF]*<(?:!doctype|!--|html|head|body|\?xml)/i.test(body.toString('utf8', 0, 200));
}
