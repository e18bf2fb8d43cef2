/**
 * The settings: a table, each entry of which is all that there is to a setting. Its type and limits, its texts, and what
 * it means to the tap stand there; `Config`, the variables of the environment, `--about`, the tables of the documentation
 * and the definition for Meltano follow from it.
 */
import { batchFacts, batchIn } from './batch-config.ts';
import { UserError } from './errors.ts';
import {
  agentIn,
  dateIn,
  keyIn,
  rejectEmptyTime,
  type Setting,
  shown,
  type Types,
  urlIn,
  valueIn,
  wordsOf,
} from './setting-values.ts';
import { flawsIn } from './validate.ts';
import type { Shape } from './validator.ts';

/** The settings that were given, by their types. */
export type Given = { readonly [name: string]: Types[keyof Types] | undefined };

/** Undefined for a setting that is not given and has no default. */
type ValueOf<Facts extends Setting> =
  | Types[Facts['type']]
  | (Facts extends { readonly default: unknown } | { readonly isRequired: true } ? never : undefined);

interface Entry<Meaning extends object> {
  readonly facts: Setting;
  readonly means: (value: never, given: Given, version: string) => Meaning;
  readonly alsoCalled: readonly string[];
}

/**
 * @param facts what is said of it
 * @param means the part of the config that a value makes; throws UserError for one that cannot be meant
 * @param alsoCalled names by which others call it, to suggest the right one
 */
function setting<const Facts extends Setting, Meaning extends object>(
  facts: Facts,
  means: (value: ValueOf<Facts>, given: Given, version: string) => Meaning,
  alsoCalled: readonly string[] = [],
): Entry<Meaning> {
  return { facts, means, alsoCalled };
}

/** Requests that one endpoint answers in any stretch of time of a length. */
export interface Allowance {
  readonly requests: number;
  readonly perMs: number;
  /** True if a user set it: then it holds even where the API would allow more. */
  readonly isCeiling: boolean;
}

const dayMs = 86_400_000;

const table = {
  secret_key: setting(
    {
      type: 'string',
      title: 'Secret key',
      description: 'Secret key of the integration, sk_test_… or sk_live_…',
      isRequired: true,
      secret: true,
    },
    (key) => ({ secretKey: keyIn(key) }),
    ['api_key', 'key', 'secret', 'api_secret', 'token', 'api_token', 'access_token', 'paystack_secret_key'],
  ),
  streams: setting(
    {
      type: 'array',
      items: { type: 'string' },
      title: 'Streams',
      description:
        'Streams to sync: names, patterns with *, and -name for what to leave out. Default: those selected by default. Where a catalog is given, the catalog decides',
    },
    /** Undefined: what is selected by default. */
    (streams) => ({ streams }),
    ['select', 'selected', 'tables', 'stream'],
  ),
  start_date: setting(
    {
      type: 'string',
      title: 'Start date',
      description:
        'Records created before it are left out. A date or RFC 3339; without a zone it means UTC. Default: none are',
      format: 'date-time',
    },
    /** -Infinity: from the first record there is. */
    (date) => ({ startMs: date === undefined ? Number.NEGATIVE_INFINITY : dateIn(date) }),
    ['since', 'from', 'from_date', 'start', 'begin_date'],
  ),
  end_date: setting(
    {
      type: 'string',
      title: 'End date',
      description: 'Records created at or after it are left out. Default: the present',
      format: 'date-time',
    },
    (date, { start_date }) => ({
      /** Undefined: up to the present. */
      endMs: date === undefined ? undefined : dateIn(date),
      /** True if a user set one of the two dates. */
      isBounded: start_date !== undefined || date !== undefined,
    }),
    ['until', 'to', 'to_date', 'end'],
  ),
  lookback_window_days: setting(
    {
      type: 'integer',
      title: 'Lookback window',
      description: 'Days before the bookmark that are read again, for what changed after it was created',
      default: 31,
      minimum: 0,
      maximum: 36_500,
    },
    (days) => ({ lookbackMs: days * dayMs }),
    ['lookback', 'lookback_days', 'lookback_window'],
  ),
  open_lookback_days: setting(
    {
      type: 'integer',
      title: 'Lookback for open records',
      description: 'Age in days up to which records that were still open when last read are read again, day by day',
      default: 730,
      minimum: 0,
      maximum: 36_500,
    },
    (days) => ({ openLookbackMs: days * dayMs }),
  ),
  page_size: setting(
    {
      type: 'integer',
      title: 'Page size',
      description: 'Records asked for in one request',
      default: 200,
      minimum: 1,
      maximum: 1000,
    },
    (pageSize) => ({ pageSize }),
    ['per_page', 'limit', 'batch_size'],
  ),
  concurrency: setting(
    {
      type: 'integer',
      title: 'Concurrency',
      description: 'Requests in flight, all streams together',
      default: 16,
      minimum: 1,
      maximum: 100,
    },
    (concurrency) => ({ concurrency }),
    ['parallelism', 'workers', 'threads', 'max_workers'],
  ),
  requests_per_minute: setting(
    {
      type: 'integer',
      title: 'Requests per minute',
      description: 'Quota of each endpoint. Default: 600 with a live key, 100 with a test key',
      minimum: 1,
      maximum: 1_000_000,
    },
    (perMinute, { secret_key }) => ({ allowance: allowanceOf(perMinute, secret_key as string | undefined) }),
    ['rate_limit', 'quota', 'rpm'],
  ),
  request_timeout_seconds: setting(
    {
      type: 'number',
      title: 'Request timeout',
      description: 'Seconds until an answer must have come whole',
      default: 60,
      minimum: 0.01,
      maximum: 3600,
    },
    (seconds) => ({ requestTimeoutMs: seconds * 1000 }),
    ['timeout', 'request_timeout', 'timeout_seconds'],
  ),
  user_agent: setting(
    {
      type: 'string',
      title: 'User agent',
      description: 'User-Agent header of the requests. Default: tap-paystack/<version>',
    },
    (agent, _, version) => ({ userAgent: agentIn(agent ?? `tap-paystack/${version}`) }),
  ),
  activate_version: setting(
    {
      type: 'boolean',
      title: 'Activate version',
      description:
        'After a complete listing of a FULL_TABLE stream, have the target remove the rows that were not in it',
      default: false,
    },
    (activateVersion) => ({ activateVersion }),
    ['hard_delete', 'add_record_metadata'],
  ),
  batch_config: setting(
    batchFacts,
    /** Undefined: every record is a message. */
    (value) => ({ batch: value && batchIn(value) }),
    ['batch', 'batches', 'batch_files', 'batching'],
  ),
  api_url: setting(
    {
      type: 'string',
      title: 'API URL',
      description: 'Where the API is. https, or a loopback address for tests',
      default: 'https://api.paystack.co',
    },
    (url) => ({ apiUrl: urlIn(url) }),
    ['base_url', 'url', 'host', 'endpoint'],
  ),
};

