import { fetchServerCertificate, type ServerCertificate } from '../../../adapters/streaming-service/index.js';
import type { Check } from '../check.js';
import { amber, type Finding, failed, green, red } from '../finding.js';
import { placeOf } from './service-place.js';

const subject = { id: 'backend-tls' } as const;
const handshakeWithinMs = 5000;
const dayMs = 86_400_000;
/** Whoever renews certificates by a program does so a month before the end; what is left now was forgotten. Units: days. */
const warnDays = 14;

/** What a certificate says of its time, and how this machine sees it. */
export type CertificateFigures = Pick<
  ServerCertificate,
  'subject' | 'issuer' | 'validFrom' | 'validTo' | 'selfSigned'
> & {
  /** The time of day here. Units: ms since 1970. */
  readonly wallMs: number;
};

export function judgeCertificate({
  subject: whose,
  issuer,
  validFrom,
  validTo,
  selfSigned,
  wallMs,
}: CertificateFigures): Finding {
  const daysLeft = Math.floor((validTo.getTime() - wallMs) / dayMs);
  const until = validTo.toISOString().slice(0, 10);
  const figures = { subject: whose, issuer, selfSigned, validTo: validTo.toISOString(), daysLeft };
  if (validFrom.getTime() > wallMs) {
    const from = validFrom.toISOString();
    return red(
      subject,
      `the certificate is valid from ${from} on, and here it is ${new Date(wallMs).toISOString()}`,
      'set the clock of this machine; if it is right, the service shows a certificate too early',
      figures,
    );
  }
  if (daysLeft < 0) {
    return red(
      subject,
      `the certificate ended on ${until}`,
      'renew it at the service; if it was renewed, let the service load it',
      figures,
    );
  }
  const what = `the certificate of ${whose} holds until ${until}, ${daysLeft} days`;
  return daysLeft < warnDays
    ? amber(
        subject,
        what,
        'renew it at the service before then, and see why nothing renewed it by itself',
        figures,
      )
    : green(subject, what, figures);
}

/** Whether the certificate is believed is told by the call that follows. */
export const backendTls: Check = {
  doing: 'looking at the certificate of the backend',
  subject,
  limitMs: handshakeWithinMs + 3000,
  async examine({ machine, config }) {
    if (config === undefined) return [];
    const { upstream } = config;
    const { isSecured, hasProxy } = placeOf(upstream, machine.env);
    if (hasProxy && isSecured) return [];
    if (!isSecured) {
      const isAsked = upstream.insecure === true || upstream.trust?.insecure === true;
      const what = `${upstream.target} is called in plain text`;
      return [
        isAsked
          ? amber(
              subject,
              what,
              'give the service a certificate, and leave insecure out: everything said can be read on the way',
              { plain: true },
            )
          : green(subject, `${what}, which does not leave this machine`, { plain: true }),
      ];
    }
    try {
      const serverName = upstream.trust?.serverName ?? null;
      const shown = await fetchServerCertificate(upstream.target, {
        serverName,
        timeoutMs: handshakeWithinMs,
      });
      return [judgeCertificate({ ...shown, wallMs: machine.wallMs() })];
    } catch (error) {
      return [failed(subject, error, 'see whether the service speaks TLS on this port')];
    }
  },
};
