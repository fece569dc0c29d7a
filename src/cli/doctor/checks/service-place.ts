import type { UpstreamConfig } from '../../config/earshot-config.js';

/** Where the service of a config is, and how it is reached. */
export interface ServicePlace {
  /** A name or an address, without brackets. */
  readonly host: string;
  readonly port: number;
  readonly isSecured: boolean;
  /** Whether a proxy stands between, so that the way there is not ours to look at. */
  readonly hasProxy: boolean;
}

const proxyVariables = ['grpc_proxy', 'https_proxy', 'http_proxy'] as const;

export function placeOf(upstream: UpstreamConfig, env: NodeJS.ProcessEnv): ServicePlace {
  const { target, trust = {}, insecure = false, useProxy = false } = upstream;
  const colon = target.lastIndexOf(':');
  const host = target.slice(0, colon).replace(/^\[|\]$/g, '');
  // As the library has it: plain text to this machine, unless something says how to be sure of it.
  const isHere = /^(localhost|::1|127(\.\d{1,3}){3})$/i.test(host);
  const asksForTls = Object.entries(trust).some(
    ([name, value]) => name !== 'insecure' && value !== null && value !== undefined,
  );
  return {
    host,
    port: Number(target.slice(colon + 1)),
    isSecured: !insecure && trust.insecure !== true && (!isHere || asksForTls),
    hasProxy: useProxy && proxyVariables.some((name) => (env[name] ?? '') !== ''),
  };
}
