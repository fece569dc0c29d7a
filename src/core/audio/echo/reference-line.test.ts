import { describe, expect, it } from 'vitest';
import { type AudioFrame, audioFrame, type PcmFormat } from '../audio-frame.js';
import { createReferenceLine, type ReferenceLineOptions } from './reference-line.js';

const mono: PcmFormat = { sampleRateHz: 16_000, channels: 1 };

/** A line whose index 0 is at 1000 ms. */
const lineFrom1000 = (options: Partial<ReferenceLineOptions> = {}) =>
  createReferenceLine({
    sampleRateHz: 16_000,
    leadMs: 0,
    indexAt: (ms) => (ms - 1000) * 16,
    isSteered: false,
    ...options,
  });

/** 10 ms whose samples say which they are. */
const numbered = (timestampMs: number, first: number, format = mono): AudioFrame =>
  audioFrame(
    format,
    Float32Array.from(
      { length: (format.sampleRateHz / 100) * format.channels },
      (_, i) => (first + i) / 2 ** 14,
    ),
    timestampMs,
  );

const read = (line: ReturnType<typeof lineFrom1000>, count: number) => {
  const target = new Float64Array(count);
  const unknown = line.read(target);
  return { samples: [...target].map((sample) => sample * 2 ** 14), unknown };
};

const counting = (first: number, count: number) => Array.from({ length: count }, (_, i) => first + i);

