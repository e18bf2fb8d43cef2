/** What can go wrong with Paystack, by what the caller should do about it. */
import { ForeseenError } from '../errors.ts';
import { counted } from '../words.ts';

/** 401, or another refusal with the message "Invalid key". No other request would work either. */
export class KeyRejected extends ForeseenError {
  override readonly name = 'KeyRejected';
  readonly remedy = 'end the run';

  /** @param said Paystack's own words: they may be about the address that the tap calls from */
  constructor(said = '') {
    const words = said === '' ? '' : ` (${said})`;
    super(
      `Paystack rejected the secret key${words}: check setting secret_key (of this integration, not revoked?), ` +
        "and that the integration's IP whitelist, if it has one, names this machine's address",
    );
  }
}

/** Paystack cannot be reached from here. No other request would fare better. */
export class Unreachable extends ForeseenError {
  override readonly name = 'Unreachable';
  readonly remedy = 'end the run';
}

/** The request itself is refused; the same request would be refused again. */
export class Refused extends ForeseenError {
  override readonly name = 'Refused';
  readonly remedy = 'end the stream';
  readonly status: number;
  /** True if the refusal came in the form of Paystack's errors. */
  readonly isPaystacks: boolean;
  /** Paystack's own words; empty where it gave none. */
  readonly said: string;

  /** @param message what was answered, as the end of a sentence that begins with "Paystack" */
  constructor(status: number, message: string, { isPaystacks = false, said = '' } = {}) {
    super(message);
    this.status = status;
    this.isPaystacks = isPaystacks;
    this.said = said;
  }
}

/** An answer that says that all is well, but does not answer the question. */
export class WrongAnswer extends ForeseenError {
  override readonly name = 'WrongAnswer';
  readonly remedy = 'ask again';
}

/** No usable answer after as many tries and as much time as a request gets. */
export class NoAnswer extends ForeseenError {
  override readonly name = 'NoAnswer';
  readonly remedy = 'end the stream';
}

/** The pages of a list lead nowhere: there is no end to them. */
export class EndlessList extends ForeseenError {
  override readonly name = 'EndlessList';
  readonly remedy = 'end the stream';
}

/** Every stream was refused: the cause lies with the key or the account, not with one stream. */
export class EveryStreamRefused extends ForeseenError {
  override readonly name = 'EveryStreamRefused';
  readonly remedy = 'end the run';

  /** @param refusals what was answered, for each stream */
  constructor(refusals: readonly { readonly stream: string; readonly why: string }[]) {
    const which = refusals.length === 1 ? refusals[0]!.stream : `all ${refusals.length} streams`;
    const whys = [...new Set(refusals.map(({ why }) => why))];
    const more = whys.length > 1 ? `, and gave ${counted(whys.length - 1, 'other answer')}` : '';
    const check = "the key's list of allowed addresses, whether the business is active, and setting api_url";
    super(`Paystack refused ${which}: it ${whys[0]}${more}; nothing was read. Check ${check}`);
  }
}

/** True for a refusal that may mean that the integration lacks the feature, if it came as the first answer of its list. */
export function mayBeLacking(error: unknown, { optional }: { readonly optional?: true }): error is Refused {
  const isRefusal = error instanceof Refused && error.isPaystacks && [400, 403, 404, 422].includes(error.status);
  return isRefusal && optional === true;
}
