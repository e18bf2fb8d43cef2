/** Counts requests for each endpoint in fixed windows, as Paystack is documented to. */
export interface QuotaOptions {
  readonly requests: number;
  readonly seconds: number;
  /** Whether answers carry `x-ratelimit-*`, the reset in whole seconds. Nobody outside knows whether all of them do. */
  readonly headers: boolean;
}

export interface Quotas {
  /** Counts one request, and gives the headers of its answer. */
  count(endpoint: string): Record<string, string>;
  /** True if the request that was counted last is one too many. */
  isExceeded(endpoint: string): boolean;
}

export function createQuotas({ requests, seconds, headers }: QuotaOptions): Quotas {
  const windows = new Map<string, { endsAt: number; used: number }>();
  return {
    count: (endpoint) => {
      const now = Date.now();
      let window = windows.get(endpoint);
      if (window === undefined || now >= window.endsAt) {
        window = { endsAt: now + seconds * 1000, used: 0 };
        windows.set(endpoint, window);
      }
      window.used++;
      if (!headers && window.used <= requests) return {};
      return {
        'x-ratelimit-limit': String(requests),
        'x-ratelimit-remaining': String(Math.max(0, requests - window.used)),
        'x-ratelimit-reset': String(Math.ceil((window.endsAt - now) / 1000)),
      };
    },
    isExceeded: (endpoint) => (windows.get(endpoint)?.used ?? 0) > requests,
  };
}