export type SettingName = keyof typeof table;

/** What each entry makes, joined: a type in the place of an argument is inferred as all of what may stand there. */
type Joined<Part> = (Part extends object ? (part: Part) => void : never) extends (whole: infer Whole) => void
  ? Whole
  : never;

/** The settings as the tap uses them. Times are milliseconds since 1970, UTC. */
export type Config = Readonly<Joined<(typeof table)[SettingName] extends Entry<infer Meaning> ? Meaning : never>>;

export const settingNames = Object.keys(table) as readonly SettingName[];

/** What is said of each setting. */
export const settings = Object.fromEntries(settingNames.map((name) => [name, table[name].facts])) as Readonly<
  Record<SettingName, Setting>
>;

export const settingsShape: Shape = { $id: 'settings', type: 'object', properties: settings };

/** Names by which others call a setting. */
export const otherNames = Object.fromEntries(settingNames.map((name) => [name, table[name].alsoCalled]));

/** The variable of the environment that holds a setting. */
export function variableOf(setting: string): string {
  return `TAP_PAYSTACK_${setting.toUpperCase()}`;
}

/**
 * Turns the settings that were given into a config.
 *
 * @param given the settings, later sources merged over earlier ones; strings are taken for numbers, booleans and lists, and
 * what is null or empty is not given
 * @param version of the tap, for the default user agent
 * @param now milliseconds since 1970
 * @throws UserError with all mistakes: the setting, its value unless it is secret, and the remedy
 */
export function parseConfig(
  given: { readonly [name in SettingName]?: unknown },
  version: string,
  now: number = Date.now(),
): Config {
  const values = Object.fromEntries(settingNames.map((name) => [name, valueIn(settings[name].type, given[name])]));
  const flaws = flawsIn(settingsShape, values);
  // What is in an object, its entry judges.
  const own = flaws.filter(({ path }) => path.length === 1 || settings[path[0] as SettingName].type !== 'object');
  const unfit = new Set(own.map(({ path: [name = ''] }) => name));
  for (const name of unfit) values[name] = undefined;
  const mistakes: string[] = [];
  const parts = settingNames.map((name) => {
    const { facts, means } = table[name];
    try {
      if (unfit.has(name)) throw new UserError(`must be ${wordsOf(facts)}${notThis(facts, given[name])}`);
      return means((values[name] ?? facts.default) as never, values as Given, version);
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      mistakes.push(...error.mistakes.map((mistake) => `setting ${name} ${mistake}`));
      return {};
    }
  });
  if (mistakes.length > 0) throw new UserError(...mistakes);
  const config = Object.assign({}, ...parts) as Config;
  const { start_date, end_date } = values;
  rejectEmptyTime(config, { start_date, end_date }, now);
  return config;
}

function notThis({ secret }: Setting, value: unknown): string {
  return secret ? '' : `, not ${shown(value)}`;
}

/** Quota of one endpoint. Documented: 600 requests in 60 seconds live, 100 in test mode. */
const requestsPerMinute = { live: 600, test: 100 };

/** Whoever sets a quota shares the endpoint with somebody else, so it is never exceeded, whatever the answers allow. */
function allowanceOf(perMinute: number | undefined, secretKey = ''): Allowance {
  const mode = secretKey.startsWith('sk_live_') ? 'live' : 'test';
  return { requests: perMinute ?? requestsPerMinute[mode], perMs: 60_000, isCeiling: perMinute !== undefined };
}
