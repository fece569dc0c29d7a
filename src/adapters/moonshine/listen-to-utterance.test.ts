import { delay, finalize, from, lastValueFrom, NEVER, of, toArray } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { listeningFormat, spelledFrames } from '../../../test/support/synthetic-models/tone-alphabet.js';
import { describeTranscriberContract } from '../../testing/contracts/transcriber.contract.js';
import { framesOf, silence, tone } from '../../testing/signals.js';
import { createVirtualClock } from '../../testing/virtual-clock.js';
import { type Desk, listenToUtterance } from './listen-to-utterance.js';
import { resolveMoonshineOptions } from './moonshine-options.js';

/** Says how long each stretch was that the model was given. */
function deskOf(stretchesMs: number[]): Desk {
  return {
    format: listeningFormat,
    engine: 'a ruler',
    options: resolveMoonshineOptions({ maxStretchMs: 5000, partials: false }),
    ask: ({ samples }) => {
      stretchesMs.push(samples.length / 16);
      return of({ text: `${stretchesMs.length}` }).pipe(delay(0));
    },
    partials: { told: 0, skipped: 0, dropped: 0 },
    underWay: 0,
  };
}

/** Tells two tones apart by how often they cross zero. */
function watchedEar() {
  const clock = createVirtualClock();
  let hangs = false;
  let open = 0;
  const askedMs: number[] = [];
  const desk: Desk = {
    ...deskOf([]),
    options: resolveMoonshineOptions({ maxStretchMs: 5000 }),
    ask({ samples }) {
      askedMs.push(samples.length / 16);
      open += 1;
      const crossings = samples.filter((sample, n) => sample > 0 !== (samples[n - 1] ?? 0) > 0).length;
      const answer$ = of({ text: crossings < 0.05 * samples.length ? 'low' : 'high' });
      return (hangs ? NEVER : answer$.pipe(delay(10, clock.scheduler))).pipe(
        finalize(() => {
          open -= 1;
        }),
      );
    },
  };
  return {
    drive: () => clock.advanceBy(20_000),
    transcriber: {
      format: listeningFormat,
      transcribe: () => (audio$: Parameters<typeof listenToUtterance>[1]) => listenToUtterance(desk, audio$),
    },
    hang() {
      hangs = true;
    },
    openCalls: () => open,
    seenCalls: () => askedMs.length,
    askedMs: () => askedMs.reduce((sum, ms) => sum + ms, 0),
    advance: clock.advanceBy,
  };
}

const ear = watchedEar();
const sound = { sampleRateHz: 16_000, durationMs: 600 };
describeTranscriberContract(
  { describe, it, expect },
  {
    name: 'an utterance for Moonshine',
    create: () => ear.transcriber,
    drive: ear.drive,
    utterances: [
      { frames: framesOf(tone({ ...sound, frequencyHz: 200 }), listeningFormat, 20), text: 'low' },
      { frames: framesOf(tone({ ...sound, frequencyHz: 800 }), listeningFormat, 20), text: 'high' },
    ],
    wordless: framesOf(silence(sound), listeningFormat, 20),
    // One stretch with the model, six that wait, and less than one that is being said. The host of its process ends a wait.
    watched: { create: watchedEar, maxKeptMs: 8 * 5000 },
  },
);

describe('an utterance that is longer than what goes through the model at once', () => {
  it.each([
    ['20 ms', 20],
    ['1 s', 1000],
    ['all of it', 16_000],
  ])('goes there in stretches, none too long and nothing lost, in frames of %s', async (_, frameMs) => {
    const frames = spelledFrames(
      'the quick brown fox jumps over the lazy dog and then it goes back to sleep because it is late',
      frameMs,
    );
    const stretchesMs: number[] = [];
    const transcripts = await lastValueFrom(
      listenToUtterance(deskOf(stretchesMs), from(frames)).pipe(toArray()),
    );

    const saidMs = frames.reduce((sum, frame) => sum + frame.samplesPerChannel, 0) / 16;
    expect(stretchesMs.reduce((sum, ms) => sum + ms)).toBe(saidMs);
    expect(Math.max(...stretchesMs)).toBeLessThanOrEqual(5000);
    for (const ms of stretchesMs.slice(0, -1)) expect(ms).toBeGreaterThanOrEqual(3750);
    expect(transcripts.map(({ text }) => text)).toEqual([stretchesMs.map((_ms, n) => n + 1).join(' ')]);
  });
});
