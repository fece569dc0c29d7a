import { EMPTY, NEVER, of, Subject, VirtualTimeScheduler } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { describeOperatorContract } from '../../testing/contracts/operator.contract.js';
import { createVirtualClock } from '../../testing/virtual-clock.js';
import { audioFrame } from '../audio/audio-frame.js';
import { joinOpinions, type MissingOpinions, type Opinion, type OpinionPair } from './join-opinions.js';

const format = { sampleRateHz: 1000, channels: 1 };
/** The nth window of 32 ms. */
const window = (n: number): Opinion => ({
  frame: audioFrame(format, new Float32Array(32), n * 32),
  speechProbability: 0.5,
});
const numbered = ({ first, second }: OpinionPair) => {
  const at = (opinion: Opinion | undefined) => (opinion ? opinion.frame.timestampMs / 32 : '-');
  return `${at(first)}${at(second)}`;
};

function setup() {
  const clock = createVirtualClock();
  const first$ = new Subject<Opinion>();
  const second$ = new Subject<Opinion>();
  const out: string[] = [];
  const missing: MissingOpinions[] = [];
  let end: unknown;
  const subscription = first$
    .pipe(
      joinOpinions(second$, {
        scheduler: clock.scheduler,
        maxSecondWaitMs: 20,
        maxFirstWaitMs: 100,
        maxUnscoredWaitMs: 300,
        missing: (what) => missing.push(what),
      }),
    )
    .subscribe({
      next: (pair) => out.push(`${numbered(pair)}@${clock.nowMs}`),
      error: (error) => {
        end = error;
      },
      complete: () => {
        end = 'complete';
      },
    });
  return {
    clock,
    first$,
    second$,
    out,
    missing,
    subscription,
    get end() {
      return end;
    },
    both(n: number) {
      second$.next(window(n));
      first$.next(window(n));
    },
  };
}

const still = new VirtualTimeScheduler();
const options = {
  scheduler: still,
  maxSecondWaitMs: 20,
  maxFirstWaitMs: 100,
  maxUnscoredWaitMs: 300,
  missing: () => undefined,
};
const three = [0, 1, 2].map((n) => window(n));
describeOperatorContract<Opinion, OpinionPair>({ describe, it, expect }, 'joinOpinions', {
  create: () => joinOpinions(EMPTY, options),
  values: three,
  emitted: three.map((first) => ({ first })),
  pending: [],
  compare: numbered,
  atTheBound: () => {
    const out: string[] = [];
    const source$ = new Subject<Opinion>();
    source$.pipe(joinOpinions(NEVER, options)).subscribe((pair) => out.push(numbered(pair)));
    for (let n = 0; n < 20; n++) source$.next(window(n));
    expect(out).toEqual(['0-', '1-', '2-', '3-']);
  },
});

