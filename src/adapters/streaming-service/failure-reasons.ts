import type { UpstreamError } from '../../core/errors.js';
import { diagnoseTls } from './diagnose-tls.js';
import type { Trust } from './trust.js';

/** Why calls could not reach the service, found out once for each connection that failed. */
export interface FailureReasons {
  /**
   * The reason for the status that a call ended with.
   *
   * @param connection - the client of the call; calls that fail on the same one get the same reason.
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
  return {
    of(connection, { code, details }) {
      if (code !== 14 || !details.startsWith(notConnected)) return undefined;
      const known = found.get(connection);
      if (known !== undefined) return known;
      const options = { said: details, look: !proxied, signal: abort.signal };
      // What goes wrong in finding out is no reason to say less than the call did.
      const reason = diagnoseTls(target, trust, options).catch(() => undefined);
      found.set(connection, reason);
      return reason;
    },
    close: () => abort.abort(),
  };
}

/** With this grpc-js begins what it says of a call for which there never was a connection. */
const notConnected = 'No connection established';
