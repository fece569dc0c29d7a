import { describe, expect, it } from 'vitest';
import { noise } from '../../testing/signals.js';
import { convertSampleRate } from '../audio/sample-rate-converter.js';
import { createPlayoutTape } from './playout-tape.js';
import { createPlayoutWriter } from './playout-writer.js';

/** A driver stream that gives back whatever it is told to. */
function setup(format: { sampleRateHz: number; channels: number }, deviceHz: number, base = 0) {
  let taken: number[] = [];
  let back = 0;
  const tape = createPlayoutTape(format);
  tape.appendSilence(base);
  const stream = {
    format: { sampleRateHz: deviceHz, channels: format.channels },
    leadMs: 20,
    write: (samples: Float32Array) => {
      taken.push(...samples);
    },
    recall() {
      taken = taken.slice(0, taken.length - back * format.channels);
      return back;
    },
  };
  const writer = createPlayoutWriter('it', format, stream, tape, base);
  return {
    tape,
    writer,
    taken: () => taken,
    giveBack(frames: number) {
      back = frames;
      return writer.recall();
    },
  };
}

const mono48 = { sampleRateHz: 48_000, channels: 1 };

describe('createPlayoutWriter', () => {
  it('hands over what is new, sample by sample at the same rate', () => {
    const { tape, writer, taken } = setup(mono48, 48_000, 100);
    tape.append(Float32Array.of(1, 2, 3));
    writer.sync();
    writer.sync();
    tape.append(Float32Array.of(4));
    writer.sync();
    expect([taken(), writer.handed, writer.lookahead, writer.history]).toEqual([[1, 2, 3, 4], 4, 0, 0]);
  });

  it('goes on behind what was taken back, at the same rate', () => {
    const { tape, writer, taken, giveBack } = setup(mono48, 48_000, 100);
    tape.append(Float32Array.of(1, 2, 3, 4));
    writer.sync();
    expect(giveBack(2)).toBe(102);
    tape.truncate(102);
    tape.append(Float32Array.of(7, 8, 9));
    writer.sync();
    expect(taken()).toEqual([1, 2, 7, 8, 9]);
    // More than there is can not be taken back.
    expect(giveBack(100)).toBe(100);
  });

  it.each([44_100, 16_000, 96_000, 22_050])(
    'converts to %s Hz as if it had been done in one piece',
    (deviceHz) => {
      const { tape, writer, taken } = setup(mono48, deviceHz);
      const samples = noise({ sampleRateHz: 48_000, durationMs: 300 });
      for (let at = 0; at < samples.length; at += 240) {
        tape.append(samples.slice(at, at + 240));
        writer.sync();
      }
      const whole = convertSampleRate(samples, 48_000, deviceHz);
      expect(taken().length).toBeGreaterThan(whole.length * 0.96);
      expect(taken()).toEqual(Array.from(whole.subarray(0, taken().length)));
      expect(writer.handed).toBeCloseTo((taken().length * 48_000) / deviceHz, 6);
    },
  );

  it.each([44_100, 16_000, 96_000, 22_050])(
    'converts to %s Hz as if nothing had been taken back when the same follows again, and as the new when that follows',
    (deviceHz) => {
      const before = noise({ sampleRateHz: 48_000, durationMs: 300 });
      const other = noise({ sampleRateHz: 48_000, durationMs: 300, seed: 2 });
      for (const after of [before, other]) {
        const { tape, writer, taken, giveBack } = setup(mono48, deviceHz, 37);
        tape.append(before.slice(0, 12_000));
        writer.sync();
        const kept = giveBack(Math.round(deviceHz * 0.023)) - 37;
        expect(kept).toBeGreaterThan(12_000 - 0.035 * 48_000);
        tape.truncate(37 + kept);
        tape.append(after.slice(kept));
        writer.sync();
        const spliced = before.slice();
        spliced.set(after.subarray(kept), kept);
        const whole = convertSampleRate(spliced, 48_000, deviceHz);
        const errors = taken().map((sample, index) => Math.abs(sample - (whole[index] as number)));
        expect(errors.length).toBeGreaterThan(whole.length * 0.96);
        // Around the seam the filter had looked ahead at what was taken back.
        const seam = Math.round((kept * deviceHz) / 48_000);
        const reach = Math.ceil((writer.lookahead * deviceHz) / 48_000) + 2;
        expect(Math.max(...errors.slice(0, seam - reach))).toBeLessThan(1e-6);
        expect(Math.max(...errors.slice(seam + 2))).toBeLessThan(1e-6);
      }
    },
  );

  it('converts each channel for itself', () => {
    const { tape, writer, taken } = setup({ sampleRateHz: 48_000, channels: 2 }, 16_000);
    const left = noise({ sampleRateHz: 48_000, durationMs: 100 });
    const right = noise({ sampleRateHz: 48_000, durationMs: 100, seed: 2 });
    tape.append(
      Float32Array.from(
        { length: 2 * left.length },
        (_, i) => (i % 2 === 0 ? left : right)[i >> 1] as number,
      ),
    );
    writer.sync();
    const channel = (index: number): number[] => taken().filter((_, at) => at % 2 === index);
    const expected = (samples: Float32Array): number[] =>
      Array.from(convertSampleRate(samples, 48_000, 16_000).subarray(0, taken().length / 2));
    expect([channel(0), channel(1)]).toEqual([expected(left), expected(right)]);
  });

  it('follows the tape when the stream turns out to begin elsewhere', () => {
    const { tape, writer, taken } = setup(mono48, 48_000, 100);
    tape.append(Float32Array.of(1, 2));
    writer.sync();
    expect(tape.stretchSilence(50, 7)).toBe(true);
    writer.shift(7);
    tape.append(Float32Array.of(3));
    writer.sync();
    expect(taken()).toEqual([1, 2, 3]);
  });
});
