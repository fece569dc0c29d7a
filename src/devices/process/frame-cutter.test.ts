import { describe, expect, it } from 'vitest';
import { createFrameCutter } from './frame-cutter.js';

describe('whole sample frames', () => {
  it('come out in order and complete, wherever the stream was cut', () => {
    const bytes = Uint8Array.from({ length: 240 }, (_, index) => index);
    for (const step of [1, 2, 3, 5, 7, 12, 13, 100]) {
      const cutter = createFrameCutter(12);
      const got: number[] = [];
      for (let at = 0; at < bytes.length; at += step) {
        const whole = cutter.push(bytes.subarray(at, at + step));
        expect(whole.length % 12).toBe(0);
        got.push(...whole);
      }
      expect(got).toEqual(Array.from(bytes));
    }
  });

  it('keep what waits, though the bytes it came in are used again', () => {
    const cutter = createFrameCutter(4);
    const buffer = Uint8Array.of(1, 2, 3);
    expect(cutter.push(buffer).length).toBe(0);
    buffer.fill(9);
    expect(Array.from(cutter.push(Uint8Array.of(4)))).toEqual([1, 2, 3, 4]);
  });
});
