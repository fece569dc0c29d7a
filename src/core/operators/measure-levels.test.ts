import { from } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { describeOperatorContract } from '../../testing/contracts/operator.contract.js';
import { type AudioFrame, audioFrame } from '../audio/audio-frame.js';
import { type Level, measureLevels } from './measure-levels.js';

const format = { sampleRateHz: 1000, channels: 1 };
const frame = (value: number, n: number) => audioFrame(format, new Float32Array(10).fill(value), n * 10);
const rounded = ({ endMs, rmsDb, peakDb }: Level) => [endMs, Math.round(rmsDb), Math.round(peakDb)];

describeOperatorContract<AudioFrame, Level>({ describe, it, expect }, 'measureLevels', {
  create: () => measureLevels({ intervalMs: 20 }),
  values: [1, 1, 0.1, 0.1, 0.5].map(frame),
  emitted: [
    { endMs: 20, rmsDb: 0, peakDb: 0 },
    { endMs: 40, rmsDb: -20, peakDb: -20 },
  ],
  pending: [],
  compare: rounded,
  atTheBound: () => {
    const levels: Level[] = [];
    from([audioFrame(format, new Float32Array(5000).fill(0.1), 0)])
      .pipe(measureLevels({ intervalMs: 20 }))
      .subscribe((level) => levels.push(level));
    expect(levels.map(rounded)).toEqual([[5000, -20, -20]]);
  },
});

describe('measureLevels', () => {
  it('weighs loud and quiet parts of a stretch by their length, and calls silence -120', () => {
    const levels: Level[] = [];
    from([1, 0, 0, 0].map(frame))
      .pipe(measureLevels({ intervalMs: 20 }))
      .subscribe((level) => levels.push(level));
    expect(levels.map(rounded)).toEqual([
      [20, -3, 0],
      [40, -120, -120],
    ]);
  });

  it('refuses an interval out of range', () => {
    expect(() => measureLevels({ intervalMs: 1 })).toThrow(
      /intervalMs must be a whole number from 5 to 10000 ms, but is 1/,
    );
  });
});
