/** The errors that Paystack answers with. */

/** Documented: the kinds of error, each with what to do next. */
const kinds = {
  api_error: 'Try again in a moment',
  validation_error: 'Check what you sent against the reference, and try again',
} as const;

/** A request that is answered with an error. */
export class Refusal extends Error {
  override readonly name = 'Refusal';
  readonly status: number;
  readonly body: string;

  constructor(status: number, message: string, code?: string, type?: keyof typeof kinds) {
    super(message);
    this.status = status;
    this.body = errorBody(message, code, type);
  }
}

/**
 * Documented: `{"status": false, "message", "meta": {"nextStep"}, "type", "code"}`. Observed: many errors have only the
 * first two.
 *
 * @param code none for the short form
 */
export function errorBody(message: string, code?: string, type: keyof typeof kinds = 'validation_error'): string {
  if (code === undefined) return JSON.stringify({ status: false, message });
  return JSON.stringify({ status: false, message, meta: { nextStep: kinds[type] }, type, code });
}
