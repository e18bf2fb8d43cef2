/** The settings: their schema, where they come from (files, environment), and what they mean to the tap. */
import { DateTime } from 'luxon';
import { UserError } from './errors.ts';
import { misfitOf } from './validate.ts';

/** Requests that one endpoint answers in any stretch of time of a length. */
export interface Allowance {
  readonly requests: number;
  readonly perMs: number;
  /** True if a user set it: then it holds even where the API would allow more. */
  readonly isCeiling: boolean;
}

/** The settings as the tap uses them. Times are milliseconds since 1970, UTC. */
export interface Config {
  readonly secretKey: string;
  /** -Infinity: from the first record there is. */
  readonly startMs: number;
  /** Undefined: up to the present. */
  readonly endMs: number | undefined;
  /** True if a user set one of the two. */
  readonly isBounded: boolean;
  readonly lookbackMs: number;
  readonly openLookbackMs: number;
  readonly pageSize: number;
  readonly concurrency: number;
  readonly allowance: Allowance;
  readonly requestTimeoutMs: number;
  readonly userAgent: string;
  readonly activateVersion: boolean;
  readonly apiUrl: string;
}

/** One setting: JSON Schema, whether it must be set, and whether its value must not be shown. */
export interface Setting {
  readonly type: 'string' | 'integer' | 'number' | 'boolean';
  readonly title: string;
  readonly description: string;
  readonly default?: string | number | boolean;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly format?: 'date-time';
  readonly isRequired?: true;
  readonly secret?: true;
}

export const settings = {
  secret_key: {
    type: 'string',
    title: 'Secret key',
    description: 'Secret key of the integration, sk_test_… or sk_live_…',
    isRequired: true,
    secret: true,
  },
  start_date: {
    type: 'string',
    title: 'Start date',
    description:
      'Records created before it are left out. A date or RFC 3339; without a zone it means UTC. Default: none are',
    format: 'date-time',
  },
  end_date: {
    type: 'string',
    title: 'End date',
    description: 'Records created at or after it are left out. Default: the present',
    format: 'date-time',
  },
  lookback_window_days: {
    type: 'integer',
    title: 'Lookback window',
    description: 'Days before the bookmark that are read again, for what changed after it was created',
    default: 31,
    minimum: 0,
    maximum: 36_500,
  },
  open_lookback_days: {
    type: 'integer',
    title: 'Lookback for open records',
    description: 'Age in days up to which records that were still open when last read are read again, day by day',
    default: 730,
    minimum: 0,
    maximum: 36_500,
  },
  page_size: {
    type: 'integer',
    title: 'Page size',
    description: 'Records asked for in one request',
    default: 200,
    minimum: 1,
    maximum: 1000,
  },
  concurrency: {
    type: 'integer',
    title: 'Concurrency',
    description: 'Requests in flight, all streams together',
    default: 16,
    minimum: 1,
    maximum: 100,
  },
  requests_per_minute: {
    type: 'integer',
    title: 'Requests per minute',
    description: 'Quota of each endpoint. Default: 600 with a live key, 100 with a test key',
    minimum: 1,
    maximum: 1_000_000,
  },
  request_timeout_seconds: {
    type: 'number',
    title: 'Request timeout',
    description: 'Seconds until an answer must have come whole',
    default: 60,
    minimum: 0.01,
    maximum: 3600,
  },
  user_agent: {
    type: 'string',
    title: 'User agent',
    description: 'User-Agent header of the requests. Default: tap-paystack/<version>',
  },
  activate_version: {
    type: 'boolean',
    title: 'Activate version',
    description: 'After a complete listing of a FULL_TABLE stream, have the target remove the rows that were not in it',
    default: false,
  },
  api_url: {
    type: 'string',
    title: 'API URL',
    description: 'Where the API is. https, or a loopback address for tests',
    default: 'https://api.paystack.co',
  },
} as const satisfies Record<string, Setting>;

type SettingName = keyof typeof settings;
type Settings = { readonly [name in SettingName]?: unknown };

/** Quota of one endpoint. Documented: 600 requests in 60 seconds live, 100 in test mode. */
const requestsPerMinute = { live: 600, test: 100 };

/** Whoever sets a quota shares the endpoint with somebody else, so it is never exceeded, whatever the answers allow. */
function allowanceOf(given: unknown, secretKey: string): Allowance {
  const mode = secretKey.startsWith('sk_live_') ? 'live' : 'test';
  const isCeiling = given !== undefined;
  return { requests: isCeiling ? (given as number) : requestsPerMinute[mode], perMs: 60_000, isCeiling };
}

/** The variable of the environment that holds a setting. */
export function variableOf(setting: string): string {
  return `TAP_PAYSTACK_${setting.toUpperCase()}`;
}

/** The part of a config that the environment tells. Empty variables do not count. */
export function settingsOfEnvironment(environment: NodeJS.ProcessEnv): Settings {
  const told = Object.keys(settings).map((name) => [name, environment[variableOf(name)]] as const);
  return Object.fromEntries(told.filter(([, value]) => value !== undefined && value !== ''));
}

/** Names in a config that are no setting: a typing error, or a setting of another tap. */
export function unknownSettings(given: object): string[] {
  return Object.keys(given).filter((name) => !Object.hasOwn(settings, name));
}

