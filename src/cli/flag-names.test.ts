import { describe, expect, it } from 'vitest';
import { inFlags } from './flag-names.js';

describe('inFlags', () => {
  it.each([
    [
      '[OPTION_INVALID] streamingService: target must be host:port; deadlineMs must be more; metadata must have',
      '[OPTION_INVALID] --target must be host:port; --deadline-ms must be more; --metadata must have',
    ],
    ['try again, or raise betweenMessagesMs', 'try again, or raise --inactivity-ms'],
    [
      'trust: fingerprint must be a SHA-256 fingerprint of 64, or null',
      '--fingerprint must be a SHA-256 fingerprint of 64',
    ],
    ['trust: clientKey is given without clientCertificate', '--client-key is given without --client-cert'],
    [
      'pin this one with trust.rootCertificates and trust.fingerprint',
      'pin this one with --root-cert and --fingerprint',
    ],
    ['and trust.fingerprint pins AB:CD', 'and --fingerprint pins AB:CD'],
    ['or set insecure: true where everything', 'or set --insecure where everything'],
    [
      'leave insecure out, and set trust.serverName to it',
      'leave --insecure out, and set --server-name to it',
    ],
    [
      'insecure cannot be true together with rootCertificates, fingerprint',
      '--insecure cannot be true together with --root-cert, --fingerprint',
    ],
    [
      'give it as rootCertificates, and the fingerprint with it',
      'give it as --root-cert, and the fingerprint with it',
    ],
    ['compare the fingerprint, and give it', 'compare the fingerprint, and give it'],
    ['[OPTION_INVALID] deriveHardwareId: choose a hardwareId', '[OPTION_INVALID] choose a --hardware-id'],
  ])('says %j as %j', (message, said) => {
    expect(inFlags(message)).toBe(said);
  });

  it('says nothing twice', () => {
    const said = inFlags('raise firstMessageMs; clientKey; serverName; set insecure: true');
    expect(inFlags(said)).toBe(said);
  });
});
