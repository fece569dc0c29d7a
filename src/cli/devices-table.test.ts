import { describe, expect, it } from 'vitest';
import type { DeviceListing } from '../devices/index.js';
import { devicesTable } from './devices-table.js';

const jabra: DeviceListing = {
  backend: 'process',
  api: 'pulse',
  name: 'alsa_output.usb-Jabra',
  description: 'Jabra Speak 410',
  direction: 'playout',
  isDefault: true,
  isMonitor: false,
  channels: 2,
  nativeRateHz: 48_000,
  sampleRatesHz: [16_000, 48_000],
  problem: null,
};

describe('the table of devices', () => {
  it('shows each device under its heading, with its rates, and marks the default', () => {
    const mic: DeviceListing = {
      ...jabra,
      name: 'hw:CARD=Array,DEV=0',
      api: 'alsa',
      direction: 'capture',
      description: 'ReSpeaker',
      isDefault: false,
      channels: 6,
      nativeRateHz: null,
    };
    expect(devicesTable({ devices: [jabra, mic], problems: [] })).toBe(
      [
        'Loudspeakers (* is the default)',
        '  * alsa_output.usb-Jabra',
        '      Jabra Speak 410',
        '      process/pulse, 2 channels, runs at 48000 Hz, works at 16000, 48000 Hz',
        '',
        'Microphones (* is the default)',
        '    hw:CARD=Array,DEV=0',
        '      ReSpeaker',
        '      process/alsa, 6 channels, works at 16000, 48000 Hz',
        '',
      ].join('\n'),
    );
  });

  it('says what is wrong with a device, and with a backend', () => {
    const busy = { ...jabra, problem: 'it is in use by another program', sampleRatesHz: [] };
    const problems = [
      { backend: 'audify', api: 'alsa', problem: 'audify is not installed; npm install audify' },
    ] as const;
    const table = devicesTable({ devices: [busy], problems });
    expect(table).toContain('runs at 48000 Hz, it is in use by another program\n');
    expect(table).toContain('audify/alsa could not be asked: audify is not installed; npm install audify\n');
    expect(table).toContain('Microphones (* is the default)\n    none\n');
  });

  it('says nothing of the native library that is missing, where devices were found without it', () => {
    const problem = '[PEER_MISSING] the package audify is not installed; run: npm install audify';
    const problems = [{ backend: 'audify', api: 'pulse', problem }] as const;
    const broken = { ...jabra, problem: 'it is in use' };

    expect(devicesTable({ devices: [jabra], problems })).not.toContain('audify');
    expect(devicesTable({ devices: [broken], problems })).toContain('audify/pulse could not be asked');
  });

  it('leaves out monitors, and lets no name move the cursor', () => {
    const monitor = { ...jabra, direction: 'capture' as const, isMonitor: true, name: 'speaker.monitor' };
    const evil = { ...jabra, name: 'evil\x1b[2J' };
    const table = devicesTable({ devices: [monitor, evil], problems: [] });
    expect(table).not.toContain('speaker.monitor');
    expect(table).not.toContain('\x1b');
  });
});
