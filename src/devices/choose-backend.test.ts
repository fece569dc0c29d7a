import { describe, expect, it } from 'vitest';
import { VoiceError } from '../core/errors.js';
import { type BackendWish, chooseBackend, explainMissing, type Surroundings } from './choose-backend.js';

const asked: string[] = [];
const machine = (
  platform: string,
  has: { readonly pulse?: boolean; readonly alsa?: boolean } = {},
): Surroundings => {
  asked.length = 0;
  return {
    platform,
    pulseAnswers: async () => {
      asked.push('pulse');
      return has.pulse ?? false;
    },
    hasAlsaPrograms: async () => {
      asked.push('alsa');
      return has.alsa ?? false;
    },
  };
};
const wish = (given: Partial<BackendWish> = {}): BackendWish => ({
  backend: 'auto',
  api: 'auto',
  device: 'default',
  ...given,
});
const all = { pulse: true, alsa: true };

describe('the way to a device', () => {
  it.each([
    ['a server that answers', wish(), all, 'process/pulse'],
    ['only programs of ALSA', wish(), { alsa: true }, 'process/alsa'],
    ['nothing at all', wish(), {}, 'audify/alsa'],
    [
      'a name of ALSA, also beside a server',
      wish({ device: 'plughw:CARD=Device,DEV=0' }),
      all,
      'process/alsa',
    ],
    [
      'a name with blanks and commas, which a server may have',
      wish({ device: 'USB, "big" -x' }),
      all,
      'process/pulse',
    ],
    ['the library, with a server', wish({ backend: 'audify' }), all, 'audify/pulse'],
    ['the library, without', wish({ backend: 'audify' }), { alsa: true }, 'audify/alsa'],
    ['the programs, without any', wish({ backend: 'process' }), {}, 'process/alsa'],
    ['Pulse by name, without a server', wish({ api: 'pulse' }), { alsa: true }, 'process/pulse'],
    ['ALSA by name, beside a server', wish({ api: 'alsa' }), all, 'process/alsa'],
  ] as const)('on Linux with %s', async (_, wanted, has, way) => {
    const { backend, api } = await chooseBackend(wanted, machine('linux', has));
    expect(`${backend}/${api}`).toBe(way);
  });

  it.each([
    ['darwin', 'audify/core-audio'],
    ['win32', 'audify/wasapi'],
    ['freebsd', 'audify/pulse'],
  ])('on %s is the native library, and no program is run', async (platform, way) => {
    const { backend, api } = await chooseBackend(wish(), machine(platform, all));
    expect(`${backend}/${api}`).toBe(way);
    expect(asked).toEqual([]);
  });

  it.each([
    ['darwin', wish({ backend: 'process' })],
    ['win32', wish({ backend: 'process', api: 'pulse' })],
    ['linux', wish({ backend: 'process', api: 'core-audio' })],
  ] as const)(
    'is refused, and not another one taken, where the programs of Linux cannot do it: %s',
    async (platform, wanted) => {
      await expect(chooseBackend(wanted, machine(platform, all))).rejects.toMatchObject({
        code: 'DEVICE_BACKEND',
        retryable: false,
        message: expect.stringContaining('backend "auto" or "audify"'),
      });
    },
  );
});

describe('a library that is missing', () => {
  const missing = new VoiceError(
    'PEER_MISSING',
    'the package audify is not installed; run: npm install audify',
  );

  it('on Linux means that there is no way yet, since a sound server may come', () => {
    expect(explainMissing(missing, 'auto', 'linux')).toMatchObject({
      code: 'DEVICE_BACKEND',
      retryable: true,
    });
  });

  it.each([
    ['darwin', 'auto'],
    ['linux', 'audify'],
  ] as const)(
    'is said as it is where nothing else can come: on %s with the backend %s',
    (platform, backend) => {
      expect(explainMissing(missing, backend, platform)).toBe(missing);
    },
  );
});
