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
import { type ExchangeState, exchangeStart, followExchange } from './exchange-state.js';
import type { OperationOptions } from './operation-options.js';

/** How a trial went. */
export type TrialOutcome =
  | { readonly type: 'passed' }
  | { readonly type: 'reverted'; readonly error: unknown }
  | { readonly type: 'abandoned'; readonly why: 'stopped' };

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
  /** Another takes over, now. While none runs it is only kept for the next run, and its trial is passed. */
  exchange(next: VoicePipeline, over: (outcome: TrialOutcome) => void): void;
  /** Nothing runs any more, nor will. */
  close(): void;
}

interface Trial {
  readonly former: VoicePipeline;
  readonly opened: Set<DeviceRole>;
  readonly timer: Subscription;
  readonly over: (outcome: TrialOutcome) => void;
}

export function createPipelineStage(
  first: VoicePipeline,
  { scheduler, trialMs }: OperationOptions,
  listener: StageListener,
): PipelineStage {
  let present = first;
  let run = Subscription.EMPTY;
  let output: Subscriber<PipelineEvent> | undefined;
  let trial: Trial | undefined;
  let exchangeState = exchangeStart(scheduler.now());
  let isClosed = false;

  function endTrial(outcome: TrialOutcome): void {
    if (!trial) return;
    const { timer, over } = trial;
    trial = undefined;
    timer.unsubscribe();
    over(outcome);
  }
  function take(event: PipelineEvent): void {
    const before = exchangeState;
    exchangeState = followExchange(before, event, scheduler.now());
    output?.next(event);
    if (trial && event.type === 'device-opened') {
      trial.opened.add(event.device);
      if (trial.opened.size === 2) endTrial({ type: 'passed' });
    }
    if (exchangeState !== before) listener.happened();
  }
  function failed(error: unknown): void {
    if (!trial) {
      const to = output;
      leave('failed');
      to?.error(error);
      return;
    }
    present = trial.former;
    start();
    endTrial({ type: 'reverted', error });
  }
  function start(): void {
    run.unsubscribe();
    const previous = exchangeState.state;
    exchangeState = exchangeStart(scheduler.now());
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
    exchange(next, over) {
      endTrial({ type: 'passed' });
      const former = present;
      present = next;
      if (!output) {
        over({ type: 'passed' });
        return;
      }
      const passed = () => endTrial({ type: 'passed' });
      trial = { former, opened: new Set(), timer: scheduler.schedule(passed, trialMs), over };
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
