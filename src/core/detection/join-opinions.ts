import { Observable, type OperatorFunction, type SchedulerLike, type Subscription } from 'rxjs';
import { type AudioFrame, durationMs } from '../audio/audio-frame.js';

/** A window of one signal, with what its detector said of it. */
export interface Opinion {
  readonly frame: AudioFrame;
  /** Range: 0..1. Absent: nobody was asked. */
  readonly speechProbability: number | undefined;
}

/** What two signals say about the same window. At least one is there. */
export interface OpinionPair {
  readonly first?: Opinion;
  readonly second?: Opinion;
}

/** Windows that went on without one of the two. */
export interface MissingOpinions {
  readonly side: 'first' | 'second';
  /** Whether it is back; or else it has just stayed away. */
  readonly isBack: boolean;
  /** Windows without it so far. */
  readonly count: number;
}

export interface JoinOptions {
  readonly scheduler: SchedulerLike;
  /** How long a window may wait for the same of the second signal. Units: ms. */
  readonly maxSecondWaitMs: number;
  /** How long a window of the second signal may wait for the same of the first, which decides. Units: ms. */
  readonly maxFirstWaitMs: number;
  /** The same for a window of the second signal that nobody scored: alone it decides nothing, so it has more time. Units: ms. */
  readonly maxUnscoredWaitMs: number;
  /** Is told when one of the two stays away, and when it is back. */
  readonly missing: (missing: MissingOpinions) => void;
}

/** Windows of one signal that may wait, should time stand still. */
const maxWaiting = 16;

interface Side {
  readonly name: MissingOpinions['side'];
  readonly waiting: { readonly opinion: Opinion; readonly atMs: number }[];
  /** How long the other signal waits for this one. */
  readonly patienceMs: number;
  /** It has stayed away: it is not waited for until it is in time again. */
  isAbsent: boolean;
  isOver: boolean;
  missed: number;
}

/**
 * Lays two scored signals side by side, window by window.
 *
 * ```text
 * first    1 2 3 4 5 6
 * second   1 2     5 6      3 and 4 did not come in time
 * out      1 2   3 4 5 6    3 waits for once, 4 does not wait any more
 * ```
 *
 * @remarks
 * Order: by time stamps, each window once. Two windows belong together when they begin less than half a window apart.
 * Timing: a window goes on when both have come. The wait for one that does not come is bounded, and is paid once: whoever
 * stayed away is not waited for until it comes in time again. What comes after its window has gone on is dropped.
 * Completion: when both have completed; after one has, the other goes on alone.
 * Bound: 16 windows of each signal; beyond it the oldest goes on alone.
 * Cancellation: unsubscribing lets go of both. An error of either is passed on.
 * @param second$ - is subscribed before the source.
 */
export function joinOpinions(
  second$: Observable<Opinion>,
  { scheduler, maxSecondWaitMs, maxFirstWaitMs, maxUnscoredWaitMs, missing }: JoinOptions,
): OperatorFunction<Opinion, OpinionPair> {
  return (first$) =>
    new Observable((subscriber) => {
      const first = side('first', maxFirstWaitMs);
      const second = side('second', maxSecondWaitMs);
      /** What is older than this has gone on already. */
      let nextMs = Number.NEGATIVE_INFINITY;
      /** The last window that went on alone. */
      let alone: { readonly fromMs: number; readonly atMs: number } | undefined;
      let timer: Subscription | undefined;
      let isAdvancing = false;
      subscriber.add(() => timer?.unsubscribe());

      const tellMissing = ({ name, missed }: Side, isBack: boolean) =>
        missing({ side: name, isBack, count: missed });

      const emit = (pair: OpinionPair, frame: AudioFrame) => {
        nextMs = frame.timestampMs + durationMs(frame) / 2;
        subscriber.next(pair);
      };

      const emitAlone = (from: Side, without: Side) => {
        const window = from.waiting.shift();
        if (!window) return;
        const { opinion, atMs } = window;
        if (!without.isOver) without.missed += 1;
        alone = { fromMs: opinion.frame.timestampMs, atMs };
        emit(from === first ? { first: opinion } : { second: opinion }, opinion.frame);
      };

      /** The window at the front of a side whose other side has none: how long it may still wait. */
      const stillWaitsMs = (from: Side, without: Side): number => {
        const oldest = from.waiting[0];
        if (!oldest || without.isOver || without.isAbsent || from.waiting.length > maxWaiting) return 0;
        const isScored = oldest.opinion.speechProbability !== undefined;
        return (isScored ? without.patienceMs : maxUnscoredWaitMs) - (scheduler.now() - oldest.atMs);
      };

      function step(): boolean {
        const a = first.waiting[0]?.opinion;
        const b = second.waiting[0]?.opinion;
        if (!a && !b) return false;
        if (a && b) {
          const apartMs = b.frame.timestampMs - a.frame.timestampMs;
          const isSame = Math.abs(apartMs) < durationMs(a.frame) / 2;
          if (!isSame) emitAlone(apartMs > 0 ? first : second, apartMs > 0 ? second : first);
          else {
            first.waiting.shift();
            second.waiting.shift();
            emit({ first: a, second: b }, a.frame);
          }
          return true;
        }
        const [from, without] = a ? [first, second] : [second, first];
        const waitMs = stillWaitsMs(from, without);
        if (waitMs > 0) {
          timer = scheduler.schedule(() => advance(), waitMs);
          return false;
        }
        const hasStayedAway = !without.isOver && !without.isAbsent && from.waiting.length <= maxWaiting;
        if (hasStayedAway) without.isAbsent = true;
        emitAlone(from, without);
        if (hasStayedAway) tellMissing(without, false);
        return true;
      }

      function advance(): void {
        // A consumer may make either signal emit.
        if (isAdvancing) return;
        isAdvancing = true;
        timer?.unsubscribe();
        while (!subscriber.closed && step());
        isAdvancing = false;
        if (first.isOver && second.isOver && !subscriber.closed) subscriber.complete();
      }

      const take = (to: Side, opinion: Opinion) => {
        const nowMs = scheduler.now();
        const { timestampMs } = opinion.frame;
        const isLate = timestampMs < nextMs;
        // Late, but by less than is waited for: it would be in time if it were waited for.
        const isWorthWaiting =
          !isLate ||
          (alone !== undefined &&
            Math.abs(timestampMs - alone.fromMs) < durationMs(opinion.frame) / 2 &&
            nowMs - alone.atMs <= to.patienceMs);
        if (to.isAbsent && isWorthWaiting) {
          to.isAbsent = false;
          tellMissing(to, true);
        }
        if (isLate) return;
        to.waiting.push({ opinion, atMs: nowMs });
        advance();
      };

      const join = (source$: Observable<Opinion>, to: Side) =>
        subscriber.add(
          source$.subscribe({
            next: (opinion) => take(to, opinion),
            error: (error) => subscriber.error(error),
            complete: () => {
              to.isOver = true;
              advance();
            },
          }),
        );
      join(second$, second);
      join(first$, first);
    });
}

function side(name: Side['name'], patienceMs: number): Side {
  return { name, waiting: [], patienceMs, isAbsent: false, isOver: false, missed: 0 };
}
