/** The values of settings: what people, environments and Meltano write, and what the tap makes of it. */
import { DateTime } from 'luxon';
import { UserError } from './errors.ts';

/** What is said of a setting: JSON Schema, whether it must be set, and whether its value must not be shown. */
export interface Setting {
  readonly type: keyof Types;
  readonly title: string;
  readonly description: string;
  readonly default?: string | number | boolean;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly format?: 'date-time';
  readonly items?: { readonly type: 'string' };
  readonly properties?: object;
  readonly isRequired?: true;
  readonly secret?: true;
}

/** The types of settings: by their names in JSON Schema, what the tap gets. */
export interface Types {
  readonly string: string;
  readonly integer: number;
  readonly number: number;
  readonly boolean: boolean;
  readonly array: readonly string[];
  readonly object: Readonly<Record<string, unknown>>;
}

const truths: ReadonlyMap<string, boolean> = new Map([
  ...['true', '1', 'yes', 'on'].map((word) => [word, true] as const),
  ...['false', '0', 'no', 'off'].map((word) => [word, false] as const),
]);

/**
 * A value by the type of its setting, as far as it is one: the environment, and Meltano with it, hands everything over as
 * strings.
 *
 * @returns undefined for what is not set: null, and what is empty
 */
export function valueIn(type: Setting['type'], value: unknown): unknown {
  if (value === null || value === undefined) return undefined;
  const mayBeEmpty = Array.isArray(value) || (type === 'object' && typeof value === 'object');
  if (mayBeEmpty && Object.keys(value).length === 0) return undefined;
  if (typeof value !== 'string') return value;
  const text = value.trim();
  if (text === '') return undefined;
  if (type === 'boolean') return truths.get(text.toLowerCase()) ?? text;
  if (type === 'array') return text.startsWith('[') ? jsonIn(text) : text.split(/[\s,]+/).filter(Boolean);
  if (type === 'object') {
    const object = jsonIn(text);
    return typeof object === 'string' ? text : valueIn(type, object);
  }
  return type === 'string' || Number.isNaN(Number(text)) ? text : Number(text);
}

/** A list or an object in JSON, which is how Meltano hands one over. */
function jsonIn(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

/** What a setting must be, by its type and limits. */
export function wordsOf({ type, minimum, maximum }: Setting): string {
  if (type === 'boolean') return 'true or false';
  if (type === 'array') return 'a list of words, such as ["transactions", "cust*"]';
  if (type === 'object') return 'an object in JSON, as docs/batch.md shows it';
  if (type === 'string') return 'a text';
  return `${type === 'integer' ? 'a whole number' : 'a number'} from ${minimum} to ${maximum}`;
}

/** A value in an error; not for what is secret. */
export function shown(value: unknown): string {
  const text = JSON.stringify(value);
  return text.length <= maxShown ? text : `${text.slice(0, maxShown)}…`;
}

/** A line is to be read. */
const maxShown = 60;

const dashboard = 'Paystack Dashboard, Settings, API Keys & Webhooks';

/** @throws UserError for what is no secret key: what is wrong with it, and never a part of it */
export function keyIn(key: string | undefined): string {
  if (key === undefined) {
    throw new UserError(`is missing: set it, or TAP_PAYSTACK_SECRET_KEY, to the secret key (${dashboard})`);
  }
  if (key.startsWith('pk_')) {
    throw new UserError(`holds a public key (pk_…): the tap needs the secret key, sk_… (${dashboard})`);
  }
  if (/^sk_(?:test|live)_[\w.-]+$/.test(key) && !shortened.test(key)) return key;
  const wrong = wrongAboutKey(key);
  if (wrong !== undefined) throw new UserError(`holds a key ${wrong}`);
  throw new UserError(`is no secret key: it must look like sk_test_… or sk_live_… (${dashboard})`);
}

/** As keys stand in examples, or where they are not to be seen. */
const shortened = /[…*]|\.{3}|xxxx/i;

/** What stands in or around a key that is one otherwise. */
function wrongAboutKey(key: string): string | undefined {
  if (shortened.test(key)) return 'that is only an example or was shortened: copy the whole key';
  if (!/sk_(?:test|live)_\w/.test(key)) return undefined;
  if (/^["'`“”‘’«].*["'`“”‘’»]$/s.test(key)) return 'in quotes: remove them';
  if (/^bearer\s/i.test(key)) return 'behind the word "Bearer": remove the word';
  if (/^\w+\s*[=:]/.test(key)) return 'behind its name: leave only the key';
  if (/^sk_/.test(key) && /\s/.test(key)) return 'with a space or line break in it: copy it again, in one piece';
  return undefined;
}

/**
 * What people and Meltano write: a date, with or without a time, a zone, a fraction of a second.
 *
 * @returns milliseconds since 1970
 * @throws UserError for what is no date
 */
export function dateIn(text: string): number {
  // The locale makes no difference here, but luxon would ask the system for it, which takes 25 ms.
  const options = { zone: 'utc', locale: 'en' };
  const iso = DateTime.fromISO(text, options);
  const date = iso.isValid ? iso : DateTime.fromSQL(text, options);
  // A time alone would mean that time today.
  if (!date.isValid || !/^\d{4}/.test(text)) {
    throw new UserError(`is no date (${shown(text)}): write it as 2024-01-31 or 2024-01-31T08:00:00Z`);
  }
  return date.toMillis();
}

/**
 * @param written the dates as they were given
 * @throws UserError for dates between which nothing can lie: a run would read nothing, and look as if all were well
 */
export function rejectEmptyTime(
  { startMs, endMs }: { readonly startMs: number; readonly endMs: number | undefined },
  { start_date, end_date }: { readonly start_date: unknown; readonly end_date: unknown },
  now: number,
): void {
  if (startMs > now) {
    const clock = new Date(now).toISOString();
    const dates = `${shown(start_date)}, and the clock says ${clock}`;
    throw new UserError(`setting start_date is in the future (${dates}), where nothing is: set an earlier one`);
  }
  if (endMs !== undefined && endMs <= startMs) {
    const dates = `${shown(start_date)} to ${shown(end_date)}`;
    throw new UserError(
      `setting end_date is not after start_date (${dates}): nothing lies between; change one of the two`,
    );
  }
}

/** @throws UserError for what cannot be sent as a header */
export function agentIn(text: string): string {
  if (!/^[\x20-\x7e]+$/.test(text)) throw new UserError('must be printable ASCII: it is sent as a header');
  return text;
}

const loopback = /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])$/;

/**
 * The key goes to this address, so it must be encrypted on the way, or not leave the machine.
 *
 * @throws UserError for another; its value is shown only where it cannot hold a password
 */
export function urlIn(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url && (url.username !== '' || url.password !== '' || /[?#]/.test(text))) {
    throw new UserError('must be a plain URL without user, password, query or fragment');
  }
  if (url?.protocol !== 'https:' && !(url?.protocol === 'http:' && loopback.test(url.hostname))) {
    const which = /[@?#]/.test(text) ? '' : `, not ${shown(text)}`;
    throw new UserError(`must be an https URL (http only for a loopback address such as 127.0.0.1)${which}`);
  }
  return url.href.replace(/\/+$/, '');
}
