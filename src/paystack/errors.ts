/** What can go wrong with Paystack, grouped by what the caller should do. The messages hold no part of the key. */

/** 401, or another refusal whose message is "Invalid key". Nothing else will work either. */
export class KeyRejected extends Error {
  override readonly name = 'KeyRejected';

  constructor() {
    super('Paystack rejected the secret key: check setting secret_key (is it of this integration, not revoked?)');
  }
}

/** The integration does not have this feature, or this record does not exist: there is nothing to read. */
export class NotAvailable extends Error {
  override readonly name = 'NotAvailable';
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

/** The request itself is refused; the same request would be refused again. */
export class RequestRefused extends Error {
  override readonly name = 'RequestRefused';
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

/** What came is no answer to the question, though it says that all is well. It is asked again. */
export class WrongAnswer extends Error {
  override readonly name = 'WrongAnswer';
}

/** No usable answer after as many tries and as much time as a request gets. */
export class NoAnswer extends Error {
  override readonly name = 'NoAnswer';
}
