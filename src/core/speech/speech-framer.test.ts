import { describe, expect, it } from 'vitest';
import { endMs } from '../audio/audio-frame.js';
import { createSpeechFramer } from './speech-framer.js';

const format = { sampleRateHz: 22_050, channels: 1 };
const ramp = (length: number, from = 0): Float32Array =>
  Float32Array.from({ length }, (_, index) => (from + index) / 10_000);

describe('createSpeechFramer', () => {
  it('gives the same frames however the samples come', () => {
    const whole = ramp(5000);
    for (const piece of [1, 7, 440, 441, 442, 4999, 5000]) {
      const framer = createSpeechFramer(format);
      const frames = [];
      for (let at = 0; at < whole.length; at += piece)
        frames.push(...framer.push(whole.slice(at, at + piece)));
      frames.push(...framer.end());

      expect(frames.map(({ samplesPerChannel }) => samplesPerChannel)).toEqual([...Array(11).fill(441), 149]);
      expect(Float32Array.from(frames.flatMap(({ samples }) => [...samples]))).toEqual(whole);
    }
  });

  it('begins at 0 and leaves no gap, also after hours', () => {
    const framer = createSpeechFramer({ sampleRateHz: 11_025, channels: 1 }, 7);
    let expectedMs = 0;
    for (const frame of framer.push(ramp(200_000))) {
      expect(frame.timestampMs).toBeCloseTo(expectedMs, 6);
      expectedMs = endMs(frame);
    }
    expect(expectedMs).toBeGreaterThan(18_000);
  });

  it('does not share memory with what it was given, nor between frames', () => {
    const given = ramp(882);
    const framer = createSpeechFramer(format);
    const [first, second] = framer.push(given);
    given.fill(1);
    framer.push(ramp(441, 5000));
    expect(first?.samples).toEqual(ramp(441));
    expect(second?.samples).toEqual(ramp(441, 441));
  });

  it('keeps the channels of a sample frame together', () => {
    const framer = createSpeechFramer({ sampleRateHz: 8000, channels: 2 });
    const [frame] = framer.push(ramp(400));
    expect(frame).toMatchObject({ samplesPerChannel: 160, timestampMs: 0 });
    expect(framer.end()).toMatchObject([{ samplesPerChannel: 40, timestampMs: 20 }]);
  });

  it('has nothing left of nothing', () => {
    expect(createSpeechFramer(format).end()).toEqual([]);
  });
});
