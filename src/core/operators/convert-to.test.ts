import { from, toArray } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { describeOperatorContract } from '../../testing/contracts/operator.contract.js';
import { type AudioFrame, audioFrame, endMs } from '../audio/audio-frame.js';
import { convertSampleRate } from '../audio/sample-rate-converter.js';
import { convertTo } from './convert-to.js';

const at48 = { sampleRateHz: 48_000, channels: 1 };
const at16 = { sampleRateHz: 16_000, channels: 1 };
const sine = (length: number, rateHz: number, hz = 440) =>
  Float32Array.from({ length }, (_, n) => Math.sin((2 * Math.PI * hz * n) / rateHz) / 2);
const cut = (samples: Float32Array, size: number, startMs = 0): AudioFrame[] =>
  Array.from({ length: Math.ceil(samples.length / size) }, (_, n) =>
    audioFrame(at48, samples.slice(n * size, (n + 1) * size), startMs + (n * size) / 48),
  );
const collect = (frames: readonly AudioFrame[], format = at16): AudioFrame[] => {
  let out: AudioFrame[] = [];
  from(frames)
    .pipe(convertTo(format), toArray())
    .subscribe((all) => (out = all));
  return out;
};
const samplesOf = (frames: readonly AudioFrame[]) => frames.flatMap(({ samples }) => [...samples]);

const source = cut(sine(4800, 48_000), 480);
const all = collect(source);
describeOperatorContract<AudioFrame, AudioFrame>({ describe, it, expect }, 'convertTo', {
  create: () => convertTo(at16),
  values: source,
  emitted: all.slice(0, -1),
  pending: all.slice(-1),
  atTheBound: () => {
    const frames = cut(sine(48_000, 48_000), 480);
    let emitted = 0;
    from(frames)
      .pipe(convertTo(at16))
      .subscribe(({ samplesPerChannel, timestampMs }) => {
        emitted = timestampMs * 16 + samplesPerChannel;
      });
    expect(emitted).toBe(16_000);
  },
});

describe('convertTo', () => {
  it('gives the samples of the one-shot converter, at the time they belong to', () => {
    expect(samplesOf(all)).toEqual([...convertSampleRate(sine(4800, 48_000), 48_000, 16_000)]);
    for (const [index, frame] of all.entries()) {
      expect(frame.timestampMs).toBeCloseTo(index === 0 ? 0 : endMs(all[index - 1] as AudioFrame), 9);
    }
  });

  it.each([100, -100])('follows the time stamps of a clock that is %i ppm off, for a minute', (ppm) => {
    const frameMs = 10 * (1 + ppm / 1e6);
    const block = sine(480, 48_000);
    const frames = Array.from({ length: 6000 }, (_, n) => audioFrame(at48, block, n * frameMs));
    const last = collect(frames).at(-1) as AudioFrame;
    expect(endMs(last)).toBeCloseTo(6000 * frameMs, 1);
  });

  it('lets frames of the wanted layout pass untouched', () => {
    expect(collect(source, at48)).toEqual(source);
    expect(collect(source, at48)[0]).toBe(source[0]);
  });

  it('mixes down to mono and duplicates to more channels', () => {
    const stereo = { sampleRateHz: 16_000, channels: 2 };
    const frame = audioFrame(stereo, Float32Array.from([0.5, 0.25, -0.5, -0.25]), 0);
    expect(samplesOf(collect([frame]))).toEqual([0.375, -0.375]);
    expect(samplesOf(collect([audioFrame(at16, Float32Array.from([0.5, -0.25]), 0)], stereo))).toEqual([
      0.5, 0.5, -0.25, -0.25,
    ]);
  });

  it('ends the stretch before a jump in time and begins anew after it', () => {
    const out = collect([...cut(sine(960, 48_000), 480), ...cut(sine(960, 48_000), 480, 1000)]);
    const first = out.filter(({ timestampMs }) => timestampMs < 500);
    const second = out.filter(({ timestampMs }) => timestampMs >= 500);
    expect(samplesOf(first)).toHaveLength(320);
    expect(samplesOf(second)).toHaveLength(320);
    expect(second[0]?.timestampMs).toBe(1000);
  });

  it('follows a source that changes its rate', () => {
    const out = collect([...cut(sine(480, 48_000), 480), audioFrame(at16, sine(160, 16_000), 10)]);
    expect(samplesOf(out)).toHaveLength(320);
  });

  it('refuses a rate out of range', () => {
    expect(() => convertTo({ sampleRateHz: 0, channels: 1 })).toThrow(
      /sampleRateHz must be a whole number from 4000 to 384000 Hz, but is 0/,
    );
  });
});