describe('createReferenceLine', () => {
  it('gives the samples of the time that is read', () => {
    const line = lineFrom1000();
    line.push(numbered(1000, 1));
    line.push(numbered(1010, 161));

    expect(line.has(320)).toBe(true);
    expect(line.has(321)).toBe(false);
    line.move(80);
    expect(read(line, 160)).toEqual({ samples: counting(81, 160), unknown: 0 });
  });

  it('moves the reference ahead by the lead', () => {
    const line = lineFrom1000({ leadMs: 5 });
    line.push(numbered(1000, 1));

    expect(read(line, 80)).toEqual({ samples: counting(81, 80), unknown: 0 });
  });

  it('is silent where nothing was rendered, and says how much it did not know', () => {
    const line = lineFrom1000();
    line.push(numbered(1000, 1));
    line.push(numbered(1020, 1));

    expect(read(line, 160).samples).toEqual(counting(1, 160));
    expect(read(line, 160)).toEqual({ samples: new Array(160).fill(0), unknown: 0 });
    expect(read(line, 240)).toEqual({
      samples: [...counting(1, 160), ...new Array(80).fill(0)],
      unknown: 80,
    });
    expect(line.realignments).toBe(1);
  });

  it('counts what came too late, and still knows it when the line goes back', () => {
    const line = lineFrom1000();
    line.push(numbered(1000, 1));
    read(line, 320);

    line.push(numbered(1010, 161));

    expect(line.lateSamples).toBe(160);
    line.move(-160);
    expect(read(line, 160)).toEqual({ samples: counting(161, 160), unknown: 0 });
  });

  it('believes the later of two statements about the same time', () => {
    const line = lineFrom1000();
    for (const frame of [numbered(1000, 1), numbered(1010, 161), numbered(1010, 7000)]) line.push(frame);

    expect(read(line, 320).samples).toEqual([...counting(1, 160), ...counting(7000, 160)]);
  });

  it('refuses what is stamped further ahead than it has room, and counts it', () => {
    const line = lineFrom1000();
    read(line, 160);

    line.push(numbered(1000 + 4096, 1));
    line.push(numbered(1000 + 4106, 161));

    expect(line.droppedSamples).toBe(160);
    line.move(2 ** 16 - 160);
    expect(read(line, 160)).toEqual({ samples: counting(1, 160), unknown: 0 });
  });

  it('forgets what is older than its room, instead of giving something else', () => {
    const line = lineFrom1000();
    for (let frame = 0; frame < 500; frame++) {
      line.push(numbered(1000 + 10 * frame, 1));
      read(line, 160);
    }

    line.move(-80_000);

    expect(read(line, 160)).toEqual({ samples: new Array(160).fill(0), unknown: 160 });
  });

  it('takes any layout, also in the middle of the stream', () => {
    const line = lineFrom1000();
    const stereo: PcmFormat = { sampleRateHz: 48_000, channels: 2 };
    const constant = (format: PcmFormat, timestampMs: number) =>
      audioFrame(
        format,
        new Float32Array((format.sampleRateHz / 100) * format.channels).fill(0.25),
        timestampMs,
      );
    for (let frame = 0; frame < 10; frame++) line.push(constant(mono, 1000 + 10 * frame));
    for (let frame = 10; frame < 20; frame++) line.push(constant(stereo, 1000 + 10 * frame));

    const { samples } = read(line, 3000);

    expect(line.realignments).toBe(1);
    for (const sample of samples.slice(0, 1590)) expect(sample / 2 ** 14).toBeCloseTo(0.25, 3);
    for (const sample of samples.slice(1650)) expect(sample / 2 ** 14).toBeCloseTo(0.25, 3);
  });

  it('tells once, when it has been read, that the reference goes on at another place', () => {
    const line = lineFrom1000();
    line.push(numbered(1000, 1));
    line.push(numbered(1050, 1));
    const told: boolean[] = [];

    for (let block = 0; block < 7; block++) {
      line.read(new Float64Array(160));
      told.push(line.takeRealignment());
    }

    expect(told).toEqual([false, false, false, false, false, true, false]);
  });

  it('follows in silence when the time stamps have moved by themselves, and not while there is sound', () => {
    const moving = (sample: number) => {
      const line = lineFrom1000();
      // 300 ppm for ten seconds.
      for (let frame = 0; frame < 1000; frame++) {
        const samples = new Float32Array(160).fill(sample);
        line.push(audioFrame(mono, samples, 1000 + frame * 10 * (1 + 300e-6)));
        read(line, 160);
      }
      return line.realignments;
    };

    expect(moving(0)).toBeGreaterThanOrEqual(3);
    expect(moving(0.1)).toBe(0);
  });

  it('does not take jitter for that, nor what it was steered', () => {
    const line = lineFrom1000({ isSteered: true });
    line.steer(100);
    for (let frame = 0; frame < 2000; frame++) {
      const jitterMs = frame === 0 ? 0 : frame % 2 === 0 ? 3 : -3;
      line.push(audioFrame(mono, new Float32Array(160), 1000 + frame * 10 + jitterMs));
      read(line, 160);
    }

    expect(line.realignments).toBe(0);
  });

  it('reads faster or slower when it is steered', () => {
    const line = lineFrom1000({ isSteered: true });
    line.steer(250);
    for (let frame = 0; frame < 400; frame++) line.push(numbered(1000 + 10 * frame, 1 + 160 * (frame % 2)));

    // 4 s at 250 ppm are a millisecond less.
    expect(line.has(63_900)).toBe(true);
    expect(line.has(64_000 - 14)).toBe(false);
    expect(line.realignments).toBe(0);
  });

  it('goes back to the time stamps in silence when it has crept away from them', () => {
    const line = lineFrom1000({ isSteered: true });
    const silent = (timestampMs: number) => audioFrame(mono, new Float32Array(160), timestampMs);
    line.steer(300);
    // 110 s at 300 ppm are 33 ms.
    for (let frame = 0; frame < 11_000; frame++) {
      line.push(frame % 100 < 99 ? numbered(1000 + 10 * frame, 1) : silent(1000 + 10 * frame));
      read(line, 160);
    }
    expect(line.realignments).toBe(0);

    for (let frame = 11_000; frame < 11_060; frame++) line.push(silent(1000 + 10 * frame));

    expect(line.realignments).toBe(1);
  });

  it('is not poisoned by samples that are no numbers', () => {
    const line = lineFrom1000();
    const bad = numbered(1000, 1);
    bad.samples[5] = Number.NaN;
    line.push(bad);

    expect(read(line, 160).samples.every(Number.isFinite)).toBe(true);
  });
});
