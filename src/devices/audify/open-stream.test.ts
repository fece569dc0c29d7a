import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createFakeAudify, type FakeDevice } from '../../../test/support/fake-audify.js';
import { openStream } from './open-stream.js';
import type { StreamSettings } from './stream-settings.js';

const speaker: FakeDevice = { name: 'Speaker', outputChannels: 2, isDefaultOutput: true };
const array: FakeDevice = { name: 'Array', inputChannels: 6, isDefaultInput: true };
const settings: StreamSettings = {
  direction: 'playout',
  api: 'pulse',
  device: 'default',
  format: { sampleRateHz: 48_000, channels: 1 },
  channel: 'mix',
  bufferMs: 10,
  lowLatency: true,
  pulseLatencyMs: 20,
};
const capture: StreamSettings = { ...settings, direction: 'capture' };
const calls = { onInput: () => {}, onOutput: () => {} };

describe('opening a stream', () => {
  const before = process.env['PULSE_LATENCY_MSEC'];
  beforeEach(() => {
    delete process.env['PULSE_LATENCY_MSEC'];
  });
  afterEach(() => {
    delete process.env['PULSE_LATENCY_MSEC'];
    if (before !== undefined) process.env['PULSE_LATENCY_MSEC'] = before;
  });

  it('opens both channels of a stereo device for mono, and says so', () => {
    const { audify, objects } = createFakeAudify(array, speaker);

    const stream = openStream(audify, settings, calls);

    expect(stream.format).toEqual({ sampleRateHz: 48_000, channels: 2 });
    expect(stream.bufferSamples).toBe(480);
    expect(objects.at(-1)?.opened?.slice(0, 6)).toEqual([
      { deviceId: 130, nChannels: 2 },
      null,
      0x10,
      48_000,
      480,
      'earshot',
    ]);
  });

  it('opens one channel where there is one', () => {
    const { audify } = createFakeAudify({ ...speaker, outputChannels: 1 });

    expect(openStream(audify, settings, calls).format.channels).toBe(1);
  });

  it.each([
    ['alsa', 'mix', 6],
    ['alsa', 0, 1],
    ['alsa', 4, 5],
    ['pulse', 'mix', 1],
  ] as const)('opens on %s as many channels as channel %s needs', (api, channel, channels) => {
    const { audify } = createFakeAudify(speaker, array);

    expect(openStream(audify, { ...capture, api, channel }, calls).format.channels).toBe(channels);
  });

  it('refuses one of many channels on Pulse, where the server would give another one or silence', () => {
    const stereo = createFakeAudify({ ...array, inputChannels: 2 });
    const many = createFakeAudify(array);

    expect(openStream(stereo.audify, { ...capture, channel: 0 }, calls).format.channels).toBe(2);
    expect(() => openStream(many.audify, { ...capture, channel: 0 }, calls)).toThrow(
      /DEVICE_FORMAT_UNSUPPORTED.*6 channels.*cannot tell apart.*api 'alsa'/,
    );
  });

  it('plays to more than two channels where they are what they are called', () => {
    const many = createFakeAudify({ ...speaker, outputChannels: 6 });
    const quad = { sampleRateHz: 48_000, channels: 4 };

    expect(openStream(many.audify, { ...settings, api: 'alsa', format: quad }, calls).format.channels).toBe(
      4,
    );
    expect(openStream(many.audify, { ...settings, format: quad }, calls).format.channels).toBe(2);
  });

  it('does not believe a plugin that offers 32 channels', () => {
    const { audify } = createFakeAudify({
      name: 'Default ALSA Device',
      inputChannels: 32,
      isDefaultInput: true,
    });

    expect(openStream(audify, { ...capture, api: 'alsa' }, calls).format.channels).toBe(1);
  });

  it('refuses a channel that the device does not have', () => {
    const { audify } = createFakeAudify(array);

    expect(() => openStream(audify, { ...capture, api: 'alsa', channel: 6 }, calls)).toThrow(
      /DEVICE_FORMAT_UNSUPPORTED.*6 channels and no channel 6; choose channel 0 to 5/,
    );
  });

  it('opens once more with buffers of the right length when the device runs at its own rate', () => {
    const { audify, objects } = createFakeAudify({
      ...speaker,
      name: 'Default ALSA Device',
      sampleRates: [16_000, 48_000],
      fixedRateHz: 48_000,
    });

    const stream = openStream(
      audify,
      { ...settings, api: 'alsa', format: { sampleRateHz: 16_000, channels: 1 } },
      calls,
    );

    expect(stream.format.sampleRateHz).toBe(48_000);
    expect(stream.bufferSamples).toBe(480);
    expect(objects.map((each) => [each.opened?.[3], each.opened?.[4], each.isOpen])).toEqual([
      [16_000, 160, false],
      [48_000, 480, true],
    ]);
  });

  it('asks hardware for a rate that it has', () => {
    const { audify, objects } = createFakeAudify({ ...speaker, name: 'Card (PCM)' });

    openStream(
      audify,
      { ...settings, api: 'alsa', device: 'Card (PCM)', format: { sampleRateHz: 16_000, channels: 1 } },
      calls,
    );

    expect(objects.map((each) => each.opened?.[3])).toEqual([48_000]);
  });

  it('sets the latency of the Pulse client while it opens, and puts back what was there', () => {
    const fake = createFakeAudify(speaker, array);

    openStream(fake.audify, settings, calls);
    expect(process.env).not.toHaveProperty('PULSE_LATENCY_MSEC');
    process.env['PULSE_LATENCY_MSEC'] = '70';
    openStream(fake.audify, capture, calls);
    openStream(fake.audify, { ...settings, api: 'alsa' }, calls);

    expect(fake.latencies).toEqual(['20', '10', '70']);
    expect(process.env['PULSE_LATENCY_MSEC']).toBe('70');
  });

  it('puts it back when opening fails too', () => {
    const { audify, latencies } = createFakeAudify({ ...speaker, refuses: 'it broke' });

    expect(() => openStream(audify, settings, calls)).toThrow(/DEVICE_BACKEND.*it broke/);
    expect(latencies).toEqual(['20']);
    expect(process.env).not.toHaveProperty('PULSE_LATENCY_MSEC');
  });

  it('gives every opening of the process the same callback for errors', () => {
    const { audify, objects } = createFakeAudify(speaker, array);

    openStream(audify, settings, calls);
    openStream(audify, capture, calls);

    const [first, second] = objects.map((each) => each.opened?.[9]);
    expect(first).toBeTypeOf('function');
    expect(second).toBe(first);
  });

  it('says when the library was built without Pulse and would take ALSA silently', () => {
    const fake = createFakeAudify(speaker);
    fake.answer = 'ALSA';

    expect(() => openStream(fake.audify, settings, calls)).toThrow(
      /DEVICE_BACKEND.*built without Pulse and would use ALSA.*libpulse-dev/,
    );
  });

  it('never lets go of an object on which opening failed, and opens the next stream on it', () => {
    const fake = createFakeAudify({ ...speaker, refuses: 'error connecting output to PulseAudio server.' });
    for (let attempt = 0; attempt < 3; attempt += 1) {
      expect(() => openStream(fake.audify, settings, calls)).toThrow(/DEVICE_BACKEND/);
    }

    fake.devices = [array, speaker];
    const recovered = openStream(fake.audify, settings, calls);
    const next = openStream(fake.audify, settings, calls);

    expect(recovered.rtAudio).toBe(fake.objects[0]);
    expect(fake.objects[0]?.opened?.[0]).toEqual({ deviceId: 130, nChannels: 2 });
    expect(next.rtAudio).toBe(fake.objects.at(-1));
  });

  it('says busy when a card that is listed does not open', () => {
    const { audify } = createFakeAudify({
      ...speaker,
      refuses: "RtApiAlsa::probeDeviceOpen: pcm device (hw:X,0) won't open for output.",
    });

    expect(() => openStream(audify, { ...settings, api: 'alsa' }, calls)).toThrow(
      expect.objectContaining({ code: 'DEVICE_BUSY', retryable: true }),
    );
  });
});
