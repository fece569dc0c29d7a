import { describe, expect, it } from 'vitest';
import type { AlsaNames } from './alsa-names.js';
import { chooseDevice, devicesOf } from './choose-device.js';
import type { RtAudioDevice } from './rt-audio.js';

const device = (name: string, more: Partial<RtAudioDevice> = {}): RtAudioDevice => ({
  id: 129,
  name,
  outputChannels: 0,
  inputChannels: 0,
  isDefaultOutput: false,
  isDefaultInput: false,
  sampleRates: [48_000],
  preferredSampleRate: 48_000,
  ...more,
});
const listed: readonly RtAudioDevice[] = [
  device('Speaker', { outputChannels: 2 }),
  device('Jabra', { outputChannels: 2, inputChannels: 1, isDefaultOutput: true }),
  device('Monitor of Speaker', { inputChannels: 2 }),
  device('Desk Monitor', { inputChannels: 1 }),
  device('Array', { inputChannels: 6, isDefaultInput: true }),
];
const alsa: AlsaNames = {
  stableNames: (names) =>
    names.map((name) => (name === 'USB PnP Sound Device (USB Audio)' ? 'hw:CARD=Device,DEV=0' : undefined)),
  all: [
    {
      name: 'hw:CARD=Device,DEV=0',
      listedName: 'USB PnP Sound Device (USB Audio)',
      hasCapture: true,
      hasPlayout: false,
    },
  ],
};
const want = (name: string, direction: 'capture' | 'playout', api: 'pulse' | 'alsa' = 'pulse') => ({
  api,
  device: name,
  direction,
  label: `the device "${name}"`,
});
const choose = (infos: readonly RtAudioDevice[], wanted: ReturnType<typeof want>, names?: AlsaNames) =>
  chooseDevice(devicesOf(infos, wanted, names), wanted, names);

describe('choosing a device', () => {
  it('takes the one of that name, whatever its place', () => {
    expect(choose(listed, want('Speaker', 'playout')).name).toBe('Speaker');
    expect(choose([...listed].reverse(), want('Speaker', 'playout')).name).toBe('Speaker');
  });

  it('takes the default of its direction', () => {
    expect(choose(listed, want('default', 'playout')).name).toBe('Jabra');
    expect(choose(listed, want('default', 'capture')).name).toBe('Array');
  });

  it('does not know a device of the other direction', () => {
    expect(() => choose(listed, want('Array', 'playout'))).toThrow(/DEVICE_NOT_FOUND.*"Speaker", "Jabra"/);
  });

  it('tells a monitor of a loudspeaker from a microphone that has the word in its name', () => {
    const monitors = devicesOf(listed, { api: 'pulse', direction: 'capture' }).filter(
      (each) => each.isMonitor,
    );

    expect(monitors.map((each) => each.name)).toEqual(['Monitor of Speaker']);
  });

  it('takes what PipeWire calls like its loudspeaker for a monitor, but not a headset that is the default', () => {
    const infos = [
      device('Speaker', { outputChannels: 2, inputChannels: 2 }),
      device('Headset', { outputChannels: 2, inputChannels: 1, isDefaultInput: true }),
      device('Array', { inputChannels: 6 }),
    ];

    const monitors = devicesOf(infos, { api: 'pulse', direction: 'capture' }).filter(
      (each) => each.isMonitor,
    );

    expect(monitors.map((each) => each.name)).toEqual(['Speaker']);
    expect(
      devicesOf(infos, { api: 'core-audio', direction: 'capture' }).filter((each) => each.isMonitor),
    ).toEqual([]);
  });

  it('refuses a default that hears a loudspeaker, which a server offers when there is no microphone', () => {
    const infos = [
      device('Speaker', { outputChannels: 2 }),
      device('Monitor of Speaker', { inputChannels: 2, isDefaultInput: true }),
    ];

    expect(() => choose(infos, want('default', 'capture'))).toThrow(
      /DEVICE_NOT_FOUND.*"Monitor of Speaker".*plug in a microphone/,
    );
    expect(choose(infos, want('Monitor of Speaker', 'capture')).isMonitor).toBe(true);
  });

  it('refuses a name that two devices have', () => {
    const two = [
      device('USB PnP Sound Device (USB Audio)', { inputChannels: 1 }),
      device('USB PnP Sound Device (USB Audio)', { inputChannels: 1, id: 130 }),
    ];

    expect(() => choose(two, want('USB PnP Sound Device (USB Audio)', 'capture', 'alsa'))).toThrow(
      /ambiguous: 2 devices.*hw:CARD=ID,DEV=NUMBER/,
    );
  });

  it('takes a card of ALSA by its id and by the name that RtAudio has for it', () => {
    const infos = [device('USB PnP Sound Device (USB Audio)', { inputChannels: 1 })];

    expect(choose(infos, want('hw:CARD=Device,DEV=0', 'capture', 'alsa'), alsa).name).toBe(
      'hw:CARD=Device,DEV=0',
    );
    expect(choose(infos, want('USB PnP Sound Device (USB Audio)', 'capture', 'alsa'), alsa).name).toBe(
      'hw:CARD=Device,DEV=0',
    );
  });

  it('calls a card busy that the kernel knows and RtAudio leaves out', () => {
    expect(() => choose([], want('hw:CARD=Device,DEV=0', 'capture', 'alsa'), alsa)).toThrow(
      /DEVICE_BUSY.*fuser/,
    );
    expect(() => choose([], want('hw:CARD=Device,DEV=0', 'playout', 'alsa'), alsa)).toThrow(
      /DEVICE_NOT_FOUND/,
    );
  });

  it('says that no server answers when Pulse has nothing at all', () => {
    expect(() => choose([], want('default', 'capture'))).toThrow(/DEVICE_BACKEND.*no PulseAudio/);
  });
});
