import { describe, expect, it } from 'vitest';
import { makeCertificate } from '../../../test/support/certificates.js';
import { type PlayedMachine, playInit, strangerCertificate } from '../../../test/support/played-init.js';
import type { ServiceLook } from './look-at-service.js';

const target = 'voice.example.com:443';
const { certificate } = strangerCertificate();
const { pem, fingerprint256 } = certificate;
const kept = `voice.example.com-${fingerprint256.replaceAll(':', '').slice(0, 8).toLowerCase()}.pem`;

const away: ServiceLook = { type: 'away', why: `${target} cannot be reached (connect ECONNREFUSED)` };

/** Shows a certificate of its own, and is believed when that is what is trusted. */
const stranger: PlayedMachine = {
  lookAt: (_, trust) =>
    trust.rootCertificates === pem && trust.fingerprint === fingerprint256
      ? { type: 'answers', secured: true }
      : { type: 'stranger', certificate, why: 'voice.example.com:443 shows a certificate of its own' },
};

const enter = (count: number): readonly string[] => Array<string>(count).fill('');

describe('the service in earshot init', () => {
  it('may be away: the config is written all the same, with a warning', async () => {
    const { config, warnings, asked } = await playInit([target, 'y', ...enter(11)], { lookAt: () => away });

    expect(config['upstream']).toEqual({ target });
    expect(warnings).toEqual([`${target} cannot be reached (connect ECONNREFUSED).`]);
    expect(asked[1]).toBe('Take this address all the same? [yes]');
  });

  it('is asked for again when its address was a mistake', async () => {
    const lookAt = (at: string): ServiceLook => (at === target ? away : { type: 'answers', secured: true });
    const { config } = await playInit([target, 'n', 'other.example.com:443', ...enter(11)], { lookAt });

    expect(config['upstream']).toEqual({ target: 'other.example.com:443' });
  });

  it('is believed when somebody has compared its certificate, which is kept beside the config', async () => {
    const { config, files, said, reading } = await playInit([target, 'yes', ...enter(11)], stranger);

    expect(config['upstream']).toEqual({
      target,
      trust: { rootCertificates: { file: kept }, fingerprint: fingerprint256 },
    });
    expect([...files]).toEqual([[kept, pem]]);
    expect(reading.problems).toBeUndefined();
    expect(said.join('\n')).toContain(`fingerprint  ${fingerprint256}`);
  });

  it('is not believed by default, by somebody or by nobody', async () => {
    const asked = await playInit([target, '', 'y', ...enter(11)], stranger);
    const alone = await playInit(null, stranger, { target });

    for (const { config, files, warnings } of [asked, alone]) {
      expect(config['upstream']).toEqual({ target });
      expect(files.size).toBe(0);
      expect(warnings.join()).toContain('will not be called before its certificate is believed');
    }
  });

  it('is believed without a question by its fingerprint, and nothing is written for another one', async () => {
    const { config, files } = await playInit(null, stranger, { target, fingerprint: fingerprint256 });
    expect(config['upstream']).toMatchObject({ trust: { rootCertificates: { file: kept } } });
    expect(files.size).toBe(1);

    const other = '00'.repeat(32);
    await expect(playInit(null, stranger, { target, fingerprint: other })).rejects.toThrow(
      `shows another certificate than --fingerprint names: ${fingerprint256}; nothing was written`,
    );
  });

  it('is called in plain text on another machine only when that is meant', async () => {
    const plain: PlayedMachine = { lookAt: () => ({ type: 'plain' }) };

    const asked = await playInit([target, '', target, 'y', ...enter(11)], plain);
    expect(asked.config['upstream']).toEqual({ target, insecure: true });
    await expect(playInit(null, plain, { target })).rejects.toThrow('give --insecure where that is meant');

    const terms: unknown[] = [];
    const lookAt: PlayedMachine['lookAt'] = (_, trust) => {
      terms.push(trust);
      return { type: 'answers', secured: false };
    };
    const given = await playInit(null, { lookAt }, { target, insecure: 'true' });
    expect([given.config['upstream'], terms]).toEqual([{ target, insecure: true }, [{ insecure: true }]]);
    const both = { target, insecure: 'true', fingerprint: fingerprint256 };
    await expect(playInit(null, plain, both)).rejects.toThrow('--insecure is plain text');
  });

  it('gets the certificate of this device when it wants one', async () => {
    const own = makeCertificate({ commonName: 'kiosk' });
    const other = makeCertificate({ commonName: 'other' });
    const files = { 'kiosk.pem': own.pem, 'kiosk.key': own.keyPem, 'other.key': other.keyPem };
    const lookAt: PlayedMachine['lookAt'] = (_, { clientKey }) =>
      clientKey === own.keyPem
        ? { type: 'answers', secured: true }
        : { type: 'wants-certificate', why: `${target} wants a certificate of the caller` };
    const answers = [target, 'no.pem', 'kiosk.key', 'kiosk.pem', 'other.key', 'kiosk.key', ...enter(11)];
    const { config, said } = await playInit(answers, { files, lookAt });

    expect(config['upstream']).toEqual({
      target,
      trust: { clientCertificate: { file: 'kiosk.pem' }, clientKey: { file: 'kiosk.key' } },
    });
    expect(said.filter((line) => line.startsWith('  This '))).toEqual([
      '  This cannot be read: it does not exist.',
      '  This is no certificate in PEM.',
      expect.stringContaining('is not the key of the first certificate'),
    ]);
  });

  it('has a token that need not be there yet', async () => {
    const answers = (token: string) => [target, token, ...enter(11)];
    const env = await playInit(answers('env:VOICE_TOKEN'));
    const file = await playInit(answers('file:/run/credentials/earshot.service/token'));

    expect(env.warnings).toEqual([
      'the environment variable VOICE_TOKEN is not set here; set it where the program is started.',
    ]);
    expect(file.config['upstream']).toMatchObject({
      metadata: { authorization: { file: '/run/credentials/earshot.service/token', prefix: 'Bearer ' } },
    });
    expect([env.reading.problems, file.reading.problems]).toEqual([undefined, undefined]);
    const there = await playInit(answers('env:VOICE_TOKEN'), { env: { VOICE_TOKEN: 'abc' } });
    expect(there.warnings).toEqual([]);
  });
});
