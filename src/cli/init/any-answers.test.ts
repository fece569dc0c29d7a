import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { playInit, strangerCertificate } from '../../../test/support/played-init.js';
import { CommandError } from '../command-error.js';
import type { ServiceLook } from './look-at-service.js';
import { AnswersEnded } from './prompt.js';

const target = '127.0.0.1:50051';

interface Played {
  readonly look: ServiceLook;
  readonly hasPins: boolean;
  readonly works: boolean;
}

describe('any sequence of answers', () => {
  const { certificate } = strangerCertificate();
  const why = 'it is so';
  const looks = [
    { type: 'answers', secured: true },
    { type: 'plain' },
    { type: 'stranger', certificate, why },
    { type: 'wants-certificate', why },
    { type: 'refused', isOther: false, why },
    { type: 'away', why },
  ] as const satisfies readonly ServiceLook[];
  const likely = [
    ...[
      '',
      '',
      '',
      'y',
      'n',
      'yes',
      'none',
      '1',
      '2',
      '3',
      'default',
      'open',
      'headphones',
      'en',
      'ru',
      'off',
    ],
    ...[target, 'some.host:443', '[::1]:1', 'env:TOKEN', 'file:token', 'q.wav', 'scripted:q.json', 'kokoro'],
    ...['whisper-tiny', 'espeak-ng', 'GPIO17', 'gpiochip0:3', 'service', 'container', '9464', 'hw:CARD=X'],
  ];
  const hostile = ['\u0000', '#', ': {', '[1', '&a', '*a', '!!x y', '- ', '%YAML', "'", '"', '\u202e', '💥'];
  const answer = fc.oneof(
    { weight: 30, arbitrary: fc.constant('') },
    { weight: 12, arbitrary: fc.constantFrom(...likely) },
    { weight: 1, arbitrary: fc.constantFrom(...hostile) },
    { weight: 1, arbitrary: fc.string({ unit: 'binary', maxLength: 30 }) },
  );

  it('ends with a config that holds and says what was answered, or with a clear refusal', async () => {
    const ends = { held: 0, refused: 0 };
    const machine = fc.record<Played>({
      look: fc.oneof({ weight: 2, arbitrary: fc.constant(looks[0]) }, fc.constantFrom(...looks)),
      hasPins: fc.boolean(),
      works: fc.boolean(),
    });
    const play = async (answers: readonly string[], { look, hasPins, works }: Played) => {
      try {
        const files = { 'q.wav': '', 'q.json': '[]', token: 'some token' };
        const trial = () => (works ? {} : { tonePlayed: false, peakDb: null });
        const of = { hasPins, files, lookAt: () => look, trial };
        const { reading, text, config } = await playInit([target, ...answers], of);
        expect(reading.problems).toBeUndefined();
        expect(parse(text)).toEqual(config);
        ends.held += 1;
      } catch (error) {
        if (!(error instanceof CommandError || error instanceof AnswersEnded)) throw error;
        ends.refused += 1;
      }
    };
    await fc.assert(
      fc.asyncProperty(fc.array(answer, { minLength: 5, maxLength: 60, size: 'max' }), machine, play),
      { numRuns: 150, seed: 20_260_301 },
    );
    expect(ends.held).toBeGreaterThan(40);
    expect(ends.refused).toBeGreaterThan(5);
  });
});
