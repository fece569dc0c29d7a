import { describe, expect, it } from 'vitest';
import { readDemoOptions } from '../examples/demo/demo-options.js';
import { usageOf } from '../examples/demo/usage.js';

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

  const speechOf = (...args: string[]) => {
    const options = readDemoOptions(args);
    return options === 'help' ? options : options.speech;
  };
  const models = { folder: null, hub: null, offline: false };

  it('know what is said from the script and speak the recordings that ship unless told otherwise', () => {
    const fillers = { folder: null, voice: 'allison' };
    expect(speechOf()).toEqual({ listen: null, speak: null, models, fillers });
    expect(speechOf('--voice', 'rosa')).toMatchObject({
      speak: null,
      fillers: { folder: null, voice: 'rosa' },
    });
    // The only one that is in it, unless it is named.
    expect(speechOf('--fillers', 'mine')).toMatchObject({ fillers: { folder: 'mine', voice: undefined } });
    expect(speechOf('--fillers', 'mine', '--voice', 'rosa')).toMatchObject({
      fillers: { folder: 'mine', voice: 'rosa' },
    });
  });

  it.each([
    ['moonshine', 'moonshine-tiny'],
    ['moonshine-base', 'moonshine-base'],
    ['whisper', 'whisper-tiny.en'],
    ['whisper-tiny', 'whisper-tiny'],
  ])('listen with %s', (name, recogniser) => {
    expect(speechOf('--stt', name)).toMatchObject({ listen: recogniser, speak: null });
  });

  it.each([
    ['kokoro', { engine: 'kokoro', voice: null }],
    ['kokoro:bm_george', { engine: 'kokoro', voice: 'bm_george' }],
    ['espeak-ng:en-us+f3', { engine: 'espeak-ng', voice: 'en-us+f3' }],
    ['flite', { engine: 'flite', voice: null }],
    ['espeak-ng-wasm:ru', { engine: 'espeak-ng-wasm', voice: 'ru' }],
    ['earcon', { engine: 'earcon', voice: null }],
  ])('speak with %s, and have fillers of the same voice', (name, speak) => {
    expect(speechOf('--voice', name)).toEqual({
      listen: null,
      speak,
      models,
      fillers: { folder: null, voice: undefined },
    });
  });

  it('take models from a folder, from a hub, or from no network', () => {
    expect(speechOf('--stt', 'moonshine', '--models', 'm', '--offline')).toMatchObject({
      models: { folder: 'm', hub: null, offline: true },
    });
    expect(speechOf('--voice', 'kokoro', '--hub', 'http://127.0.0.1:8000/')).toMatchObject({
      models: { folder: null, hub: 'http://127.0.0.1:8000/', offline: false },
    });
  });

  it.each([
    [
      '--stt vosk',
      /--stt must be one of moonshine, moonshine-tiny, moonshine-base, whisper, whisper-tiny.en, whisper-tiny, but is "vosk"/,
    ],
    // Not a name that every object has.
    ['--stt toString', /--stt must be one of moonshine/],
    ['--stt=', /--stt is empty/],
    ['--voice=', /--voice is empty/],
    ['--fillers=', /--fillers is empty/],
    ['--stt moonshine --models=', /--models is empty/],
    ['--voice kokoro:', /--voice kokoro: names no voice; give one, as in kokoro:bm_george/],
    ['--voice earcon:loud', /--voice earcon has no voices, but is "earcon:loud"/],
    ['--fast --stt moonshine', /--fast cannot be combined with --stt: virtual time waits for no recogniser/],
    ['--fast --voice flite', /--fast cannot be combined with --voice flite: virtual time waits for no voice/],
    ['--models m', /--models is for models; give --stt or --voice kokoro too/],
    ['--hub http://a', /--hub is for models/],
    ['--voice espeak-ng --offline', /--offline is for models/],
    ['--stt whisper --hub http://a --offline', /--offline cannot be combined with --hub/],
    [
      '--stt whisper --hub huggingface.co',
      /--hub must be an address that begins with https:\/\/ or http:\/\/, but is "huggingface.co"/,
    ],
    ['--stt whisper --hub file:///a', /--hub must be an address/],
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
      'stt',
      'voice',
      'fillers',
      'models',
      'hub',
      'offline',
    ])
      expect(usageOf('npm run demo')).toContain(`--${option} `);
  });
});