/**
 * Turns the settings that were given into a config.
 *
 * @param given the settings, later sources merged over earlier ones; strings are taken for numbers and booleans
 * @param version of the tap, for the default user agent
 * @throws UserError naming the setting and the remedy, never a value
 */
export function parseConfig(given: Settings, version: string): Config {
  const told = coerced(given);
  const misfit = misfitOf({ type: 'object', properties: settings }, told);
  if (misfit !== undefined) throw new UserError(`setting ${misfit}`);
  const secretKey = parseKey(told.secret_key);
  const startMs = told.start_date === undefined ? Number.NEGATIVE_INFINITY : parseDate('start_date', told.start_date);
  const endMs = told.end_date === undefined ? undefined : parseDate('end_date', told.end_date);
  if (endMs !== undefined && endMs <= startMs) {
    throw new UserError('setting end_date is not after start_date: nothing lies between them; change one of the two');
  }
  const { lookback_window_days, open_lookback_days, page_size, concurrency } = settings;
  const { request_timeout_seconds, activate_version } = settings;
  return {
    secretKey,
    startMs,
    endMs,
    isBounded: told.start_date !== undefined || endMs !== undefined,
    lookbackMs: numberOr(told.lookback_window_days, lookback_window_days.default) * 86_400_000,
    openLookbackMs: numberOr(told.open_lookback_days, open_lookback_days.default) * 86_400_000,
    pageSize: numberOr(told.page_size, page_size.default),
    concurrency: numberOr(told.concurrency, concurrency.default),
    allowance: allowanceOf(told.requests_per_minute, secretKey),
    requestTimeoutMs: numberOr(told.request_timeout_seconds, request_timeout_seconds.default) * 1000,
    userAgent: parseUserAgent(told.user_agent, version),
    activateVersion: (told.activate_version as boolean | undefined) ?? activate_version.default,
    apiUrl: parseApiUrl((told.api_url as string | undefined) ?? settings.api_url.default),
  };
}

/** Settings by their types: the environment, and Meltano with it, hands everything over as strings. */
function coerced(given: Settings): { [name in SettingName]?: unknown } {
  const told: Record<string, unknown> = {};
  for (const [name, setting] of Object.entries(settings)) {
    const value = given[name as SettingName];
    if (value !== undefined && value !== null) told[name] = coerce(setting, value);
  }
  return told;
}

function coerce(setting: Setting, value: unknown): unknown {
  if (typeof value !== 'string') return value;
  const text = value.trim();
  if (setting.type === 'boolean') return truths.get(text.toLowerCase()) ?? value;
  if (setting.type === 'string' || text === '' || Number.isNaN(Number(text))) return text;
  return Number(text);
}

const truths = new Map([
  ...['true', '1', 'yes', 'on'].map((word) => [word, true] as const),
  ...['false', '0', 'no', 'off'].map((word) => [word, false] as const),
]);

function numberOr(told: unknown, otherwise: number): number {
  return (told as number | undefined) ?? otherwise;
}

function parseKey(told: unknown): string {
  const from = 'Paystack Dashboard, Settings, API Keys & Webhooks';
  if (told === undefined || told === '') {
    throw new UserError(`setting secret_key is missing: set it to the secret key (${from}) or TAP_PAYSTACK_SECRET_KEY`);
  }
  const key = told as string;
  if (key.startsWith('pk_')) {
    throw new UserError(`setting secret_key holds a public key (pk_…): the tap needs the secret key, sk_… (${from})`);
  }
  if (!/^sk_(?:test|live)_[\w.-]+$/.test(key)) {
    throw new UserError(`setting secret_key is no secret key: it must look like sk_test_… or sk_live_… (${from})`);
  }
  return key;
}

/** What people and Meltano write: a date, with or without a time, a zone, a fraction of a second. */
function parseDate(name: string, told: unknown): number {
  const text = told as string;
  // The locale makes no difference here, but luxon would ask the system for it, which takes 25 ms.
  const options = { zone: 'utc', locale: 'en' };
  const iso = DateTime.fromISO(text, options);
  const date = iso.isValid ? iso : DateTime.fromSQL(text, options);
  // A time alone would mean that time today.
  if (!date.isValid || !/^\d{4}/.test(text)) {
    throw new UserError(`setting ${name} is no date: write it as 2024-01-31 or 2024-01-31T08:00:00Z`);
  }
  return date.toMillis();
}

function parseUserAgent(told: unknown, version: string): string {
  const agent = (told as string | undefined) || `tap-paystack/${version}`;
  if (!/^[\x20-\x7e]+$/.test(agent)) {
    throw new UserError('setting user_agent must be printable ASCII: it is sent as a header');
  }
  return agent;
}

const loopback = /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])$/;

/** The key goes to this address, so it must be encrypted on the way, or not leave the machine. */
function parseApiUrl(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url?.protocol !== 'https:' && !(url?.protocol === 'http:' && loopback.test(url.hostname))) {
    throw new UserError('setting api_url must be an https URL (http only for a loopback address such as 127.0.0.1)');
  }
  if (url.username !== '' || url.password !== '' || /[?#]/.test(text)) {
    throw new UserError('setting api_url must be a plain URL without user, password, query or fragment');
  }
  return url.href.replace(/\/+$/, '');
}
