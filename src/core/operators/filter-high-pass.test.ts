import { from, toArray } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { describeOperatorContract } from '../../testing/contracts/operator.contract.js';
import { type AudioFrame, audioFrame } from '../audio/audio-frame.js';
import { createHighPass } from '../audio/high-pass.js';
import { rmsDb } from '../audio/levels.js';
import { filterHighPass } from './filter-high-pass.js';

const format = { sampleRateHz: 16_000, channels: 1 };
const sine = (hz: number, length = 16_000) =>
  Float32Array.from({ length }, (_, n) => Math.sin((2 * Math.PI * hz * n) / 16_000) / 2);
const frames = (samples: Float32Array): AudioFrame[] =>
  Array.from({ length: samples.length / 160 }, (_, n) =>
    audioFrame(format, samples.slice(n * 160, n * 160 + 160), n * 10),
  );
const filtered = (samples: Float32Array): AudioFrame[] => {
  const filter = createHighPass(16_000);
  return frames(samples).map((frame) => ({ ...frame, samples: filter.process(frame.samples) }));
};

describeOperatorContract<AudioFrame, AudioFrame>({ describe, it, expect }, 'filterHighPass', {
  create: () => filterHighPass(),
  values: frames(sine(100, 480)),
  emitted: filtered(sine(100, 480)),
  pending: [],
  atTheBound: { keepsNothing: 'it keeps two samples of state' },
});

describe('filterHighPass', () => {
  const level = (hz: number, cutoffHz: number) => {
    let out: AudioFrame[] = [];
    from(frames(sine(hz)))
      .pipe(filterHighPass({ cutoffHz }), toArray())
      .subscribe((all) => (out = all));
    return rmsDb(out[90]?.samples ?? new Float32Array(1)) - rmsDb(sine(hz));
  };

  it('removes hum and keeps speech, at the cutoff it is given', () => {
    expect(level(50, 200)).toBeLessThan(-20);
    expect(Math.abs(level(1000, 200))).toBeLessThan(0.3);
    expect(Math.abs(level(300, 80))).toBeLessThan(0.5);
  });

  it('refuses a cutoff out of range, and a frame that is not mono', () => {
    expect(() => filterHighPass({ cutoffHz: 5 })).toThrow(/cutoffHz/);
    const errors: unknown[] = [];
    from([audioFrame({ sampleRateHz: 16_000, channels: 2 }, new Float32Array(4), 0)])
      .pipe(filterHighPass())
      .subscribe({ error: (error) => errors.push(error) });
    expect(errors).toMatchObject([{ code: 'AUDIO_FORMAT_UNSUPPORTED' }]);
  });
});
