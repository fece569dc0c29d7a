import { from, lastValueFrom, Subject, toArray } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { type AudioFrame, endMs } from '../../core/audio/audio-frame.js';
import { describeEchoCancellerContract } from '../../testing/contracts/echo-canceller.contract.js';
import { framesOf, noise } from '../../testing/signals.js';
import { readBetween } from './fractional-reader.js';
import { loadWebrtcApm, type WebrtcApm } from './webrtc-apm.js';

for (const sampleRateHz of [16_000, 48_000] as const) {
  for (const frameMs of [10, 7, 20]) {
    describeEchoCancellerContract(
      { describe, it, expect },
      {
        name: `loadWebrtcApm at ${sampleRateHz} Hz with frames of ${frameMs} ms`,
        create: () => loadWebrtcApm({ sampleRateHz }),
        destroy: (canceller) => (canceller as WebrtcApm).close(),
        frameMs,
        echo: { delayMs: 30, gain: 0.3, convergenceMs: 3000, minReductionDb: 25 },
      },
    );
  }
}

const rates = [16_000, 48_000] as const;

describe('loadWebrtcApm with the real module', () => {
  it.each(rates)('keeps the time of each sample at %i Hz, whichever parts delay it', async (sampleRateHz) => {
    const delays: number[] = [];
    for (const [echoCancellation, noiseSuppression, gainControl] of [
      [true, false, false],
      [false, true, false],
      [true, true, false],
      [false, false, false],
      [true, true, true],
    ] as const) {
      const options = { sampleRateHz, echoCancellation, noiseSuppression, gainControl };
      const apm = await loadWebrtcApm(options);
      const spoken = syllables(sampleRateHz, 3000);
      const heard = await cleaned(apm, spoken, new Float32Array(spoken.length), 9);
      apm.close();

      expect(Math.abs(lagOf(heard, spoken, sampleRateHz)), JSON.stringify(options)).toBeLessThanOrEqual(2);
      delays.push(apm.innerDelayMs);
    }
    const split = sampleRateHz === 48_000 ? 46 / 48 : 0;
    expect(delays).toEqual([8, 6, 14, 0, 14].map((ms) => ms + split));
  });

  it.each(rates)(
    'cancels the echo of a loudspeaker beside the microphone at %i Hz, and only with a lead',
    async (sampleRateHz) => {
      const far = syllables(sampleRateHz, 6000);
      const echo = far.map((sample) => 0.3 * sample);
      const reduction = async (referenceLeadMs: number) => {
        const apm = await loadWebrtcApm({ sampleRateHz, referenceLeadMs });
        const left = await cleaned(apm, echo, far);
        apm.close();
        return levelDb(echo, sampleRateHz * 4) - levelDb(left, sampleRateHz * 4);
      };

      expect(await reduction(6)).toBeGreaterThan(30);
      expect(await reduction(0)).toBeLessThan(20);
    },
  );

  it('gives the same for frames of any size', async () => {
    const far = syllables(16_000, 1500);
    const near = far.map((sample, index) => 0.3 * (far[index - 480] ?? 0) + 0.1 * sample);
    const apm = await loadWebrtcApm();

    const whole = await cleaned(apm, near, far, 10);

    for (const frameMs of [1, 7, 32, 100]) expect(await cleaned(apm, near, far, frameMs)).toEqual(whole);
    apm.close();
  });

  it('keeps two subscriptions apart that run by turns', async () => {
    const apm = await loadWebrtcApm();
    const signals = [syllables(16_000, 1000), syllables(16_000, 1000, 9)] as const;
    const alone = await Promise.all(
      signals.map((far) =>
        cleaned(
          apm,
          far.map((sample) => sample / 2),
          far,
        ),
      ),
    );

    const subjects = signals.map(() => new Subject<AudioFrame>());
    const together = signals.map((far, index) =>
      lastValueFrom(
        (subjects[index] as Subject<AudioFrame>).pipe(apm.cancelEcho(from(frames(far, 16_000))), toArray()),
      ),
    );
    const near = signals.map((far) =>
      frames(
        far.map((sample) => sample / 2),
        16_000,
      ),
    );
    for (let at = 0; at < 100; at++) {
      for (const index of [0, 1]) subjects[index]?.next(near[index]?.[at] as AudioFrame);
    }
    for (const subject of subjects) subject.complete();

    expect((await Promise.all(together)).map(joined)).toEqual(alone);
    apm.close();
  });

  it('follows the clock of a loudspeaker that runs 100 ppm fast, if the timestamps tell', async () => {
    const durationMs = 30_000;
    const fast = 1 + 100e-6;
    const played = syllables(16_000, durationMs + 100);
    const heard = new Float32Array(16 * durationMs);
    for (let index = 0; index < heard.length; index++) {
      const place = (index - 480) * fast;
      if (place >= 20) heard[index] = 0.3 * readBetween(played, Math.floor(place), place % 1);
    }
    const nominal = frames(played, 16_000);
    const truly = nominal.map((frame) => ({
      ...frame,
      timestampMs: 5000 + (frame.timestampMs - 5000) / fast,
    }));
    const reduction = async (reference: readonly AudioFrame[]) => {
      const apm = await loadWebrtcApm();
      const left = joined(await run(apm, frames(heard, 16_000), reference));
      expect(apm.counters()).toMatchObject({ referenceJumps: 0, missingReferenceMs: 0 });
      apm.close();
      return levelDb(heard, 22 * 16_000) - levelDb(left, 22 * 16_000);
    };

    const followed = await reduction(truly);

    expect(followed).toBeGreaterThan(30);
    expect(followed).toBeGreaterThan((await reduction(nominal)) + 5);
  });

  it('keeps its memory through 10,000 subscriptions', { timeout: 120_000 }, async () => {
    const apm = await loadWebrtcApm();
    const far = frames(syllables(16_000, 20), 16_000);
    const subscribeOften = (times: number) => {
      for (let time = 0; time < times; time++) {
        const near$ = new Subject<AudioFrame>();
        const subscription = near$.pipe(apm.cancelEcho(from(far))).subscribe();
        for (const frame of far) near$.next(frame);
        subscription.unsubscribe();
      }
      return process.memoryUsage().rss;
    };
    // The allocators settle.
    const before = subscribeOften(3000);

    const grownMb = (subscribeOften(10_000) - before) / 1e6;

    // One that is not freed keeps 0.4 MB: all would be 4 GB, one in forty 100 MB.
    expect(grownMb).toBeLessThan(100);
    apm.close();
  });
});

