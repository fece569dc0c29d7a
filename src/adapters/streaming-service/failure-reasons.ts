import { UpstreamError } from '../../core/errors.js';
import { diagnoseTls } from './diagnose-tls.js';
import { type JsonRequest, requestJson } from './request-json.js';
import { tlsTermsFor } from './secure-channel.js';
import type { Trust } from './trust.js';

/** Why calls could not reach the service, found out once for each connection that failed. */
export interface FailureReasons {
  /**
   * The reason for the status that a call ended with.
   *
   * @param connection - the client of the call; calls that never got one there get the same reason.
   * @returns undefined at once for a status that needs no looking into; otherwise, within two seconds, the error or
   * undefined when TLS is not the reason. Never rejects.
   */
  of(
    connection: object,
    status: { readonly code: number; readonly details: string },
  ): Promise<UpstreamError | undefined> | undefined;
  /** What is being found out comes to nothing, at once. Idempotent. */
  close(): void;
}

/**
 * Finds out why calls to one service failed.
 *
 * @param trust - as `resolveTrust` returned it.
 * @param proxied - true when connections may go through a proxy: then nothing is asked of the service, and only what the
 * failed call says is read.
 */
export function createFailureReasons(target: string, trust: Trust, proxied: boolean): FailureReasons {
  const found = new WeakMap<object, Promise<UpstreamError | undefined>>();
  const abort = new AbortController();
  const { signal } = abort;
  const secured = tlsTermsFor(target, trust) !== undefined;

  /** One look for each connection, however many calls failed on it. */
  function lookAtConnection(connection: object, said: string): Promise<UpstreamError | undefined> {
    const known = found.get(connection);
    if (known !== undefined) return known;
    const options = { said, look: !proxied, grpcStatus: 14, signal };
    // What goes wrong in finding out is no reason to say less than the call did.
    const reason = diagnoseTls(target, trust, options).catch(() => undefined);
    found.set(connection, reason);
    return reason;
  }

  return {
    of(connection, { code, details }) {
      if (code === 14 && details.startsWith(notConnected)) return lookAtConnection(connection, details);
      if (code !== 13 || details !== badRequest || !secured || proxied) return undefined;
      return askTheGateway({ target, path: '/', trust, timeoutMs: gatewayLimitMs, grpcStatus: code, signal });
    },
    close: () => abort.abort(),
  };
}

/** With this grpc-js begins what it says of a call for which there never was a connection. */
const notConnected = 'No connection established';
/** What it says where a web server in front answered in the place of the service. */
const badRequest = 'Received HTTP status code 400';
/** How long that web server is waited for, in milliseconds. */
const gatewayLimitMs = 2000;

/** A web server that misses a certificate of the caller takes the connection, and says so in a page for people. */
async function askTheGateway(request: JsonRequest): Promise<UpstreamError | undefined> {
  try {
    await requestJson(request);
    return undefined;
  } catch (error) {
    return error instanceof UpstreamError && error.code === 'UPSTREAM_TLS_CLIENT_REFUSED' ? error : undefined;
  }
}
