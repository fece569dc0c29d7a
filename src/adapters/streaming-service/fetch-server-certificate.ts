import { UpstreamError } from '../../core/errors.js';
import { integerIn, resolveOptions } from '../../core/options.js';
import { describeCertificate, type ServerCertificate } from './server-certificate.js';
import { isTarget, splitTarget } from './target.js';
import { tlsError, tlsFailureIn } from './tls-failure.js';
import { answersPlainHttp, shakeHands } from './tls-handshake.js';
import { defaultTrust } from './trust.js';

/** How to fetch a certificate. @public */
export interface FetchServerCertificateOptions {
  /** The name to ask for, where one address serves several. The host of the target without. @defaultValue null */
  readonly serverName: string | null;
  /** Longest wait for the certificate, in milliseconds. Range: 100..60000. @defaultValue 5000 */
  readonly timeoutMs: number;
}

/** @public */
export const defaultFetchServerCertificateOptions = {
  serverName: null,
  timeoutMs: 5000,
} as const satisfies FetchServerCertificateOptions;

/**
 * The certificate that a service shows.
 *
 * @remarks
 * It proves nothing yet: who stands in between shows one of their own. Trust it only after its fingerprint was compared
 * with one that came another way. Nothing is sent on the connection.
 * Timing: at most `timeoutMs`.
 *
 * @param target - `host:port`.
 * @throws OptionError `OPTION_INVALID`
 * @throws UpstreamError `UPSTREAM_UNREACHABLE`, `UPSTREAM_TIMEOUT`, `UPSTREAM_TLS_UNEXPECTED` when no TLS is spoken
 * there, or `UPSTREAM_TLS_CLIENT_REFUSED` when a certificate of the caller is wanted first.
 * @public
 */
export async function fetchServerCertificate(
  target: string,
  options: Partial<FetchServerCertificateOptions> = {},
): Promise<ServerCertificate> {
  const given = { ...options, target };
  const defaults = { ...defaultFetchServerCertificateOptions, target: '' };
  const { serverName, timeoutMs } = resolveOptions<
    FetchServerCertificateOptions & { readonly target: string }
  >('fetchServerCertificate', defaults, given, {
    target: isTarget,
    timeoutMs: integerIn(100, 60_000, 'ms'),
    serverName: isNameOrNull,
  });
  const place = splitTarget(target) as NonNullable<ReturnType<typeof splitTarget>>;
  const name = serverName ?? place.host;
  const handshake = await shakeHands({ ...place, name, limitMs: timeoutMs, listen: false });
  if (handshake.type === 'done' && handshake.certificate !== undefined) {
    return describeCertificate(handshake.certificate);
  }
  if (handshake.type !== 'failed') {
    throw new UpstreamError(
      'UPSTREAM_TIMEOUT',
      `${target} showed no certificate within ${timeoutMs} ms; check the port, or raise timeoutMs`,
      { retryable: true },
    );
  }
  const cause = handshake.error;
  const circumstances = { target, trust: defaultTrust, name, cause };
  const failure = tlsFailureIn(cause.message);
  if (failure !== undefined) throw tlsError(failure, circumstances);
  if (await answersPlainHttp(place, Math.min(timeoutMs, 1000)))
    throw tlsError('tls-unexpected', circumstances);
  const { code } = cause as NodeJS.ErrnoException;
  throw new UpstreamError(
    'UPSTREAM_UNREACHABLE',
    `${target} cannot be reached (${cause.message || code}); check that the service runs there and that the address is right`,
    { retryable: true, cause },
  );
}

const isNameOrNull = (value: unknown): string | undefined =>
  value === null || (typeof value === 'string' && /^[a-z0-9](?:[a-z0-9_.-]*[a-z0-9])?$/i.test(value))
    ? undefined
    : 'must be a host name without a port, or null';
