import { describe, expect, it } from 'vitest';
import { randomNumbers } from '../../../test/support/capture-device.js';
import { createPlayoutTape } from './playout-tape.js';

const mono = { sampleRateHz: 48_000, channels: 1 };
const ones = (count: number): Float32Array => new Float32Array(count).fill(1);

describe('createPlayoutTape', () => {
  it('knows which of its frames were written', () => {
    const tape = createPlayoutTape(mono);
    tape.appendSilence(5);
    tape.append(ones(3));
    tape.appendSilence(2);
    tape.append(ones(4));
    expect([tape.end, tape.written]).toEqual([14, 7]);
    expect([0, 5, 6, 6.5, 8, 9.9, 10, 12, 14, 20].map((index) => tape.writtenBefore(index))).toEqual([
      0, 0, 1, 1.5, 3, 3, 3, 5, 7, 7,
    ]);
    expect([1, 3, 4, 7, 8].map((count) => tape.endOfWritten(count))).toEqual([6, 8, 11, 14, undefined]);
    expect(Array.from(tape.read(3, 12))).toEqual([0, 0, 1, 1, 1, 0, 0, 1, 1]);
    expect(Array.from(tape.read(12, 16))).toEqual([1, 1, 0, 0]);
  });

  it('is cut, and goes on behind the cut', () => {
    const tape = createPlayoutTape(mono);
    tape.append(ones(10));
    tape.truncate(4);
    tape.truncate(6);
    expect([tape.end, tape.written, tape.endOfWritten(5)]).toEqual([4, 4, undefined]);
    tape.appendSilence(2);
    tape.append(ones(1));
    expect(Array.from(tape.read(0, 8))).toEqual([1, 1, 1, 1, 0, 0, 1, 0]);
    expect(tape.writtenBefore(7)).toBe(5);
  });

  it('keeps channels together', () => {
    const tape = createPlayoutTape({ sampleRateHz: 48_000, channels: 2 });
    tape.append(Float32Array.of(1, 2, 3, 4, 5, 6));
    expect([tape.end, Array.from(tape.read(1, 3))]).toEqual([3, [3, 4, 5, 6]]);
    tape.truncate(2);
    expect(Array.from(tape.read(0, 3))).toEqual([1, 2, 3, 4, 0, 0]);
  });

  it('moves what follows silence, where the silence is long enough', () => {
    const tape = createPlayoutTape(mono);
    tape.append(ones(2));
    tape.appendSilence(10);
    tape.append(ones(2));
    expect(tape.stretchSilence(6, 5)).toBe(true);
    expect([tape.end, tape.endOfWritten(3)]).toEqual([19, 18]);
    expect(tape.stretchSilence(6, -11)).toBe(true);
    expect(Array.from(tape.read(0, 8))).toEqual([1, 1, 0, 0, 0, 0, 1, 1]);
    expect(tape.stretchSilence(6, 3)).toBe(false);
    expect(tape.stretchSilence(1, 3)).toBe(false);
    expect(tape.stretchSilence(4, -3)).toBe(false);
    expect(tape.end).toBe(8);
  });

  it('forgets, and still counts what it forgot', () => {
    const tape = createPlayoutTape(mono);
    for (let block = 0; block < 100; block += 1) {
      tape.append(ones(10));
      tape.appendSilence(10);
      tape.forgetBefore(tape.end - 50);
    }
    expect([tape.end, tape.written, tape.writtenBefore(1990), tape.writtenBefore(100)]).toEqual([
      2000, 1000, 1000, 980,
    ]);
    expect(Array.from(tape.read(100, 110)).some((sample) => sample !== 0)).toBe(false);
  });

  it('agrees with a plain array whatever is done to it', () => {
    const random = randomNumbers(11);
    const upTo = (max: number): number => Math.floor(random() * (max + 1));
    const tape = createPlayoutTape(mono);
    let plain: number[] = [];
    for (let round = 0; round < 2000; round += 1) {
      const count = upTo(9);
      const what = upTo(5);
      if (what <= 1) {
        tape.append(ones(count));
        plain.push(...ones(count));
      } else if (what === 2) {
        tape.appendSilence(count);
        plain.push(...new Array<number>(count).fill(0));
      } else if (what === 3) {
        tape.truncate(plain.length - upTo(12));
        plain = plain.slice(0, tape.end);
      } else if (what === 4) {
        const at = upTo(plain.length);
        const by = upTo(8) - 4;
        if (tape.stretchSilence(at, by)) {
          if (by < 0) expect(plain.splice(at, -by).every((sample) => sample === 0)).toBe(true);
          else plain.splice(at, 0, ...new Array<number>(by).fill(0));
        }
      }
      const at = upTo(plain.length);
      const sum = plain.slice(0, at).reduce((total, sample) => total + sample, 0);
      expect([tape.end, tape.writtenBefore(at)]).toEqual([plain.length, sum]);
      expect(Array.from(tape.read(Math.max(0, at - 20), at))).toEqual(plain.slice(Math.max(0, at - 20), at));
    }
  });
});
