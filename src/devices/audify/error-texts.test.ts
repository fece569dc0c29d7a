import { describe, expect, it } from 'vitest';
import { judge, openFailure, plainText, type Verdict } from './error-texts.js';
import type { AudifyApi } from './rt-audio.js';

/** As RtAudio 6 says it. What it means for a microphone, and for a loudspeaker. */
const texts: readonly (readonly [AudifyApi, string, Verdict, Verdict])[] = [
  ['pulse', 'RtApiPulse::callbackEvent: audio read error, Connection terminated.', 'lost', 'not-mine'],
  ['pulse', 'RtApiPulse::callbackEvent: audio write error, Connection terminated.', 'not-mine', 'lost'],
  ['alsa', 'RtApiAlsa::callbackEvent: audio read error, No such device.', 'lost', 'not-mine'],
  ['alsa', 'RtApiAlsa::callbackEvent: audio write error, No such device.', 'not-mine', 'lost'],
  ['alsa', 'RtApiAlsa::callbackEvent: audio write error, underrun.', 'not-mine', 'xrun'],
  ['alsa', '', 'xrun', 'not-mine'],
  [
    'alsa',
    'RtApiAlsa::callbackEvent: error preparing device after underrun, No such device.',
    'not-mine',
    'lost',
  ],
  [
    'alsa',
    'RtApiAlsa::callbackEvent: error preparing device after overrun, No such device.',
    'lost',
    'not-mine',
  ],
  ['alsa', 'RtApiAlsa::callbackEvent: error, current state is DISCONNECTED, Broken pipe.', 'lost', 'lost'],
  ['core-audio', 'RtApiCore: the stream device was disconnected (and closed)!', 'lost', 'lost'],
  ['wasapi', 'RtApiWasapi::wasapiThread: Unable to start capture stream.', 'lost', 'not-mine'],
  ['pulse', 'RtApiAlsa::callbackEvent: audio read error, No such device.', 'not-mine', 'not-mine'],
  ['pulse', 'RtApiPulse::probeDevices: could not get server info.', 'not-mine', 'not-mine'],
  ['alsa', 'RtApiAlsa::closeStream(): no open stream to close!', 'not-mine', 'not-mine'],
  ['alsa', 'RtApiAlsa::callbackEvent: the moon is full.', 'unknown', 'unknown'],
];

describe('what the library says', () => {
  it.each(texts)('%s, "%s": %s for a microphone, %s for a loudspeaker', (api, text, capture, playout) => {
    expect([judge(text, 'capture', api), judge(text, 'playout', api)]).toEqual([capture, playout]);
  });

  it('is taken out of what the package puts around it', () => {
    expect(plainText(new Error("RtAudio Error: Code: 10, Message: 'it won't open.'"))).toBe("it won't open.");
  });

  it.each([
    ["RtApiAlsa::probeDeviceOpen: pcm device (hw:X,0) won't open for output.", 'DEVICE_BUSY', true],
    ['RtApi::openStream: output device ID is invalid.', 'DEVICE_NOT_FOUND', true],
    [
      'RtApiAlsa::probeDeviceOpen: requested channel parameters not supported by device (hw:X,0), Invalid argument.',
      'DEVICE_FORMAT_UNSUPPORTED',
      false,
    ],
    ['RtApiPulse::probeDeviceOpen: error connecting output to PulseAudio server.', 'DEVICE_BACKEND', true],
  ])('%s is %s', (text, code, retryable) => {
    const thrown = new Error(`RtAudio Error: Code: 10, Message: '${text}'`);

    const failure = openFailure('the loudspeaker "X"', thrown);

    expect(failure).toMatchObject({ code, retryable, cause: thrown });
    expect(failure.message).toContain('the loudspeaker "X"');
    expect(failure.message).toContain(text.replace(/\.$/, ''));
  });
});
