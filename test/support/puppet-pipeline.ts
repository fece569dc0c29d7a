import {
  type ConversationState,
  type OperationOptions,
  operatePipeline,
  type PipelineEvent,
  type StopReport,
  type SwapReport,
  type VoicePipeline,
} from 'earshot';
import { createVirtualClock } from 'earshot/testing';
import { EMPTY, Observable, Subject } from 'rxjs';

export const idle = { name: 'idle' } as const satisfies ConversationState;
export const listening = {
  name: 'listening',
  turnId: 't1',
  revision: 1,
} as const satisfies ConversationState;
export const replying = {
  name: 'replying',
  turnId: 't1',
  revision: 1,
  replyId: 'r1',
  interruptible: true,
  progress: 'sent',
} as const satisfies ConversationState;

/** A pipeline that tells what it is told to. */
export function puppetPipeline() {
  const events$ = new Subject<PipelineEvent>();
  const closes: number[] = [];
  let runs = 0;
  let state: ConversationState = idle;
  const pipeline: VoicePipeline = {
    events$: new Observable((subscriber) => {
      runs += 1;
      return events$.subscribe(subscriber);
    }),
    state$: EMPTY,
    answerTool: () => true,
    close(withinMs = 300) {
      closes.push(withinMs);
      return events$.observed;
    },
  };
  const tell = (event: object) => events$.next({ atMs: 0, ...event } as PipelineEvent);
  return {
    pipeline,
    events$,
    tell,
    enter(next: ConversationState) {
      const previous = state;
      state = next;
      tell({ type: 'state-changed', state, previous, cause: 'test' });
    },
    open() {
      for (const device of ['loudspeaker', 'microphone']) tell({ type: 'device-opened', device });
    },
    /** How long each close was given. */
    closes,
    get runs() {
      return runs;
    },
    get isRunning() {
      return events$.observed;
    },
  };
}

/** A puppet that is operated, another to take its place, and what came of it. */
export function operatedPuppet(options: Partial<OperationOptions> = {}) {
  const clock = createVirtualClock();
  const first = puppetPipeline();
  const second = puppetPipeline();
  const loop = operatePipeline(first.pipeline, { scheduler: clock.scheduler, ...options });
  const events: PipelineEvent[] = [];
  let end: unknown = 'running';
  const subscription = loop.events$.subscribe({
    next: (event) => events.push(event),
    error: (error) => {
      end = error;
    },
    complete: () => {
      end = 'complete';
    },
  });
  const outcomes: (StopReport | SwapReport)[] = [];
  return {
    clock,
    first,
    second,
    loop,
    events,
    subscription,
    outcomes,
    stop: (ending?: 'finish' | 'cut') =>
      loop.stopGracefully(ending).subscribe((outcome) => outcomes.push(outcome)),
    swap: (next = second.pipeline) =>
      loop.swapBetweenTurns(next).subscribe((outcome) => outcomes.push(outcome)),
    get end() {
      return end;
    },
  };
}
