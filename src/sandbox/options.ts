/** The options of the sandbox, and the record that it keeps of each request. */
import type { StreamName } from '../paystack/streams.ts';
import type { Quirks, Style } from './answers.ts';
import type { PerStream, Records } from './dataset.ts';
import type { FaultPlan } from './faults.ts';
import type { Query } from './filters.ts';
import type { QuotaOptions } from './quotas.ts';
import type { Synthetic } from './synthetic.ts';

export interface SandboxOptions {
  /** Default: 0, any free one. */
  readonly port?: number;
  /** Default: `sk_test_sandbox`. */
  readonly secretKey?: string;
  /** The status for another key. Documented: 401 on some endpoints, 400 on others, with the same message. Default: 401. */
  readonly badKeyStatus?: 400 | 401;
  /** The records of streams. Lists show them newest first, whatever their order here. */
  readonly records?: PerStream<Records>;
  /** Whether streams that `records` does not name hold `fixtures/records/<stream>.json`, or nothing. Default: true. */
  readonly fixtures?: boolean;
  /** Streams that hold synthetic records, with their own records as templates. */
  readonly synthetic?: PerStream<Synthetic>;
  /**
   * How lists page, otherwise than the table of streams has it. One style for all changes those that are numbered or have a
   * cursor; a stream's own style changes any.
   */
  readonly style?: Style | PerStream<Style>;
  /** How all lists answer. */
  readonly quirks?: Quirks;
  /** How the lists of a stream answer, on top of `quirks`. */
  readonly streamQuirks?: PerStream<Quirks>;
  /** New records that come in while lists are read. */
  readonly arrivals?: Arrivals;
  /** Before each answer. Default: 0. */
  readonly latencyMs?: number;
  /** Default: none. */
  readonly quota?: QuotaOptions;
  /** Which answers go wrong, and how. Default: none. */
  readonly faults?: FaultPlan;
  /** Streams that the integration does not have, and the status that says so. */
  readonly missing?: PerStream<400 | 403 | 404>;
  /** Milliseconds since 1970: the time of requests, quota and arrivals. Default: the system's. */
  readonly now?: () => number;
}

export interface Arrivals {
  /** Records that come in at the top of a list after each answer of that list. */
  readonly perRequest: number;
  /** Records that come in at each list, at most. */
  readonly max: number;
  /** Lists that grow. Default: those whose records have a creation date, and no parent. */
  readonly streams?: readonly StreamName[];
}

/** One request, as it came. */
export interface SandboxRequest {
  readonly method: string;
  /** The stream whose list was asked for; undefined for anything else. */
  readonly endpoint: StreamName | undefined;
  /** Without the query. */
  readonly path: string;
  readonly query: Query;
  /** Milliseconds since 1970, by `now`. */
  readonly at: number;
  /** The status of the answer; 0 until there is one. */
  status: number;
}
