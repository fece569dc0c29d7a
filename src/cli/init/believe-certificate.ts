import type { ServerCertificate } from '../../adapters/streaming-service/index.js';
import { CommandError } from '../command-error.js';
import { printable } from '../printable.js';
import type { Interview } from './interview.js';
import type { ServiceLook } from './look-at-service.js';
import type { Machine } from './machine.js';
import type { Terms } from './terms.js';

/**
 * A certificate that is not believed: it is, when somebody has compared it, or when its fingerprint was given.
 *
 * @returns undefined to ask for another address.
 */
export async function believe(
  target: string,
  { certificate, why }: Extract<ServiceLook, { readonly type: 'stranger' }>,
  terms: Terms,
  interview: Interview,
  machine: Machine,
): Promise<Terms | undefined> {
  const { say, warn, person } = interview;
  const { fingerprint256 } = certificate;
  const expected = terms.trust.known.fingerprint;
  if (expected) {
    if (plain(expected) === plain(fingerprint256))
      return keep(target, certificate, terms, interview, machine);
    throw new CommandError(
      `${target} shows another certificate than --fingerprint names: ${fingerprint256}; nothing was written`,
    );
  }
  say(printable(`${why}:`));
  for (const line of linesAbout(certificate)) say(line);
  if (person) {
    const question =
      'Compare the fingerprint with one that came another way. Is it the certificate of the service?';
    if (await interview.confirm(question, false)) return keep(target, certificate, terms, interview, machine);
  }
  warn(
    `${target} will not be called before its certificate is believed; earshot fetch-certificate ${target} keeps it.`,
  );
  return (await interview.confirm('Take this address all the same?', person === undefined))
    ? terms
    : undefined;
}

/** Kept beside the config, by a name that no other certificate has. */
async function keep(
  target: string,
  { pem, fingerprint256 }: ServerCertificate,
  terms: Terms,
  interview: Interview,
  machine: Machine,
): Promise<Terms> {
  const host = target.replace(/:\d+$/, '').replace(/[^\w.-]+/g, '');
  const name = `${host}-${plain(fingerprint256).slice(0, 8)}.pem`;
  const { known, written } = terms.trust;
  const believed: Terms = {
    ...terms,
    files: new Map([[name, pem]]),
    trust: {
      known: { ...known, rootCertificates: pem, fingerprint: fingerprint256 },
      written: { ...written, rootCertificates: { file: name }, fingerprint: fingerprint256 },
    },
  };
  const look = await machine.lookAt(target, believed.trust.known);
  if (look.type === 'answers') interview.say(`It is believed from now on; ${name} keeps it.`);
  else if ('why' in look) interview.warn(printable(`${look.why}.`));
  return believed;
}

function linesAbout(certificate: ServerCertificate): readonly string[] {
  const { subject, issuer, selfSigned, validTo, fingerprint256, names } = certificate;
  return [
    `  subject      ${printable(subject)}`,
    `  issuer       ${selfSigned ? 'itself' : printable(issuer)}`,
    `  names        ${printable(names.join(', ')) || 'none'}`,
    `  valid until  ${Number.isNaN(validTo.getTime()) ? 'nobody knows' : validTo.toISOString()}`,
    `  fingerprint  ${fingerprint256}`,
  ];
}

const plain = (fingerprint: string): string => fingerprint.replace(/[:\s]/g, '').toLowerCase();
