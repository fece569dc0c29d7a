import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type AudioFrame, audioFrame, durationMs } from './audio-frame.js';
import { createFrameRing } from './frame-ring.js';

const format = { sampleRateHz: 16_000, channels: 1 };

function frameOf(ms: number, timestampMs = 0): AudioFrame {
  return audioFrame(format, new Float32Array(ms * 16), timestampMs);
}

describe('a frame ring', () => {
  it('gives back what it was given, oldest first, and is empty then', () => {
    const ring = createFrameRing(100);
    const frames = [frameOf(10, 0), frameOf(20, 10), frameOf(10, 30)];
    frames.forEach(ring.push);

    expect(ring.heldMs).toBe(40);
    expect(ring.drain()).toEqual(frames);
    expect(ring.heldMs).toBe(0);
    expect(ring.drain()).toEqual([]);
  });

  it('drops the oldest whole frames when it is full, and counts them', () => {
    const ring = createFrameRing(30);
    const frames = [frameOf(10, 0), frameOf(10, 10), frameOf(10, 20), frameOf(15, 30)];
    frames.forEach(ring.push);

    expect(ring.drain()).toEqual(frames.slice(2));
    expect(ring.droppedMs).toBe(20);
  });

  it('drops a frame that is longer than itself', () => {
    const ring = createFrameRing(30);
    ring.push(frameOf(10));
    ring.push(frameOf(40));

    expect(ring.drain()).toEqual([]);
    expect(ring.heldMs).toBe(0);
    expect(ring.droppedMs).toBe(50);
  });

  it('does not count what was cleared', () => {
    const ring = createFrameRing(30);
    ring.push(frameOf(10));
    ring.clear();

    expect(ring.heldMs).toBe(0);
    expect(ring.droppedMs).toBe(0);
    expect(ring.drain()).toEqual([]);
  });

  it('holds nothing when its capacity is 0', () => {
    const ring = createFrameRing(0);
    ring.push(frameOf(10));

    expect(ring.drain()).toEqual([]);
    expect(ring.droppedMs).toBe(10);
  });

  it('holds exactly as many frames of an odd length as fit, however rounding falls', () => {
    const oddFrame = audioFrame({ sampleRateHz: 44_100, channels: 1 }, new Float32Array(1024), 0);
    for (let count = 1; count <= 200; count++) {
      const ring = createFrameRing((count * 1024 * 1000) / 44_100);
      for (let i = 0; i < 1000; i++) ring.push(oddFrame);

      expect(ring.drain()).toHaveLength(count);
    }
  });

  it('always holds the newest run of frames that fits, and loses none uncounted', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 200 }),
        fc.array(fc.integer({ min: 1, max: 60 }), { maxLength: 80 }),
        (capacityMs, lengths) => {
          const ring = createFrameRing(capacityMs);
          const frames = lengths.map((ms) => frameOf(ms));
          frames.forEach(ring.push);
          const heldMs = ring.heldMs;
          const held = ring.drain();

          expect(held).toEqual(frames.slice(frames.length - held.length));
          expect(heldMs).toBeCloseTo(
            held.reduce((sum, frame) => sum + durationMs(frame), 0),
            6,
          );
          expect(heldMs).toBeLessThanOrEqual(capacityMs);
          expect(heldMs + ring.droppedMs).toBeCloseTo(
            lengths.reduce((a, b) => a + b, 0),
            6,
          );
        },
      ),
    );
  });

  it.each([-1, Number.NaN, 600_001, Number.POSITIVE_INFINITY])('refuses a capacity of %d', (capacityMs) => {
    expect(() => createFrameRing(capacityMs)).toThrow(
      /\[OPTION_INVALID\] frame ring: capacityMs must be a number from 0 to 600000 ms/,
    );
  });
});