/** Noise that swells four times a second, so that it is not taken for noise. */
function syllables(sampleRateHz: number, durationMs: number, seed = 4): Float32Array {
  const samples = noise({ sampleRateHz, durationMs, seed, rmsDb: -12 });
  let smooth = 0;
  return samples.map((sample, index) => {
    smooth += 0.5 * (sample - smooth);
    return smooth * (0.5 - 0.5 * Math.cos((8 * Math.PI * index) / sampleRateHz));
  });
}

function frames(samples: Float32Array, sampleRateHz: number, frameMs = 10): readonly AudioFrame[] {
  return framesOf(samples, { sampleRateHz, channels: 1 }, frameMs, 5000);
}

/** Period by period: it is rendered when it begins, two of them ahead, and captured when it is over. */
async function run(
  apm: WebrtcApm,
  near: readonly AudioFrame[],
  far: readonly AudioFrame[],
): Promise<readonly AudioFrame[]> {
  const near$ = new Subject<AudioFrame>();
  const far$ = new Subject<AudioFrame>();
  const out = lastValueFrom(near$.pipe(apm.cancelEcho(far$), toArray()));
  let given = 0;
  for (const frame of near) {
    while (given < far.length && (far[given] as AudioFrame).timestampMs < endMs(frame) + 20) {
      far$.next(far[given++] as AudioFrame);
    }
    near$.next(frame);
  }
  near$.complete();
  return out;
}

async function cleaned(
  apm: WebrtcApm,
  near: Float32Array,
  far: Float32Array,
  frameMs = 10,
): Promise<Float32Array> {
  const { sampleRateHz } = apm.format;
  return joined(await run(apm, frames(near, sampleRateHz, frameMs), frames(far, sampleRateHz)));
}

function joined(all: readonly AudioFrame[]): Float32Array {
  const samples = new Float32Array(all.reduce((sum, frame) => sum + frame.samples.length, 0));
  let at = 0;
  for (const frame of all) {
    samples.set(frame.samples, at);
    at += frame.samples.length;
  }
  return samples;
}

function levelDb(samples: Float32Array, start: number): number {
  const part = samples.subarray(start);
  return 10 * Math.log10(part.reduce((sum, sample) => sum + sample * sample, 1e-12) / part.length);
}

/** By how many samples `late` looks most like `signal`, after a second to settle. */
function lagOf(late: Float32Array, signal: Float32Array, start: number): number {
  let best = { lag: 0, likeness: Number.NEGATIVE_INFINITY };
  for (let lag = -60; lag <= 60; lag++) {
    let likeness = 0;
    for (let index = start; index < signal.length - 100; index++) {
      likeness += (signal[index] as number) * (late[index + lag] as number);
    }
    if (likeness > best.likeness) best = { lag, likeness };
  }
  return best.lag;
}
