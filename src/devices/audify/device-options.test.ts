import { describe, expect, it } from 'vitest';
import { createVirtualClock } from '../../testing/virtual-clock.js';
import { apiOf } from './device-options.js';
import { audifyLoudspeaker, audifyMicrophone, listAudifyDevices } from './index.js';

const { scheduler } = createVirtualClock();

describe('options of the audify devices', () => {
  it('make devices that open nothing yet', () => {
    expect(audifyMicrophone({ scheduler }).format).toEqual({ sampleRateHz: 48_000, channels: 1 });
    expect(audifyLoudspeaker({ scheduler, format: { sampleRateHz: 16_000, channels: 2 } }).format).toEqual({
      sampleRateHz: 16_000,
      channels: 2,
    });
  });

  it('are all checked at once', () => {
    expect(() =>
      audifyLoudspeaker({ scheduler, bufferMs: 1, device: '', api: 'jack' as 'alsa', leadMs: 0 }),
    ).toThrow(/OPTION_INVALID.*api must be one of.*device must.*bufferMs must be a number from 5 to 40 ms/);
    expect(() => audifyMicrophone({ scheduler, devise: 'x' } as never)).toThrow(/devise is not an option/);
    expect(() => audifyMicrophone({} as never)).toThrow(/scheduler must be a scheduler.*monotonicScheduler/);
  });

  it('take an environment only for a child process, and say why', () => {
    const env = { PULSE_SERVER: 'x' };

    for (const make of [audifyMicrophone, audifyLoudspeaker]) {
      expect(() => make({ scheduler, hosted: false, env })).toThrow(/OPTION_INVALID.*env needs hosted: true/);
    }
    expect(() => listAudifyDevices({ hosted: false, env })).toThrow(/env needs hosted: true/);
    expect(() => audifyMicrophone({ scheduler, env: { A: 1 } as never })).toThrow(
      /env must be an object of strings/,
    );
  });

  it('choose the sound system of the platform', () => {
    expect(['linux', 'darwin', 'win32'].map((platform) => apiOf('auto', platform))).toEqual([
      'pulse',
      'core-audio',
      'wasapi',
    ]);
    expect(apiOf('alsa', 'darwin')).toBe('alsa');
  });
});
