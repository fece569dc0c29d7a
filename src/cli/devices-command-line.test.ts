import { describe, expect, it } from 'vitest';
import { readDevicesCommandLine } from './devices-command-line.js';

describe('the command line of earshot devices', () => {
  it('lists everything when nothing is said', () => {
    expect(readDevicesCommandLine([])).toEqual({
      json: false,
      backend: 'auto',
      api: 'auto',
      test: undefined,
      listenMs: 5000,
    });
  });

  it('takes a device to try, and how long', () => {
    const args = [
      '--test',
      'plughw:CARD=Jabra,DEV=0',
      '--seconds',
      '2.5',
      '--api',
      'alsa',
      '--backend',
      'process',
    ];
    expect(readDevicesCommandLine(args)).toMatchObject({
      test: 'plughw:CARD=Jabra,DEV=0',
      listenMs: 2500,
      api: 'alsa',
      backend: 'process',
    });
  });

  it.each([
    [['--backend', 'portaudio'], '--backend must be one of auto, process, audify, but is "portaudio"'],
    [['--api', 'jack'], '--api must be one of auto, pulse, alsa, core-audio, wasapi, but is "jack"'],
    [['--test', ''], '--test needs the name of a device, or default'],
    [['--test', 'x', '--seconds', '1'], '--seconds must be a number from 2 to 600, but is "1"'],
    [['--test', 'x', '--seconds', 'long'], '--seconds must be a number from 2 to 600, but is "long"'],
    [['--seconds', '5'], '--seconds goes with --test: it says how long to listen'],
  ])('refuses %j in one sentence', (args, sentence) => {
    expect(() => readDevicesCommandLine(args)).toThrow(sentence);
  });
});
