import { map, type OperatorFunction, Subject, tap } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { describeOperatorContract } from '../../testing/contracts/operator.contract.js';
import { type AudioFrame, audioFrame } from '../audio/audio-frame.js';
import type { ScoredFrame } from '../ports/voice-activity-detector.js';
import type { Opinion } from './join-opinions.js';
import { scoreWhile } from './score-while.js';

const window = (n: number): AudioFrame =>
  audioFrame({ sampleRateHz: 1000, channels: 1 }, new Float32Array(32), n * 32);
const score = map((frame: AudioFrame): ScoredFrame => ({ frame, speechProbability: 1, skipped: false }));
const shown = ({ frame, speechProbability }: Opinion) =>
  `${frame.timestampMs / 32}:${speechProbability ?? '-'}`;

describeOperatorContract<AudioFrame, Opinion>({ describe, it, expect }, 'scoreWhile', {
  create: () =>
    scoreWhile(
      () => true,
      score,
      () => undefined,
    ),
  values: [0, 1].map(window),
  emitted: [0, 1].map((n) => ({ frame: window(n), speechProbability: 1 })),
  pending: [],
  compare: shown,
  atTheBound: { keepsNothing: 'it holds what the detector holds, and what came behind it' },
});

/** A detector that answers when told to. */
function slow() {
  const answers$ = new Subject<void>();
  const frames: AudioFrame[] = [];
  const detector: OperatorFunction<AudioFrame, ScoredFrame> = (frames$) => {
    const out$ = new Subject<ScoredFrame>();
    answers$.subscribe(() => {
      const frame = frames.shift();
      if (frame) out$.next({ frame, speechProbability: 1, skipped: false });
    });
    return frames$.pipe(
      tap((frame) => frames.push(frame)),
      (source$) => {
        source$.subscribe({ complete: () => out$.complete() });
        return out$;
      },
    );
  };
  return { detector, answer: () => answers$.next() };
}

describe('scoreWhile', () => {
  it('keeps the order when a window that nobody scores comes behind one that is being scored', () => {
    const { detector, answer } = slow();
    const source$ = new Subject<AudioFrame>();
    const wanted = [true, false, true, false];
    const out: string[] = [];
    source$
      .pipe(
        scoreWhile(
          () => wanted.shift() ?? false,
          detector,
          () => undefined,
        ),
      )
      .subscribe((opinion) => out.push(shown(opinion)));
    for (const n of [0, 1, 2, 3]) source$.next(window(n));
    expect(out).toEqual([]);
    answer();
    expect(out).toEqual(['0:1', '1:-']);
    answer();
    expect(out).toEqual(['0:1', '1:-', '2:1', '3:-']);
  });

  it('says so before the first window after a stretch that was not scored, and not at the start', () => {
    const source$ = new Subject<AudioFrame>();
    const log: string[] = [];
    const wanted = [true, true, false, false, true, true];
    source$
      .pipe(
        scoreWhile(
          () => wanted.shift() ?? false,
          score,
          () => log.push('began'),
        ),
      )
      .subscribe((opinion) => log.push(shown(opinion)));
    for (const n of [0, 1, 2, 3, 4, 5]) source$.next(window(n));
    expect(log).toEqual(['0:1', '1:1', '2:-', '3:-', 'began', '4:1', '5:1']);
  });

  it('passes on an error of the detector', () => {
    const error = new Error('the model failed');
    const source$ = new Subject<AudioFrame>();
    let end: unknown;
    const failing = map((): ScoredFrame => {
      throw error;
    });
    source$
      .pipe(
        scoreWhile(
          () => true,
          failing,
          () => undefined,
        ),
      )
      .subscribe({
        error: (thrown) => {
          end = thrown;
        },
      });
    source$.next(window(0));
    expect(end).toBe(error);
    expect(source$.observed).toBe(false);
  });
});
