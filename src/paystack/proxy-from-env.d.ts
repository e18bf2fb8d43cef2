/** The package brings no types. */
declare module 'proxy-from-env' {
  /** The proxy for a URL, by the environment; an empty string if it is to be reached without one. */
  export function getProxyForUrl(url: string): string;
}
