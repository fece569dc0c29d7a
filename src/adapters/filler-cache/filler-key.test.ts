import { describe, expect, it } from 'vitest';
import { fillerIdOf, fillerKey } from './filler-key.js';

const identity = {
  engine: 'kokoro-82m-q8',
  voice: 'af_heart',
  speed: 1,
  text: 'One moment.',
  sampleRateHz: 24_000,
};

describe('fillerKey', () => {
  it('is the SHA-256 of the JSON with its keys in alphabetical order', () => {
    // printf '{"engine":"kokoro-82m-q8","sampleRateHz":24000,"speed":1,"text":"One moment.","voice":"af_heart"}' | sha256sum
    expect(fillerKey(identity)).toBe('cb80d3dbf438f2814ce14ea713cb01adf4dfd17941c783c45cf6eec91c7d81b4');
  });

  it('does not depend on the order of the fields nor on further ones', () => {
    const { engine, voice, ...rest } = identity;
    const shuffled = { ...rest, fillerId: 'x', voice, engine };

    expect(fillerKey(shuffled)).toBe(fillerKey(identity));
  });

  it('changes with everything that changes the sound', () => {
    const others = [
      { engine: 'espeak-ng-1.51' },
      { voice: 'bf_emma' },
      { speed: 1.1 },
      { text: 'One moment!' },
      { sampleRateHz: 48_000 },
    ].map((change) => fillerKey({ ...identity, ...change }));

    expect(new Set([fillerKey(identity), ...others]).size).toBe(6);
  });

  it('is the same for the two ways to write an accented letter', () => {
    expect(fillerKey({ ...identity, text: 'Caf\u00e9' })).toBe(
      fillerKey({ ...identity, text: 'Cafe\u0301' }),
    );
  });
});

describe('fillerIdOf', () => {
  it('reads like the text, and is a safe file name for any text', () => {
    const idOf = (text: string) => fillerIdOf({ ...identity, text }).replace(/-[0-9a-f]{16}$/, '');

    expect(idOf('  Let me check... OK?')).toBe('let-me-check-ok');
    expect(idOf('../../etc/passwd')).toBe('etc-passwd');
    expect(idOf('\u041e\u0434\u043d\u0443 \u043c\u0438\u043d\u0443\u0442\u0443')).toBe('filler');
    expect(idOf('word '.repeat(50)).length).toBeLessThanOrEqual(40);
  });
});
