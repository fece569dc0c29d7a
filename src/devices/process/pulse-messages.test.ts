import { describe, expect, it } from 'vitest';
import { readPulseMessage } from './pulse-messages.js';

describe('what pacat and parec say', () => {
  it.each([
    [
      'Connected to device speaker (index: 0, suspended: no).',
      { type: 'connected', device: 'speaker', isSuspended: false },
    ],
    [
      'Connected to device alsa_input.usb-0d8c_USB (2).mono (index: 12, suspended: yes).',
      { type: 'connected', device: 'alsa_input.usb-0d8c_USB (2).mono', isSuspended: true },
    ],
    [
      'Buffer metrics: maxlength=4194304, tlength=2880, prebuf=1924, minreq=960',
      { type: 'playout-buffer', targetBytes: 2880 },
    ],
    ['Buffer metrics: maxlength=4194304, fragsize=1920', { type: 'chatter' }],
    ['Time: 0.049 sec; Latency: 15639 usec.', { type: 'time', seconds: 0.049 }],
    ['Time: 86400.100 sec; Latency: -777 usec.', { type: 'time', seconds: 86_400.1 }],
    ['Stream underrun.', { type: 'underrun' }],
    ['Stream overrun.', { type: 'overrun' }],
    ['Stream device suspended.', { type: 'suspended' }],
    ['Stream device resumed.', { type: 'resumed' }],
    [
      'Stream moved to device speaker.monitor (0, not suspended).',
      { type: 'moved', device: 'speaker.monitor' },
    ],
    ['Stream moved to device room (1, suspended).', { type: 'moved', device: 'room' }],
  ])('%s', (line, message) => {
    expect(readPulseMessage(line)).toEqual(message);
  });

  it.each([
    "Opening a playback stream with sample specification 'float32le 1ch 48000Hz' and channel map 'mono'.",
    'Connection established.',
    'Stream successfully created.',
    "Using sample spec 'float32le 1ch 48000Hz', channel map 'mono'.",
    'Stream started.',
    'Stream buffer attributes changed.',
    'Got EOF.',
    'Playback stream drained.',
    'Draining connection to server.',
  ])('goes well: %s', (line) => {
    expect(readPulseMessage(line)).toEqual({ type: 'chatter' });
  });

  it.each([
    'Stream error: No such entity',
    'Connection failure: Connection terminated',
    'pa_context_connect() failed: Connection refused',
    'write() failed: Broken pipe',
    'Invalid sample specification',
  ])('is a complaint: %s', (line) => {
    expect(readPulseMessage(line)).toEqual({ type: 'complaint' });
  });
});
