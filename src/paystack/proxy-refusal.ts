/** A proxy that refuses to connect to Paystack. It is not in `proxy.ts`, which is loaded only where there is a proxy. */
export class ProxyRefusal extends Error {
  override readonly name = 'ProxyRefusal';
  /** Of its answer to CONNECT. */
  readonly status: number;

  constructor(status: number) {
    super(`the proxy answered ${status}`);
    this.status = status;
  }
}
