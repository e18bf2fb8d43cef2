/** Limits the requests of each endpoint. Documented: in fixed windows of a minute, 600 live and 100 in test mode. */

export interface QuotaOptions {
  /** In each window, of each endpoint. Those beyond it are answered 429. */
  readonly requests: number;
  /** Length of a window. */
  readonly seconds: number;
  /**
   * When a window begins: with the first request after the end of the one before, or at multiples of its length. Nobody
   * outside knows. Default: `request`.
   */
  readonly begins?: 'request' | 'clock';
  /** How the seconds until its end are rounded, which nobody outside knows either. Default: `up`. */
  readonly rounded?: 'up' | 'down';
  /**
   * Which answers carry `x-ratelimit-limit`, `-remaining` and `-reset`: true all of them, false those with 429 (documented;
   * of the others nobody outside knows), `never` none at all.
   */
  readonly headers: boolean | 'never';
}

export interface QuotaCount {
  readonly isExceeded: boolean;
  readonly headers: Readonly<Record<string, string>>;
}

/** @returns counts one request of an endpoint, at a time in milliseconds */
export function createQuotas({
  requests,
  seconds,
  begins = 'request',
  rounded = 'up',
  headers,
}: QuotaOptions): (endpoint: string, now: number) => QuotaCount {
  const perMs = seconds * 1000;
  const round = rounded === 'up' ? Math.ceil : Math.floor;
  const windows = new Map<string, { readonly endsAt: number; used: number }>();
  return (endpoint, now) => {
    let window = windows.get(endpoint);
    if (window === undefined || now >= window.endsAt) {
      const begunAt = begins === 'clock' ? now - (now % perMs) : now;
      window = { endsAt: begunAt + perMs, used: 0 };
      windows.set(endpoint, window);
    }
    window.used++;
    const reported = {
      'x-ratelimit-limit': String(requests),
      'x-ratelimit-remaining': String(Math.max(0, requests - window.used)),
      // Documented: seconds until the window ends.
      'x-ratelimit-reset': String(round((window.endsAt - now) / 1000)),
    };
    const isExceeded = window.used > requests;
    return { isExceeded, headers: headers === true || (isExceeded && headers !== 'never') ? reported : {} };
  };
}

/** Documented: the body of a 429. */
export const quotaExceededBody = JSON.stringify({
  status: false,
  message: 'Rate limit exceeded!',
  meta: { nextStep: 'Wait a few minutes and try the API call again' },
  type: 'api_error',
  code: 'rate_limited',
});
