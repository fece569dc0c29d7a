import { isIPv4, isIPv6 } from 'node:net';
import type { Check } from '../../core/options.js';

/** Where a service is. */
export interface HostAndPort {
  /** A name, an IPv4 address, or an IPv6 address without its brackets. */
  readonly host: string;
  readonly port: number;
}

/** The parts of `host:port` with an IPv6 address in brackets; undefined when it is none. */
export function splitTarget(target: string): HostAndPort | undefined {
  const [, bracketed, host = bracketed, digits] =
    /^(?:\[([0-9a-f:.]+)\]|([a-z0-9](?:[a-z0-9_.-]*[a-z0-9])?)):(\d{1,5})$/i.exec(target) ?? [];
  const port = Number(digits);
  if (host === undefined || port < 1 || port > 65_535) return undefined;
  return bracketed === undefined || isIPv6(bracketed) ? { host, port } : undefined;
}

/** A check for a `host:port`. */
export const isTarget: Check = (value) =>
  typeof value === 'string' && splitTarget(value) !== undefined
    ? undefined
    : 'must be host:port with a port from 1 to 65535, such as 127.0.0.1:50051';

/** Whether a `host:port` is this machine, whose traffic nobody else sees. */
export function isLoopback(target: string): boolean {
  const host = splitTarget(target)?.host.toLowerCase();
  return (
    host === 'localhost' || host === '::1' || (host !== undefined && isIPv4(host) && host.startsWith('127.'))
  );
}
