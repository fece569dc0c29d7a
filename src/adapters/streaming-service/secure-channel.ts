import type { PeerCertificate, SecureContext } from 'node:tls';
import { checkServerIdentity, createSecureContext } from 'node:tls';
import type { ChannelOptions, ChannelCredentials as Credentials } from '@grpc/grpc-js';
import { ChannelCredentials } from '@grpc/grpc-js';
import { isLoopback, splitTarget } from './target.js';
import { asksForTls, plainFingerprint, type Trust } from './trust.js';

/** How a service is talked to over TLS, for whatever opens the socket. */
export interface TlsTerms {
  /** What is trusted, and the certificate of our own. */
  readonly secureContext: SecureContext;
  /** The name asked for, and expected where no fingerprint is. */
  readonly name: string;
  /** Whether a certificate that comes from a trusted root is the one of this service. */
  identify(
    certificate: Pick<PeerCertificate, 'fingerprint256' | 'subject' | 'subjectaltname'>,
  ): Error | undefined;
}

/** What a gRPC channel is made with. */
export interface ChannelSecurity {
  readonly credentials: Credentials;
  readonly channelOptions: ChannelOptions;
  /** Undefined where plain text is spoken. */
  readonly tls: TlsTerms | undefined;
}

/** TLS for all but a loopback address, unless plain text was asked for; undefined for plain text. */
export function tlsTermsFor(target: string, trust: Trust): TlsTerms | undefined {
  if (trust.insecure || (isLoopback(target) && !asksForTls(trust))) return undefined;
  const { rootCertificates, fingerprint, clientCertificate, clientKey } = trust;
  const name = trust.serverName ?? splitTarget(target)?.host ?? target;
  return {
    // Not the factory of the gRPC library, which lets the environment choose roots and ciphers.
    secureContext: createSecureContext({
      ...(rootCertificates !== null && {
        ca: bytesOf(rootCertificates),
        // Otherwise a pinned certificate that somebody else has signed is no root to OpenSSL.
        allowPartialTrustChain: true,
      }),
      ...(clientCertificate !== null && { cert: bytesOf(clientCertificate) }),
      ...(clientKey !== null && { key: bytesOf(clientKey) }),
    }),
    name,
    identify(certificate) {
      if (fingerprint === null) return checkServerIdentity(name, certificate as PeerCertificate);
      return plainFingerprint(certificate.fingerprint256) === fingerprint
        ? undefined
        : new Error('the certificate has another fingerprint than the pinned one');
    },
  };
}

/**
 * Credentials and options of a channel to this service.
 *
 * @remarks
 * A pinned certificate is a root here and its fingerprint is checked behind that. Switching the check of the chain off
 * and comparing fingerprints instead would accept every certificate: Node.js skips the second check where the first
 * one failed.
 */
export function securityFor(target: string, trust: Trust): ChannelSecurity {
  const tls = tlsTermsFor(target, trust);
  if (tls === undefined) return { credentials: ChannelCredentials.createInsecure(), channelOptions: {}, tls };
  return {
    credentials: ChannelCredentials.createFromSecureContext(tls.secureContext, {
      checkServerIdentity: (_host, certificate) => tls.identify(certificate),
      // Written out, because the environment can switch the default off.
      rejectUnauthorized: true,
    }),
    channelOptions:
      trust.serverName === null
        ? {}
        : { 'grpc.ssl_target_name_override': trust.serverName, 'grpc.default_authority': trust.serverName },
    tls,
  };
}

const bytesOf = (pem: string | Uint8Array): string | Buffer =>
  typeof pem === 'string' ? pem : Buffer.from(pem);
