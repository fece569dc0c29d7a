import { describe, expect, it } from 'vitest';
import { readDemoOptions } from '../examples/demo/demo-options.js';
import { usage } from '../examples/demo/usage.js';

const placeOf = (...args: string[]) => {
  const options = readDemoOptions(args);
  return options === 'help' ? options : options.place;
};

describe('the options of the demo', () => {
  it('play the dialogue from files unless told otherwise', () => {
    expect(placeOf()).toEqual({ type: 'files', fast: false, microphone: null });
    expect(placeOf('--fast')).toEqual({ type: 'files', fast: true, microphone: null });
    expect(placeOf('--microphone', 'a.wav')).toEqual({ type: 'files', fast: false, microphone: 'a.wav' });
  });

  it('take both devices by one name, or each by its own, and the default one for what is not named', () => {
    const devices = { type: 'devices', backend: 'auto', seconds: 900 };
    expect(placeOf('--device', 'auto')).toEqual({ ...devices, capture: 'default', playout: 'default' });
    expect(placeOf('--device', 'Jabra')).toEqual({ ...devices, capture: 'Jabra', playout: 'Jabra' });
    expect(placeOf('--capture', 'mic')).toEqual({ ...devices, capture: 'mic', playout: 'default' });
    expect(placeOf('--playout', 'hdmi')).toEqual({ ...devices, capture: 'default', playout: 'hdmi' });
    expect(
      placeOf('--capture', 'mic', '--playout', 'auto', '--backend', 'audify', '--seconds', '60'),
    ).toEqual({
      type: 'devices',
      capture: 'mic',
      playout: 'default',
      backend: 'audify',
      seconds: 60,
    });
  });

  it('build a virtual kiosk on PulseAudio, unless the other server is named', () => {
    const kiosk = { type: 'virtual-kiosk', backend: 'auto' };
    expect(placeOf('--virtual-kiosk')).toEqual({ ...kiosk, server: 'pulseaudio' });
    expect(placeOf('--virtual-kiosk', '--json')).toEqual({ ...kiosk, server: 'pulseaudio' });
    expect(placeOf('--virtual-kiosk=pipewire', '--backend', 'process')).toEqual({
      ...kiosk,
      server: 'pipewire',
      backend: 'process',
    });
  });

  it('put an echo between loudspeaker and microphone when asked', () => {
    const echoOf = (...args: string[]) => readDemoOptions(args) as { readonly echoDb: number | null };
    expect(echoOf().echoDb).toBeNull();
    expect(echoOf('--echo', '-10').echoDb).toBe(-10);
    expect(echoOf('--virtual-kiosk', '--echo', '6').echoDb).toBe(6);
  });

  it.each([
    ['--echo loud', /--echo must be a number, but is "loud"/],
    ['--echo 7', /--echo must be a number from -60 to 6 dB, but is 7; -10 is/],
    ['--echo -61', /--echo must be a number from -60 to 6 dB, but is -61/],
    ['--echo -10 --device auto', /--echo cannot be combined with --device: a real room/],
    ['--fast --device auto', /--fast cannot be combined with --device: virtual time/],
    ['--fast --virtual-kiosk', /--fast cannot be combined with --virtual-kiosk: virtual time/],
    ['--fast --playout hdmi', /--fast cannot be combined with --playout/],
    ['--microphone a.wav --capture mic', /--microphone cannot be combined with --capture/],
    ['--microphone a.wav --virtual-kiosk', /--microphone cannot be combined with --virtual-kiosk/],
    ['--device auto --virtual-kiosk', /--device cannot be combined with --virtual-kiosk/],
    ['--device a --capture b', /--device cannot be combined with --capture/],
    ['--virtual-kiosk --seconds 5', /--seconds cannot be combined with --virtual-kiosk/],
    ['--seconds 5', /--seconds is for real devices/],
    ['--backend process', /--backend is for real devices/],
    ['--device auto --backend alsa', /--backend must be one of auto, process, audify, but is "alsa"/],
    ['--virtual-kiosk=jack', /--virtual-kiosk must be one of pulseaudio, pipewire, but is "jack"/],
    ['--device auto --seconds 0', /--seconds must be a number from 1 to 900, but is 0/],
    ['--device auto --seconds 901', /--seconds must be a number from 1 to 900, but is 901/],
    ['--device auto --seconds soon', /--seconds must be a number, but is "soon"/],
    ['--device=', /must name a device, but is empty/],
  ])('refuse %s in one sentence', (line, sentence) => {
    expect(() => readDemoOptions(line.split(' '))).toThrow(sentence);
    expect(() => readDemoOptions(line.split(' '))).toThrow(
      expect.objectContaining({ code: 'OPTION_INVALID' }),
    );
  });

  it('are all in the help', () => {
    expect(readDemoOptions(['--help'])).toBe('help');
    for (const option of [
      'device',
      'capture',
      'playout',
      'backend',
      'seconds',
      'virtual-kiosk',
      'fast',
      'echo',
      'out',
    ])
      expect(usage).toContain(`--${option} `);
  });
});