describe('joinOpinions', () => {
  it('emits a window at once when both are there, whichever came first', () => {
    const { clock, first$, second$, out } = setup();
    second$.next(window(0));
    clock.advanceBy(9);
    first$.next(window(0));
    first$.next(window(1));
    clock.advanceBy(3);
    second$.next(window(1));
    expect(out).toEqual(['00@9', '11@12']);
  });

  it('waits for the second no longer than its bound, and only once', () => {
    const { clock, first$, out, missing } = setup();
    first$.next(window(0));
    clock.advanceBy(19);
    expect(out).toEqual([]);
    clock.advanceBy(1);
    expect(out).toEqual(['0-@20']);
    first$.next(window(1));
    expect(out).toEqual(['0-@20', '1-@20']);
    expect(missing).toEqual([{ side: 'second', isBack: false, count: 1 }]);
  });

  it('lets the second decide when the first stays away, and takes it back when it comes in time', () => {
    const { clock, second$, out, missing, both } = setup();
    both(0);
    second$.next(window(1));
    clock.advanceBy(100);
    second$.next(window(2));
    expect(out.slice(1)).toEqual(['-1@100', '-2@100']);
    both(3);
    // The first of them went on before its partner came; that was in time all the same.
    both(4);
    expect(out.slice(3)).toEqual(['-3@100', '44@100']);
    expect(missing).toEqual([
      { side: 'first', isBack: false, count: 1 },
      { side: 'first', isBack: true, count: 3 },
    ]);
  });

  it('gives a first that is slow more time while nobody else scored the window', () => {
    const { clock, first$, second$, out, missing } = setup();
    second$.next({ ...window(0), speechProbability: undefined });
    clock.advanceBy(299);
    first$.next(window(0));
    second$.next({ ...window(1), speechProbability: undefined });
    clock.advanceBy(300);
    expect(out).toEqual(['00@299', '-1@599']);
    expect(missing).toHaveLength(1);
  });

  it('waits again for a second that is late by less than the bound, and not for one that is later', () => {
    const { clock, first$, second$, out, missing } = setup();
    const lateBy = (n: number, ms: number) => {
      first$.next(window(n));
      clock.advanceBy(ms);
      second$.next(window(n));
      clock.advanceBy(32 - ms);
    };
    lateBy(0, 25);
    lateBy(1, 25);
    lateBy(2, 5);
    lateBy(3, 5);
    expect(out).toEqual(['0-@20', '1-@32', '2-@64', '33@101']);
    expect(missing.map(({ isBack, count }) => `${isBack} ${count}`)).toEqual(['false 1', 'true 3']);
  });

  it('drops what comes after its window has gone on: no window twice, none out of order', () => {
    const { clock, first$, second$, out } = setup();
    first$.next(window(0));
    clock.advanceBy(30);
    second$.next(window(0));
    second$.next(window(1));
    first$.next(window(1));
    expect(out).toEqual(['0-@20', '11@30']);
  });

  it('skips a window that one of them lost, without waiting', () => {
    const { first$, second$, out } = setup();
    first$.next(window(0));
    second$.next(window(1));
    first$.next(window(1));
    first$.next(window(2));
    second$.next(window(2));
    expect(out).toEqual(['0-@0', '11@0', '22@0']);
  });

  it('takes windows for the same that begin a little apart', () => {
    const { first$, second$, out } = setup();
    const apart = window(0);
    first$.next(window(0));
    second$.next({ ...apart, frame: { ...apart.frame, timestampMs: 15 } });
    expect(out).toHaveLength(1);
  });

  it('passes windows on that nobody scored', () => {
    const pairs: OpinionPair[] = [];
    of(window(0))
      .pipe(joinOpinions(of({ ...window(0), speechProbability: undefined }), options))
      .subscribe((pair) => pairs.push(pair));
    expect(pairs[0]?.second?.speechProbability).toBeUndefined();
    expect(pairs[0]?.first?.speechProbability).toBe(0.5);
  });

  it('goes on with one when the other has completed, waits no more, and completes after both', () => {
    const it_ = setup();
    it_.first$.next(window(0));
    it_.second$.complete();
    expect(it_.out).toEqual(['0-@0']);
    it_.first$.next(window(1));
    expect(it_.out).toEqual(['0-@0', '1-@0']);
    expect(it_.missing).toEqual([]);
    it_.first$.complete();
    expect(it_.end).toBe('complete');
  });

  it('goes on with the second when the first has completed', () => {
    const it_ = setup();
    it_.second$.next(window(0));
    it_.first$.complete();
    it_.second$.next(window(1));
    expect(it_.out).toEqual(['-0@0', '-1@0']);
    it_.second$.complete();
    expect(it_.end).toBe('complete');
  });

  it('passes on an error of the second, and lets go of the first', () => {
    const it_ = setup();
    const error = new Error('the second failed');
    it_.second$.error(error);
    expect(it_.end).toBe(error);
    expect(it_.first$.observed).toBe(false);
  });

  it('lets go of both, and of its timer, when it is unsubscribed', () => {
    const { clock, first$, second$, out, missing, subscription } = setup();
    first$.next(window(0));
    subscription.unsubscribe();
    clock.advanceBy(1000);
    expect(first$.observed || second$.observed).toBe(false);
    expect(out).toEqual([]);
    expect(missing).toEqual([]);
  });

  it('emits in order even if a consumer makes a source emit', () => {
    const first$ = new Subject<Opinion>();
    const second$ = new Subject<Opinion>();
    const out: string[] = [];
    first$.pipe(joinOpinions(second$, options)).subscribe((pair) => {
      if (out.length === 0) {
        first$.next(window(1));
        second$.next(window(1));
      }
      out.push(numbered(pair));
    });
    first$.next(window(0));
    second$.next(window(0));
    expect(out).toEqual(['00', '11']);
  });
});
