import { describe, expect, it } from 'vitest';
import { noiseAt } from './background-noise.js';
import { createSoundScene, maxPendingMs } from './sound-scene.js';

const scene = (noiseDb = Number.NEGATIVE_INFINITY, channels = 1, seed = 1) =>
  createSoundScene({ format: { sampleRateHz: 16_000, channels }, noiseDb, seed, maxPendingMs });

describe('createSoundScene', () => {
  it('is silent until something is said, and lets it be heard at its sample', () => {
    const room = scene();
    expect(room.say(Float32Array.of(0.25, 0.5, 0.75), 5)).toBe(5);
    expect(Array.from(room.listen(0, 4))).toEqual([0, 0, 0, 0]);
    expect(Array.from(room.listen(4, 3))).toEqual([0, 0.25, 0.5]);
    expect(Array.from(room.listen(7, 3))).toEqual([0.75, 0, 0]);
  });

  it('says one thing after the other', () => {
    const room = scene();
    expect([room.say(new Float32Array(100).fill(0.5), 10), room.say(Float32Array.of(1), 50)]).toEqual([
      10, 110,
    ]);
    expect(Array.from(room.listen(109, 3))).toEqual([0.5, 1, 0]);
  });

  it('forgets what nobody listened to', () => {
    const room = scene();
    room.say(Float32Array.of(1, 1), 0);
    expect(room.say(Float32Array.of(0.5), 1000)).toBe(1000);
    expect(Array.from(room.listen(1000, 2))).toEqual([0.5, 0]);
  });

  it('copies what is said, and puts it on every channel', () => {
    const room = scene(undefined, 2);
    const samples = Float32Array.of(0.25, 0.5);
    room.say(samples, 0);
    samples.fill(1);
    expect(Array.from(room.listen(0, 3))).toEqual([0.25, 0.25, 0.5, 0.5, 0, 0]);
  });

  it('has noise of the level that was asked for, the same wherever listening begins', () => {
    const whole = scene(-40).listen(0, 48_000);
    const rmsDb = 10 * Math.log10(whole.reduce((sum, x) => sum + x * x, 0) / whole.length);
    expect(rmsDb).toBeGreaterThan(-40.2);
    expect(rmsDb).toBeLessThan(-39.8);
    expect(Array.from(scene(-40).listen(777, 100))).toEqual(Array.from(whole.subarray(777, 877)));
    expect(Array.from(scene(-40, 1, 2).listen(0, 100))).not.toEqual(Array.from(whole.subarray(0, 100)));
  });

  it('has noise that is white: neighbours have nothing to do with each other', () => {
    const noise = Float64Array.from({ length: 100_000 }, (_, index) => noiseAt(7, index));
    const power = noise.reduce((sum, x) => sum + x * x, 0) / noise.length;
    expect(Math.abs(power - 1 / 3)).toBeLessThan(0.005);
    for (const lag of [1, 2, 3, 480, 512]) {
      let sum = 0;
      for (let i = lag; i < noise.length; i += 1) sum += (noise[i] as number) * (noise[i - lag] as number);
      expect(Math.abs(sum / noise.length / power), `lag ${lag}`).toBeLessThan(0.015);
    }
  });

  it('refuses more than can wait, and what are no samples', () => {
    const room = scene();
    room.say(new Float32Array(16_000 * 500), 0);
    expect(() => room.say(new Float32Array(16_000 * 101), 0)).toThrow('601000 ms would be waiting');
    expect(() => room.say([1, 2] as never, 0)).toThrow('samples must be a Float32Array');
  });
});
