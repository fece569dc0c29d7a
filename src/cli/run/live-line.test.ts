import { describe, expect, it } from 'vitest';
import { DeviceError, type KpiEvent, type PipelineEvent } from '../../index.js';
import { followLive, type LiveState, liveLine, liveStart } from './live-line.js';

const seen = (...events: readonly object[]): LiveState =>
  events.reduce<LiveState>(
    (live, event) => followLive(live, { atMs: 0, ...event } as PipelineEvent | KpiEvent),
    liveStart,
  );
const opened = [
  { type: 'device-opened', device: 'microphone' },
  { type: 'device-opened', device: 'loudspeaker' },
];
const level = (peakDb: number) => ({
  type: 'level',
  device: 'microphone',
  peakDb,
  rmsDb: peakDb - 10,
  endMs: 0,
});

describe('the live line', () => {
  it('says which devices are not there', () => {
    expect(liveLine(seen(), 200)).toBe('no microphone          idle            no loudspeaker');
    const error = new DeviceError('DEVICE_LOST', 'gone; plug it in');
    expect(
      liveLine(seen(...opened, level(-20), { type: 'device-lost', device: 'microphone', error }), 200),
    ).toBe('no microphone          idle');
  });

  it.each([
    [0, '[############]    0 dB'],
    [-30, '[######......]  -30 dB'],
    [-60, '[............]  -60 dB'],
    [-120, '[............]  silent'],
  ])('shows a peak of %f dB as a bar', (db, shown) => {
    expect(liveLine(seen(...opened, level(db)), 200)).toBe(`mic ${shown}          idle`);
  });

  it('shows who speaks, what the loop does, and how long the last answer and the last interruption took', () => {
    const live = seen(
      ...opened,
      level(-12),
      { type: 'speech-started', onsetMs: 0 },
      { type: 'state-changed', state: { name: 'replying' } },
      { type: 'latency-measured', of: 'reply-heard', valueMs: 811.6 },
      { type: 'latency-measured', of: 'onset-to-silence', valueMs: 183.2 },
      { type: 'latency-measured', of: 'synthesis', valueMs: 5 },
      { type: 'degraded-mode-entered' },
    );
    expect(liveLine(live, 200)).toBe(
      'mic [##########..]  -12 dB  speech  replying        service unreachable  answer 812 ms  silent after 183 ms',
    );
    const quiet = followLive(live, {
      type: 'speech-ended',
      atMs: 1,
      onsetMs: 0,
      endOfSpeechMs: 1,
    } as PipelineEvent);
    expect(liveLine(followLive(quiet, { type: 'microphone-muted', muted: true, atMs: 1 }), 200)).toContain(
      '  muted   replying',
    );
  });

  it('is never as wide as the terminal, or it would be two', () => {
    expect(liveLine(seen(...opened, level(-12)), 18)).toBe('mic [##########..');
    expect(liveLine(seen(), 0)).toBe('');
  });
});
