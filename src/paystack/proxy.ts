/** The proxy between the tap and Paystack, where a company has one. Loaded only where the environment names one. */
import type { Agent, AgentOptions } from 'node:http';
import { HttpsProxyAgent } from 'https-proxy-agent';
import { getProxyForUrl } from 'proxy-from-env';
import { UserError } from '../errors.ts';

/**
 * @param url where the requests go: https, which the proxy hands on without being able to read it
 * @returns undefined if the environment says that this address is reached without one (`NO_PROXY`)
 * @throws UserError for a proxy of another kind
 */
export function proxyAgent(url: string, options: AgentOptions): Agent | undefined {
  const proxy = getProxyForUrl(url);
  if (proxy === '') return undefined;
  if (!/^https?:\/\//.test(proxy)) {
    throw new UserError('HTTPS_PROXY or ALL_PROXY names a proxy that is not http: set it to http://host:port');
  }
  return new HttpsProxyAgent(proxy, options);
}
