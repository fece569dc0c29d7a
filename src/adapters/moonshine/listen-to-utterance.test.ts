import { delay, from, lastValueFrom, of, toArray } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { listeningFormat, spelledFrames } from '../../../test/support/synthetic-models/tone-alphabet.js';
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
