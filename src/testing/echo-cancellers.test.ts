import { from, Subject } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { type AudioFrame, audioFrame } from '../core/audio/audio-frame.js';
import { describeEchoCancellerContract } from './contracts/echo-canceller.contract.js';
import { knownEchoCanceller, passThroughEchoCanceller } from './echo-cancellers.js';
import { framesOf, noise, ramp, tone } from './signals.js';

const format = { sampleRateHz: 16_000, channels: 1 };
const echo = { delayMs: 43, gain: 0.4 };

describeEchoCancellerContract(
  { describe, it, expect },
  { name: 'passThroughEchoCanceller', create: () => passThroughEchoCanceller() },
);
describeEchoCancellerContract(
  { describe, it, expect },
  {
    name: 'knownEchoCanceller',
    create: () => knownEchoCanceller(echo),
    echo: { ...echo, convergenceMs: 0, minReductionDb: 100 },
  },
);
describeEchoCancellerContract(
  { describe, it, expect },
  {
    name: 'knownEchoCanceller for two channels at 48 kHz',
    create: () => knownEchoCanceller({ ...echo, sampleRateHz: 48_000, channels: 2 }),
    frameMs: 20,
    echo: { ...echo, convergenceMs: 0, minReductionDb: 100 },
  },
);

/** What comes out when each period is rendered before it is captured. */
function cleaned(
  near: readonly AudioFrame[],
  far: readonly (AudioFrame | undefined)[],
  delayMs: number,
): Float32Array {
  const near$ = new Subject<AudioFrame>();
  const reference$ = new Subject<AudioFrame>();
  const out: number[] = [];
  near$
    .pipe(knownEchoCanceller({ delayMs }).cancelEcho(reference$))
    .subscribe(({ samples }) => out.push(...samples));
  for (const [index, frame] of near.entries()) {
    const reference = far[index];
    if (reference !== undefined) reference$.next(reference);
    near$.next(frame);
  }
  return Float32Array.from(out);
}

describe('knownEchoCanceller', () => {
  it('leaves the near end, to the last sample, where the echo is taken out', () => {
    const far = ramp(1600);
    const voice = tone({ sampleRateHz: 16_000, durationMs: 100, frequencyHz: 440 });
    const captured = voice.map((sample, index) => Math.fround(sample + (far[index - 320] ?? 0)));

    const out = cleaned(framesOf(captured, format), framesOf(far, format), 20);

    for (const [index, sample] of out.entries()) expect(sample).toBeCloseTo(voice[index] as number, 6);
  });

  it('goes by timestamps: a gap in the reference is silence of that length', () => {
    const far = framesOf(noise({ sampleRateHz: 16_000, durationMs: 100 }), format);
    const silent = new Float32Array(160);
    // The loudspeaker lost its fifth period; the microphone hears nothing there.
    const near = far.map((frame, index) =>
      index === 4 ? audioFrame(format, silent, frame.timestampMs) : frame,
    );

    const rendered = far.map((frame, index) => (index === 4 ? undefined : frame));
    const out = cleaned(near, rendered, 0);

    expect(Math.max(...out.slice(5 * 160).map(Math.abs))).toBe(0);
    expect(Math.max(...out.slice(0, 4 * 160).map(Math.abs))).toBe(0);
  });

  it('takes a stereo reference at 48 kHz for what it is at 16 kHz mono', () => {
    const hz = 48_000;
    const far = framesOf(tone({ sampleRateHz: hz, durationMs: 500, frequencyHz: 400 }), {
      sampleRateHz: hz,
      channels: 2,
    });
    const heard = tone({ sampleRateHz: 16_000, durationMs: 500, frequencyHz: 400 });
    const delayed = heard.map((_, index) => heard[index - 480] ?? 0);

    const out = cleaned(framesOf(delayed, format), far, 30);

    expect(Math.max(...out.slice(1600).map(Math.abs))).toBeLessThan(0.001);
  });

  it('refuses near-end frames of another layout', () => {
    const errors: unknown[] = [];
    const frame = audioFrame({ sampleRateHz: 8000, channels: 1 }, new Float32Array(80), 0);

    from([frame])
      .pipe(knownEchoCanceller().cancelEcho(from([])))
      .subscribe({ error: (error) => errors.push(error) });

    expect(errors).toMatchObject([{ code: 'AUDIO_FORMAT_UNSUPPORTED' }]);
  });

  it('passes on an error of the reference, for the pipeline to go on without a canceller', () => {
    const reference$ = new Subject<AudioFrame>();
    const errors: unknown[] = [];
    new Subject<AudioFrame>()
      .pipe(knownEchoCanceller().cancelEcho(reference$))
      .subscribe({ error: (error) => errors.push(error) });

    reference$.error('the loudspeaker is gone');

    expect(errors).toEqual(['the loudspeaker is gone']);
  });
});
