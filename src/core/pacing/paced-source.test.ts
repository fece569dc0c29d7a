import { Subject } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { createVirtualClock } from '../../testing/virtual-clock.js';
import type { AudioFrame } from '../audio/audio-frame.js';
import { type PacedSourceOptions, pacedSource } from './paced-source.js';
import { createTimeBase } from './time-base.js';

const mono16 = { sampleRateHz: 16_000, channels: 1 };

function setup(options: Partial<PacedSourceOptions> = {}) {
  const clock = createVirtualClock();
  const timeBase = createTimeBase(clock.scheduler);
  const asked: number[] = [];
  const source = pacedSource({
    format: mono16,
    timeBase,
    nextPeriod: (samplesPerChannel, period) => {
      asked.push(period);
      return new Float32Array(samplesPerChannel).fill(period / 1000);
    },
    ...options,
  });
  const frames: AudioFrame[] = [];
  const seen: string[] = [];
  const capture = () =>
    source.capture().subscribe({
      next: (frame) => {
        frames.push(frame);
        seen.push(`${frame.timestampMs}@${clock.nowMs}`);
      },
      error: (error) => seen.push(`${error.code}@${clock.nowMs}`),
      complete: () => seen.push(`complete@${clock.nowMs}`),
    });
  return { clock, timeBase, asked, frames, seen, capture };
}

describe('pacedSource', () => {
  it('emits each period at its end, stamped with its start', () => {
    const { clock, seen, asked, capture } = setup();
    capture();
    clock.run(35);
    expect(seen).toEqual(['0@10', '10@20', '20@30']);
    expect(asked).toEqual([0, 1, 2]);
  });

  it('begins with the first whole period when opened in the middle of one', () => {
    const { clock, seen, capture } = setup();
    clock.run(13);
    capture();
    clock.run(45);
    expect(seen).toEqual(['20@30', '30@40']);
  });

  it('completes when there is nothing more, or after a short last period', () => {
    const blocks = [new Float32Array(160), new Float32Array(40), new Float32Array(160)];
    const ended = setup({ nextPeriod: () => null });
    ended.capture();
    ended.clock.run(50);
    expect(ended.seen).toEqual(['complete@10']);

    const short = setup({ nextPeriod: () => blocks.shift() ?? null });
    short.capture();
    short.clock.run(50);
    expect(short.seen).toEqual(['0@10', '10@20', 'complete@20']);
    expect(short.frames.map((frame) => frame.samplesPerChannel)).toEqual([160, 40]);
  });

  it('keeps its exact pace where a period is no whole number of samples', () => {
    const { clock, frames, capture } = setup({ format: { sampleRateHz: 11_025, channels: 1 } });
    capture();
    clock.run(1000);
    const total = frames.reduce((sum, frame) => sum + frame.samplesPerChannel, 0);
    expect(total).toBe(11_025);
    for (const [index, frame] of frames.entries()) {
      const before = frames
        .slice(0, index)
        .reduce((sum, { samplesPerChannel }) => sum + samplesPerChannel, 0);
      expect(frame.timestampMs).toBeCloseTo((before * 1000) / 11_025, 9);
    }
  });

  it('errors when the device vanishes, and stops', () => {
    const lost$ = new Subject<void>();
    const { clock, seen, capture } = setup({ lost$ });
    capture();
    clock.run(15);
    lost$.next();
    clock.run(50);
    expect(seen).toEqual(['0@10', 'DEVICE_LOST@15']);
    expect(lost$.observed).toBe(false);
  });

  it('turns a failing or overflowing nextPeriod into an error of the stream', () => {
    const cause = new Error('read error');
    const failing = setup({
      nextPeriod: () => {
        throw cause;
      },
    });
    failing.capture();
    failing.clock.run(50);
    expect(failing.seen).toEqual(['DEVICE_BACKEND@10']);

    const overflowing = setup({ nextPeriod: (count) => new Float32Array(count + 1) });
    overflowing.capture();
    overflowing.clock.run(50);
    expect(overflowing.seen).toEqual(['DEVICE_BACKEND@10']);
  });

  it('asks for nothing once unsubscribed', () => {
    const { clock, asked, capture } = setup();
    const subscription = capture();
    clock.run(20);
    subscription.unsubscribe();
    clock.run(100);
    expect(asked).toEqual([0, 1]);
  });

  it('refuses bad options', () => {
    expect(() => setup({ format: { sampleRateHz: 7999, channels: 1 } })).toThrow(
      'format.sampleRateHz must be a whole number from 8000 to 192000 Hz, but is 7999',
    );
    expect(() => setup({ timeBase: undefined as never })).toThrow('createTimeBase(scheduler)');
  });
});
