/** Why a try gave no answer, in words that name the cause, and whether another try makes sense. */
import { messageOf } from '../errors.ts';
import { type Refused, WrongAnswer } from './errors.ts';
import { ProxyRefusal } from './proxy-refusal.ts';

export interface Failure {
  /** As the end of a sentence that begins with "Paystack". */
  readonly why: string;
  /** What the user can check. */
  readonly remedy?: string;
  /** Undefined where another try may well succeed. */
  readonly worth?: Worth;
  /** How long the API asks to wait. */
  readonly askedWaitMs?: number;
  /** True for a 429 that does not say when to come again. */
  readonly isOverQuota?: true;
  /** What is thrown once the tries are used up, if the API can be reached otherwise. */
  readonly refusal?: Refused;
}

/** How many tries a failure is worth that will probably last: before anything has answered in this run, and after. */
export interface Worth {
  readonly atFirst: number;
  readonly later: number;
}

/** It cannot succeed. In the middle of a run, a few tries show whether that is really so. */
export const hopeless: Worth = { atFirst: 1, later: 5 };
/** It mostly lasts. */
export const doubtful: Worth = { atFirst: 5, later: 5 };
/** At the beginning it means a mistake in the settings. Later it means that the network is down for a while. */
const mistaken: Worth = { atFirst: 5, later: Number.POSITIVE_INFINITY };

export const checkNetwork =
  'check the network, firewall and proxy of this machine (HTTPS_PROXY, NO_PROXY), and setting api_url';

/**
 * Names what was thrown by an exchange.
 *
 * @param error with Node's code, or with a cause that has one; its message is not shown where a code says enough
 */
export function failureOf(error: unknown): Failure {
  if (error instanceof WrongAnswer) return { why: error.message };
  if (error instanceof ProxyRefusal) return proxyFailure(error);
  const { code = '', hostname, address, port, message } = detailsOf(error);
  const words = message.slice(0, 200);
  const at = hostname ?? (address === undefined ? '' : `${address}${port === undefined ? '' : `:${port}`}`);
  const known = connectionFailures[code] ?? certificateFailure(code) ?? protocolFailure(code);
  if (known === undefined) {
    return { why: `could not be reached or broke off (${code || words})`, remedy: checkNetwork };
  }
  return { ...known, why: `${known.why.replace('%', at === '' ? 'its host' : at)} (${code})` };
}

interface Details {
  readonly code?: string;
  readonly hostname?: string;
  readonly address?: string;
  readonly port?: number;
  readonly message: string;
}

function detailsOf(error: unknown): Details {
  const known = error instanceof Error && 'code' in error ? error : (error as Error | undefined)?.cause;
  // Where a name has several addresses, Node gives the errors of all of them. The first says enough.
  const [first = known] = known instanceof AggregateError ? (known.errors as unknown[]) : [];
  return { ...(first as Details | undefined), message: messageOf(first ?? error) };
}

const connectionFailures: Readonly<Record<string, Failure>> = {
  ENOTFOUND: {
    why: 'could not be reached: no host has the name %',
    remedy: 'check setting api_url, HTTPS_PROXY, and the network and DNS of this machine',
    worth: mistaken,
  },
  EAI_AGAIN: {
    why: 'could not be reached: the name % could not be looked up',
    remedy: 'check the network and DNS of this machine',
  },
  ECONNREFUSED: { why: 'could not be reached: % refuses the connection', remedy: checkNetwork },
  HPE_HEADER_OVERFLOW: { why: 'answered with more headers than can be read', remedy: checkNetwork },
};

const checkInterception =
  'if a proxy or firewall opens the encryption, set NODE_EXTRA_CA_CERTS to the file of its certificate authority';

/** Codes of OpenSSL's verification, by what they mean. */
const certificates: readonly (readonly [RegExp, string, string])[] = [
  [
    /EXPIRED|NOT_YET_VALID/,
    'has expired or is not valid yet',
    'check the clock of this machine, and what stands between',
  ],
  [/ALTNAME|HOSTNAME/, 'is for another host', 'check setting api_url, and whether the login page of a network answers'],
  [/SELF_SIGNED|^UNABLE_TO_|CERT_|^INVALID_CA$|^INVALID_PURPOSE$/, 'is not trusted', checkInterception],
];

function certificateFailure(code: string): Failure | undefined {
  const kind = certificates.find(([pattern]) => pattern.test(code));
  return kind && { why: `could not be reached safely: its certificate ${kind[1]}`, remedy: kind[2], worth: hopeless };
}

function protocolFailure(code: string): Failure | undefined {
  if (code === 'EPROTO' || code.startsWith('ERR_SSL_')) {
    const remedy = 'check setting api_url and HTTPS_PROXY: what is asked by https must speak it';
    return { why: 'could not be reached: what answers does not speak TLS as it should', remedy, worth: doubtful };
  }
  if (code.startsWith('Z_')) return { why: 'answered with something that cannot be unpacked' };
  if (code.startsWith('HPE_')) return { why: 'sent something that is no HTTP', remedy: checkNetwork };
  return undefined;
}

function proxyFailure({ status }: ProxyRefusal): Failure {
  const why = `could not be reached: the proxy answered ${status}`;
  if (status === 407) {
    return {
      why,
      remedy: 'set the user and password that it wants in HTTPS_PROXY (http://user:password@host:port)',
      worth: hopeless,
    };
  }
  const remedy = 'have the proxy (HTTPS_PROXY) let this machine through to it, or name its host in NO_PROXY';
  return status >= 500 ? { why, remedy } : { why, remedy, worth: hopeless };
}
