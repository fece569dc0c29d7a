import { firstValueFrom } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { createFakeAudify, type FakeDevice } from '../../../test/support/fake-audify.js';
import { createVirtualClock } from '../../testing/virtual-clock.js';
import { listDevices } from './list-devices.js';
import type { AudifyApi } from './rt-audio.js';

function list(api: AudifyApi, devices: readonly FakeDevice[], openMs = 0) {
  const clock = createVirtualClock();
  const fake = createFakeAudify(...devices);
  const load = () => {
    // Every opening takes its time.
    const { RtAudio } = fake.audify;
    return {
      RtAudio: function make(number: number) {
        clock.advanceBy(openMs);
        return new RtAudio(number);
      } as unknown as typeof RtAudio,
    };
  };
  return {
    fake,
    listings: firstValueFrom(listDevices(api, { load, scheduler: clock.scheduler })),
  };
}

describe('listing devices', () => {
  it('tells each direction of a device, its name, its channels and whether it is the default', async () => {
    const { listings, fake } = list('pulse', [
      { name: 'Jabra', outputChannels: 2, inputChannels: 1, isDefaultOutput: true },
      { name: 'Monitor of Jabra', inputChannels: 2, preferredSampleRate: 44_100 },
    ]);

    expect(await listings).toMatchObject([
      {
        backend: 'audify',
        api: 'pulse',
        name: 'Jabra',
        description: 'Jabra',
        direction: 'playout',
        isDefault: true,
        channels: 2,
        problem: null,
      },
      {
        name: 'Jabra',
        direction: 'capture',
        isDefault: false,
        isMonitor: false,
        channels: 1,
        nativeRateHz: 48_000,
      },
      { name: 'Monitor of Jabra', direction: 'capture', isMonitor: true, channels: 2, nativeRateHz: 44_100 },
    ]);
    expect(fake.objects.filter((each) => each.isOpen || each.isStarted)).toEqual([]);
  });

  it('finds the rates by opening: ALSA accepts any and runs at its own', async () => {
    const { listings } = list('alsa', [
      {
        name: 'Default ALSA Device',
        outputChannels: 2,
        sampleRates: [8000, 16_000, 44_100, 48_000],
        fixedRateHz: 48_000,
      },
    ]);

    expect(await listings).toMatchObject([{ name: 'default', sampleRatesHz: [48_000], nativeRateHz: null }]);
  });

  it('does not know the channels of a plugin, which converts', async () => {
    const { listings } = list('alsa', [{ name: 'PulseAudio Sound Server', outputChannels: 32 }]);

    expect(await listings).toMatchObject([
      { name: 'pulse', channels: null, sampleRatesHz: [44_100, 48_000] },
    ]);
  });

  it('says why a device cannot be used', async () => {
    const { listings } = list('alsa', [
      { name: 'Card (PCM)', inputChannels: 1, refuses: "it won't open for input" },
    ]);

    expect(await listings).toMatchObject([
      { sampleRatesHz: [], problem: expect.stringMatching(/^the microphone "Card \(PCM\)" does not open/) },
    ]);
  });

  it('stops opening when it takes too long, and still lists the rest', async () => {
    const devices = Array.from({ length: 40 }, (_, index) => ({ name: `Card ${index}`, outputChannels: 2 }));
    const { listings } = list('alsa', devices, 100);

    const listed = await listings;

    expect(listed.length).toBe(40);
    expect(listed[0]).toMatchObject({ problem: null });
    expect(listed.at(-1)).toMatchObject({ sampleRatesHz: [], problem: 'There was no time left to try it.' });
  });
});
