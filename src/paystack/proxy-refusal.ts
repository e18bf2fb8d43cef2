/** A proxy that does not connect to Paystack. Apart from `proxy.ts`, so that a run without a proxy need not load that. */
export class ProxyRefusal extends Error {
  override readonly name = 'ProxyRefusal';
  /** Of its answer to CONNECT. */
  readonly status: number;

  constructor(status: number) {
    super(`the proxy answered ${status}`);
    this.status = status;
  }
}
