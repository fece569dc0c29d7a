import { describe, expect, it } from 'vitest';
import { audioFrame } from '../audio-frame.js';
import { createWaitingFrames, tame } from './waiting-frames.js';

const frame = (...samples: readonly number[]) =>
  audioFrame({ sampleRateHz: 16_000, channels: 1 }, Float32Array.from(samples), samples[0] as number);

describe('createWaitingFrames', () => {
  it('gives the samples of all frames as one run, whatever is read at a time', () => {
    const frames = createWaitingFrames();
    for (const each of [frame(1, 2, 3), frame(4), frame(5, 6)]) frames.push(each);
    const [two, three] = [new Float64Array(2), new Float64Array(3)];

    expect(frames.unreadSamples).toBe(6);
    frames.read(two);
    frames.read(three);

    expect([...two, ...three]).toEqual([1, 2, 3, 4, 5]);
    expect(frames.unreadSamples).toBe(1);
  });

  it('gives silence behind the last frame, and goes on with the next', () => {
    const frames = createWaitingFrames();
    const target = new Float64Array(3);
    frames.push(frame(1));

    frames.read(target);
    expect([...target]).toEqual([1, 0, 0]);
    frames.push(frame(2, 3, 4));
    frames.read(target);

    expect([...target]).toEqual([2, 3, 4]);
  });

  it('keeps a frame until it is dropped, and the place where it reads', () => {
    const frames = createWaitingFrames();
    for (const each of [frame(1, 2), frame(3, 4)]) frames.push(each);
    const target = new Float64Array(3);
    frames.read(target);

    expect(frames.oldest?.timestampMs).toBe(1);
    frames.drop();
    expect(frames.oldest?.timestampMs).toBe(3);
    frames.read(target);

    expect([...target]).toEqual([4, 0, 0]);
    frames.drop();
    expect(frames.oldest).toBeUndefined();
    frames.drop();
  });

  it('does not give what was dropped unread', () => {
    const frames = createWaitingFrames();
    for (const each of [frame(1, 2, 3), frame(4)]) frames.push(each);
    frames.read(new Float64Array(1));

    frames.drop();

    expect(frames.unreadSamples).toBe(1);
    const target = new Float64Array(1);
    frames.read(target);
    expect([...target]).toEqual([4]);
  });

  it('refuses frames without samples when a thousand of them wait, and takes them again once some are dropped', () => {
    const frames = createWaitingFrames();
    const empty = audioFrame({ sampleRateHz: 16_000, channels: 1 }, new Float32Array(0), 0);
    frames.push(frame(1, 2));
    for (let n = 0; n < 1000; n++) frames.push(empty);
    frames.push(frame(3));

    expect(() => frames.push(empty)).toThrow(
      /^\[AUDIO_FORMAT_UNSUPPORTED\] .* got 1000 captured frames without samples .*; give frames with samples, or none$/,
    );
    const target = new Float64Array(3);
    frames.read(target);
    expect([...target]).toEqual([1, 2, 3]);
    frames.drop();
    expect(() => frames.push(empty)).toThrow();
    frames.drop();
    frames.push(empty);
    expect(() => frames.push(empty)).toThrow();
  });

  it('tames what would spoil a filter for ever', () => {
    expect([Number.NaN, Infinity, -Infinity, 1e30, -9, 0.5].map(tame)).toEqual([0, 0, 0, 8, -8, 0.5]);
  });
});
