import { AsyncSubject, type Observable, Subscription } from 'rxjs';
import type { VoicePipeline } from '../pipeline/voice-pipeline.js';
import { exchangeIdOf, isIdle, untilQuietMs } from './exchange-state.js';
import type { OperatedPipeline, StopReport, SwapReport } from './operated-pipeline.js';
import { type Ending, type OperationOptions, resolveOperationOptions } from './operation-options.js';
import { createPipelineStage } from './pipeline-stage.js';

interface Stop {
  readonly report$: AsyncSubject<StopReport>;
  readonly askedAtMs: number;
  /** What may come to its end; undefined when nothing was under way. */
  readonly exchangeId: string | undefined;
  readonly deadline: Subscription;
  /** What it comes to, once that is decided. */
  how: Exclude<StopReport['how'], 'idle'> | undefined;
  isDone: boolean;
}

interface Swap {
  readonly next: VoicePipeline;
  readonly report$: AsyncSubject<SwapReport>;
  readonly askedAtMs: number;
  readonly deadline: Subscription;
}

/**
 * Make a pipeline one that can be operated: stopped with grace, and exchanged for another between two turns.
 *
 * @remarks
 * Only what is subscribed through this is stopped: whoever subscribes to the pipeline itself keeps it running, but for a cut, which ends
 * it for everybody.
 * Bound: every wait has one, see the options. One pipeline waits at most, and one is kept while another is on trial.
 * @throws OptionError `OPTION_INVALID`.
 * @public
 */
export function operatePipeline(
  pipeline: VoicePipeline,
  options: Partial<OperationOptions> = {},
): OperatedPipeline {
  const settings = resolveOperationOptions(options);
  const { scheduler, ending: usualEnding, finishWithinMs, swapWithinMs, quietMs } = settings;
  let stop: Stop | undefined;
  let swap: Swap | undefined;
  let timer = Subscription.EMPTY;

  const stage = createPipelineStage(pipeline, settings, {
    happened: look,
    ended: (why) => {
      timer.unsubscribe();
      abandonSwap(why);
      if (stop) stop.how ??= why === 'failed' ? 'cut' : 'finished';
      released();
    },
  });

  function stopped(how: Exclude<StopReport['how'], 'idle'>): void {
    if (!stop || stop.how) return;
    stop.how = how;
    timer.unsubscribe();
    stop.deadline.unsubscribe();
    if (how === 'finished' && !stage.isCutting) released();
    else stage.cut(released);
  }
  function released(): void {
    if (!stop?.how || stop.isDone) return;
    const { report$, askedAtMs, deadline, exchangeId, how } = stop;
    stop.isDone = true;
    timer.unsubscribe();
    deadline.unsubscribe();
    // Before the report: whoever ends the process on it must not do so with devices open.
    stage.close();
    report$.next({
      type: 'stopped',
      how: exchangeId === undefined ? 'idle' : how,
      waitedMs: scheduler.now() - askedAtMs,
    });
    report$.complete();
  }
  function abandonSwap(why: Extract<SwapReport, { type: 'abandoned' }>['why']): void {
    if (!swap) return;
    const { report$, deadline } = swap;
    swap = undefined;
    deadline.unsubscribe();
    report$.next({ type: 'abandoned', why });
    report$.complete();
  }
  function swapped(how: 'between-turns' | 'timed-out'): void {
    if (!swap) return;
    timer.unsubscribe();
    swap.deadline.unsubscribe();
    if (how === 'timed-out') stage.cut(() => takeOver(how));
    else takeOver(how);
  }
  /** The newest, which may be another than when this was decided. */
  function takeOver(how: 'between-turns' | 'timed-out'): void {
    if (!swap) return;
    const { next, report$, askedAtMs, deadline } = swap;
    swap = undefined;
    timer.unsubscribe();
    deadline.unsubscribe();
    const waitedMs = scheduler.now() - askedAtMs;
    stage.exchange(next, (outcome) => {
      if (outcome.type === 'passed') report$.next({ type: 'swapped', how, waitedMs });
      else if (outcome.type === 'reverted')
        report$.next({ type: 'reverted', error: outcome.error, waitedMs });
      else report$.next({ type: 'abandoned', why: outcome.why });
      report$.complete();
    });
  }

  /** Never from within an event: what a pipeline decides at one it does to its end. */
  function later(delayMs: number): void {
    timer.unsubscribe();
    timer = scheduler.schedule(act, delayMs);
  }
  function look(): void {
    if (stop?.how || stage.isCutting) return;
    if (stop) {
      if (isIdle(stage.exchangeState) || exchangeIdOf(stage.exchangeState) !== stop.exchangeId) later(0);
    } else if (swap) {
      const leftMs = untilQuietMs(stage.exchangeState, scheduler.now(), quietMs);
      if (leftMs === null) timer.unsubscribe();
      else later(leftMs);
    }
  }
  function act(): void {
    if (stop) stopped('finished');
    else if (untilQuietMs(stage.exchangeState, scheduler.now(), quietMs) === 0) swapped('between-turns');
  }

  function stopGracefully(ending: Ending = usualEnding): Observable<StopReport> {
    if (!stop) {
      abandonSwap('stopped');
      stop = {
        report$: new AsyncSubject(),
        askedAtMs: scheduler.now(),
        exchangeId: exchangeIdOf(stage.exchangeState),
        deadline: scheduler.schedule(() => stopped('timed-out'), finishWithinMs),
        how: undefined,
        isDone: false,
      };
      look();
    }
    const { report$ } = stop;
    if (!stage.isRunning) stopped('cut');
    else if (ending === 'cut' || stage.isCutting) {
      timer.unsubscribe();
      timer = scheduler.schedule(() => stopped('cut'));
    }
    return report$.asObservable();
  }
  function swapBetweenTurns(next: VoicePipeline): Observable<SwapReport> {
    abandonSwap('superseded');
    const report$ = new AsyncSubject<SwapReport>();
    swap = {
      next,
      report$,
      askedAtMs: scheduler.now(),
      deadline: scheduler.schedule(() => swapped('timed-out'), swapWithinMs),
    };
    if (stop || stage.isClosed) abandonSwap('stopped');
    else if (stage.isRunning) look();
    else swapped('between-turns');
    return report$.asObservable();
  }

  return { ...stage.pipeline, stopGracefully, swapBetweenTurns };
}
