import type { ErrorCode } from '../../core/errors.js';
import { UpstreamError } from '../../core/errors.js';
import type { ServerCertificate } from './server-certificate.js';
import type { Trust } from './trust.js';

/** Why a secured connection did not come about. */
export type TlsFailure =
  | 'untrusted'
  | 'expired'
  | 'wrong-name'
  | 'wrong-pin'
  | 'tls-expected'
  | 'tls-unexpected'
  | 'client-refused'
  | 'no-common-version';

/** What is known about it besides; all of it only makes the message clearer. */
export interface TlsCircumstances {
  readonly target: string;
  readonly trust: Trust;
  /** The name that the certificate had to be for. */
  readonly name: string;
  readonly shown?: ServerCertificate | undefined;
  readonly cause?: unknown;
  /** Of the call that failed, where there was one. */
  readonly grpcStatus?: number | undefined;
}

/** The code of each; no two failures share a sentence. */
export const tlsErrorCodes: { readonly [F in TlsFailure]: ErrorCode } = {
  untrusted: 'UPSTREAM_TLS_UNTRUSTED',
  expired: 'UPSTREAM_TLS_EXPIRED',
  'wrong-name': 'UPSTREAM_TLS_WRONG_NAME',
  'wrong-pin': 'UPSTREAM_TLS_WRONG_PIN',
  'tls-expected': 'UPSTREAM_TLS_EXPECTED',
  'tls-unexpected': 'UPSTREAM_TLS_UNEXPECTED',
  'client-refused': 'UPSTREAM_TLS_CLIENT_REFUSED',
  'no-common-version': 'UPSTREAM_INCOMPATIBLE',
};

/** The error of a failure. Never retryable: it stays until somebody changes something. */
export function tlsError(failure: TlsFailure, circumstances: TlsCircumstances): UpstreamError {
  const { target, cause, grpcStatus } = circumstances;
  return new UpstreamError(tlsErrorCodes[failure], `${target} ${sentences[failure](circumstances)}`, {
    ...(cause !== undefined && { cause }),
    ...(grpcStatus !== undefined && { grpcStatus }),
  });
}

/**
 * What the text of a failed connection tells, from OpenSSL, Node.js or our own check; undefined when it does not tell.
 *
 * @param said - details of a gRPC status, or message and code of a socket error.
 */
export function tlsFailureIn(said: string): TlsFailure | undefined {
  return signs.find(([sign]) => sign.test(said))?.[1];
}

/** Wording of OpenSSL 3 and Node.js 20 to 24. Alert numbers are those of RFC 8446, section 6. */
const signs: readonly (readonly [RegExp, TlsFailure])[] = [
  [/another fingerprint than the pinned/, 'wrong-pin'],
  [/certificate has expired|certificate is not yet valid|CERT_HAS_EXPIRED|CERT_NOT_YET_VALID/, 'expired'],
  [/ERR_TLS_CERT_ALTNAME_INVALID|SSL alert number 112\b/, 'wrong-name'],
  [/SSL alert number (?:4[0-6]|48|49|116)\b/, 'client-refused'],
  [/SSL alert number 70\b|unsupported protocol|UNSUPPORTED_PROTOCOL/, 'no-common-version'],
  [/wrong version number|packet length too long|http request|WRONG_VERSION_NUMBER/i, 'tls-unexpected'],
  [
    /self[- ]signed certificate|unable to (?:get|verify)|invalid CA certificate|SELF_SIGNED_CERT|UNABLE_TO_|INVALID_CA/,
    'untrusted',
  ],
];

const sentences: { readonly [F in TlsFailure]: (circumstances: TlsCircumstances) => string } = {
  untrusted: ({ target, trust, shown }) =>
    trust.rootCertificates === null
      ? `shows a certificate that nobody trusted has signed${described(shown)}; if it is the right one, fetch it with "earshot fetch-certificate ${target}", compare the fingerprint, and give it as trust.rootCertificates`
      : `shows a certificate that none of trust.rootCertificates has signed${described(shown)}; if the service was given a new one, fetch it with "earshot fetch-certificate ${target}" and compare the fingerprint`,
  expired: ({ shown }) =>
    shown === undefined
      ? 'shows a certificate that is not valid at this time; set the clock of this device if it is wrong, otherwise have the certificate renewed'
      : `shows a certificate that is valid from ${shown.validFrom.toISOString()} to ${shown.validTo.toISOString()}, and the clock of this device says ${new Date().toISOString()}; set the clock if it is wrong, otherwise have the certificate renewed`,
  'wrong-name': ({ name, shown }) =>
    shown?.names.length === 0
      ? `shows a certificate without any host name in it (${shown.subject}), so it cannot be the one of ${name}; have one made with a subjectAltName, or pin this one with trust.rootCertificates and trust.fingerprint`
      : `shows a certificate that is not for ${name}${shown === undefined ? '' : ` but for ${shown.names.slice(0, 5).join(', ')}`}; call it by the name in its certificate, or set trust.serverName to it`,
  'wrong-pin': ({ trust, shown }) =>
    `shows a certificate with the SHA-256 fingerprint ${shown?.fingerprint256 ?? 'of another'}, and trust.fingerprint pins ${withColons(trust.fingerprint ?? '')}; if the service was given a new certificate, compare its fingerprint over another way before you pin it, otherwise somebody is in between`,
  'tls-expected': () =>
    'speaks TLS at that port and was called in plain text; leave insecure out, and for a loopback address set trust.rootCertificates or another field of trust',
  'tls-unexpected': () =>
    'does not speak TLS at that port and was called with it; correct the port, or set insecure: true where everything said may be read on the way',
  'client-refused': ({ trust }) =>
    trust.clientCertificate === null
      ? 'refused the connection because it was shown no certificate of the caller; set trust.clientCertificate and trust.clientKey'
      : 'does not accept trust.clientCertificate; set the one that whoever runs the service has given out, and check that it is still valid',
  'no-common-version': () =>
    'has no version of TLS in common with this device, which speaks 1.2 and 1.3; have the service updated',
};

function described(shown: ServerCertificate | undefined): string {
  if (shown === undefined) return '';
  const by = shown.selfSigned ? 'signed by itself' : `signed by ${shown.issuer}`;
  return ` (${shown.subject}, ${by}, SHA-256 ${shown.fingerprint256})`;
}

const withColons = (digits: string): string => digits.match(/../g)?.join(':') ?? digits;
