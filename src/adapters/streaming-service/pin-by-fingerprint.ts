import { OptionError } from '../../core/errors.js';
import type { FetchServerCertificateOptions } from './fetch-server-certificate.js';
import { fetchServerCertificate } from './fetch-server-certificate.js';
import { tlsError } from './tls-failure.js';
import { plainFingerprint, resolveTrust, type Trust } from './trust.js';

/**
 * The trust in one certificate of which only the fingerprint is at hand: fetches it, and gives it as the root that it
 * has to be.
 *
 * @remarks
 * As good as having the file: no other certificate has this fingerprint. Needs the service to be there; keep the result
 * to start without it.
 *
 * @param target - `host:port`.
 * @param fingerprint - SHA-256, 64 hexadecimal digits, colons optional.
 * @returns for the `trust` of `streamingService` and the probes.
 * @throws OptionError `OPTION_INVALID`
 * @throws UpstreamError `UPSTREAM_TLS_WRONG_PIN` when the service shows another one; what `fetchServerCertificate` throws.
 * @public
 */
export async function pinByFingerprint(
  target: string,
  fingerprint: string,
  options: Partial<FetchServerCertificateOptions> = {},
): Promise<Pick<Trust, 'rootCertificates' | 'fingerprint' | 'serverName'>> {
  if (typeof fingerprint !== 'string') {
    throw new OptionError('OPTION_INVALID', 'pinByFingerprint: fingerprint must be given, as text');
  }
  const { serverName = null } = options;
  const wanted = resolveTrust({ fingerprint, serverName });
  const shown = await fetchServerCertificate(target, options);
  if (plainFingerprint(shown.fingerprint256) !== wanted.fingerprint) {
    throw tlsError('wrong-pin', { target, trust: wanted, name: serverName ?? target, shown });
  }
  return { rootCertificates: shown.pem, fingerprint: wanted.fingerprint, serverName };
}
