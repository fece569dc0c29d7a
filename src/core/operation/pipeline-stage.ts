import {
  defer,
  distinctUntilChanged,
  filter,
  map,
  Observable,
  type Subscriber,
  Subscription,
  share,
  startWith,
} from 'rxjs';
import type { DeviceRole, PipelineEvent } from '../pipeline/pipeline-event.js';
import type { VoicePipeline } from '../pipeline/voice-pipeline.js';
import { type ExchangeState, exchangeStart, followExchange, isIdle } from './exchange-state.js';
import type { OperationOptions } from './operation-options.js';
import { createTrial, type Trial, type TrialOutcome } from './trial.js';

export interface StageListener {
  /** Something happened that may be waited for. */
  happened(): void;
  /** No loop runs any more. */
  ended(why: 'stopped' | 'failed'): void;
}

/** Where one pipeline at a time runs, and looks to its subscribers like one. */
export interface PipelineStage {
  readonly pipeline: VoicePipeline;
  readonly exchangeState: ExchangeState;
  readonly isRunning: boolean;
  readonly isClosed: boolean;
  readonly isCutting: boolean;
  /**
   * End what is under way as a barge-in would, then call `over`: at once where nothing is, else within `cutWithinMs`. The newest `over`
   * counts; none is called when nothing runs any more before it.
   */
  cut(over: () => void): void;
  /** Another takes over, now. While none runs it is only kept for the next run, and its trial is passed. */
  exchange(next: VoicePipeline, over: (outcome: TrialOutcome) => void): void;
  /** Nothing runs any more, nor will. */
  close(): void;
}

/** What runs is being cut. */
interface Cut {
  over: () => void;
  readonly deadline: Subscription;
}

export function createPipelineStage(
  first: VoicePipeline,
  { scheduler, trialMs, cutWithinMs }: OperationOptions,
  listener: StageListener,
): PipelineStage {
  let present = first;
  let run = Subscription.EMPTY;
  let output: Subscriber<PipelineEvent> | undefined;
  let trial: Trial | undefined;
  let cut: Cut | undefined;
  const openDevices = new Set<DeviceRole>();
  let exchangeState = exchangeStart(scheduler.now());
  let isClosed = false;

  function endTrial(outcome: TrialOutcome): void {
    const ended = trial;
    trial = undefined;
    ended?.end(outcome);
  }
  function endCut(): void {
    const ended = cut;
    cut = undefined;
    ended?.deadline.unsubscribe();
    ended?.over();
  }
  function revert(error: unknown): void {
    if (!trial) return;
    present = trial.former;
    start();
    endTrial({ type: 'reverted', error });
  }
  function take(event: PipelineEvent): void {
    const before = exchangeState;
    exchangeState = followExchange(before, event, scheduler.now());
    output?.next(event);
    if (event.type === 'device-opened') openDevices.add(event.device);
    else if (event.type === 'device-lost') openDevices.delete(event.device);
    trial?.take(event);
    if (exchangeState !== before) listener.happened();
  }
  function failed(error: unknown): void {
    if (cut) endCut();
    else if (trial) revert(error);
    else {
      const to = output;
      leave('failed');
      to?.error(error);
    }
  }
  function start(): void {
    run.unsubscribe();
    const previous = exchangeState.state;
    exchangeState = exchangeStart(scheduler.now());
    openDevices.clear();
    if (previous.name !== 'idle') {
      const { state } = exchangeState;
      output?.next({ type: 'state-changed', state, previous, cause: 'swapped', atMs: scheduler.now() });
    }
    const started = new Subscription();
    run = started;
    started.add(
      present.events$.subscribe({
        next: (event) => {
          if (!started.closed) take(event);
        },
        error: (error) => {
          if (!started.closed) failed(error);
        },
        complete: () => {
          if (started.closed) return;
          if (cut) {
            endCut();
            return;
          }
          const to = output;
          leave('stopped');
          to?.complete();
        },
      }),
    );
  }
  /** Whoever listened is told by the caller. */
  function leave(why: 'stopped' | 'failed'): void {
    output = undefined;
    run.unsubscribe();
    cut?.deadline.unsubscribe();
    cut = undefined;
    exchangeState = exchangeStart(scheduler.now());
    endTrial({ type: 'abandoned', why: 'stopped' });
    listener.ended(why);
  }

  const events$ = new Observable<PipelineEvent>((subscriber) => {
    if (isClosed) {
      subscriber.complete();
      return;
    }
    output = subscriber;
    exchangeState = exchangeStart(scheduler.now());
    subscriber.add(() => {
      if (output === subscriber) leave('stopped');
    });
    start();
  }).pipe(share());

  return {
    pipeline: {
      events$,
      state$: defer(() =>
        events$.pipe(
          filter((event) => event.type === 'state-changed'),
          map(({ state }) => state),
          startWith(exchangeState.state),
          distinctUntilChanged(),
        ),
      ),
      answerTool: (callId, result) => output !== undefined && present.answerTool(callId, result),
      close: (withinMs) => output !== undefined && present.close(withinMs),
    },
    get exchangeState() {
      return exchangeState;
    },
    get isRunning() {
      return output !== undefined;
    },
    get isClosed() {
      return isClosed;
    },
    get isCutting() {
      return cut !== undefined;
    },
    cut(over) {
      if (cut) cut.over = over;
      else if (!output || isIdle(exchangeState)) over();
      else {
        const begun: Cut = { over, deadline: new Subscription() };
        cut = begun;
        const isClosing = present.close(cutWithinMs);
        if (cut !== begun) return;
        if (isClosing) begun.deadline.add(scheduler.schedule(endCut, cutWithinMs));
        else endCut();
      }
    },
    exchange(next, over) {
      // Until it has passed, the one before is what is known to work.
      const { former, had } = trial ?? { former: present, had: new Set(openDevices) };
      endTrial({ type: 'abandoned', why: 'superseded' });
      present = next;
      if (!output) {
        over({ type: 'passed' });
        return;
      }
      const passed = () => endTrial({ type: 'passed' });
      trial = createTrial({ former, had, scheduler, trialMs, passed, failed: revert, over });
      start();
    },
    close() {
      isClosed = true;
      const to = output;
      if (!to) return;
      leave('stopped');
      to.complete();
    },
  };
}
