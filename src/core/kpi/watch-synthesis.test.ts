import { concat, NEVER, of, Subject, throwError, timer } from 'rxjs';
import { delay, map, mergeMap } from 'rxjs/operators';
import { describe, expect, it } from 'vitest';
import { createVirtualClock } from '../../testing/virtual-clock.js';
import { audioFrame } from '../audio/audio-frame.js';
import { SpeechError } from '../errors.js';
import type { Synthesizer } from '../ports/synthesizer.js';
import { type SynthesisTiming, watchSynthesis } from './watch-synthesis.js';

const format = { sampleRateHz: 16_000, channels: 1 };
const frame = (samples: number) => audioFrame(format, new Float32Array(samples), 0);

function watched(synthesize: Synthesizer['synthesize'], scheduler = createVirtualClock().scheduler) {
  const voice: Synthesizer = { format, engine: 'tone', voice: 'a', speed: 1, synthesize };
  const { synthesizer, timings$ } = watchSynthesis(voice, scheduler);
  const timings: SynthesisTiming[] = [];
  timings$.subscribe((timing) => timings.push(timing));
  return { synthesizer, timings };
}

describe('watchSynthesis', () => {
  it('times the first sound of each text, and passes on every frame as it is', () => {
    const clock = createVirtualClock();
    const frames = [frame(0), frame(160), frame(320)];
    const { synthesizer, timings } = watched(
      () =>
        concat(of(frames[0]), of(...frames.slice(1)).pipe(delay(80, clock.scheduler))).pipe(
          map((f) => f as never),
        ),
      clock.scheduler,
    );
    const heard: unknown[] = [];
    clock.advanceBy(1000);
    synthesizer
      .synthesize('Hello.')
      .subscribe({ next: (f) => heard.push(f), complete: () => heard.push('over') });
    clock.advanceBy(100);

    expect(timings).toEqual([
      { type: 'synthesis-timed', atMs: 1080, engine: 'tone', voice: 'a', letters: 6, firstAudioMs: 80 },
    ]);
    expect(heard).toEqual([...frames, 'over']);
  });

  it('tells of a failure before any sound, once, and of none after it', () => {
    const error = new SpeechError('SYNTHESIS_FAILED', 'cannot be said; say it in another way');
    const { synthesizer, timings } = watched((text) =>
      text === 'late'
        ? concat(
            of(frame(160)),
            throwError(() => error),
          )
        : throwError(() => error),
    );
    const errors: unknown[] = [];
    for (const text of ['at once', 'late'])
      synthesizer.synthesize(text).subscribe({ error: (e) => errors.push(e) });

    expect(errors).toEqual([error, error]);
    expect(timings.map(({ firstAudioMs }) => firstAudioMs)).toEqual([null, 0]);
  });

  it('tells nothing of what is given up, and gives it up too', () => {
    const source$ = new Subject<never>();
    const { synthesizer, timings } = watched(() => source$);
    synthesizer.synthesize('x').subscribe().unsubscribe();

    expect([timings, source$.observed]).toEqual([[], false]);
  });

  it('times two texts at once apart from each other', () => {
    const clock = createVirtualClock();
    const { synthesizer, timings } = watched(
      (text) => timer(Number(text), clock.scheduler).pipe(mergeMap(() => concat(of(frame(16)), NEVER))),
      clock.scheduler,
    );
    synthesizer.synthesize('300').subscribe();
    clock.advanceBy(100);
    synthesizer.synthesize('50').subscribe();
    clock.advanceBy(1000);

    expect(timings.map(({ firstAudioMs, atMs }) => [firstAudioMs, atMs])).toEqual([
      [50, 150],
      [300, 300],
    ]);
  });
});
