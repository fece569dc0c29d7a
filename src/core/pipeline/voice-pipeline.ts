import { defer, distinctUntilChanged, filter, map, Observable, Subject, share, startWith } from 'rxjs';
import type { ConversationState } from '../conversation/conversation-state.js';
import { integerIn, resolveOptions } from '../options.js';
import type { PipelineEvent } from './pipeline-event.js';
import { type PipelineOptions, resolvePipelineOptions } from './pipeline-options.js';
import { type PipelinePorts, portProblems } from './pipeline-ports.js';
import { runConversation, type ToolResult } from './run-conversation.js';

/** A voice loop. @public */
export interface VoicePipeline {
  /**
   * Everything that happens.
   *
   * @remarks
   * The first subscription, to this or to `state$`, opens the devices and the session; when the last one is gone everything is
   * stopped and released. Later subscribers share the running loop.
   * Completion: when the microphone completes and the conversation is idle. A live microphone never does.
   *
   * Errors with `VoiceError` only for what no retry can mend, such as `DEVICE_NOT_FOUND` that is not retryable, or
   * `UPSTREAM_FORBIDDEN`. Everything else is an event, and the loop goes on.
   */
  readonly events$: Observable<PipelineEvent>;
  /**
   * Where the conversation stands: the present state at once, then each change. The source for whatever shows or follows the state.
   *
   * @remarks
   * Shares the running loop with `events$`; alone it runs one too. Each `state-changed` gives one value, also where only something in the state
   * changes, as `progress` of a reply: for the names alone take `map(({ name }) => name), distinctUntilChanged()`.
   * Completes and errors as `events$` does.
   */
  readonly state$: Observable<ConversationState>;
  /**
   * Give the service the result of a tool that it called (event `tool-call`).
   *
   * @returns false when no loop is running to send it; nothing is kept.
   */
  answerTool(callId: string, result: string): boolean;
  /**
   * End the run as a user who takes the floor ends what the agent says: it fades at the loudspeaker, the service is told how much of the
   * reply was heard, and so are you (`reply-cancelled`). Then `events$` completes, for everybody.
   *
   * @remarks
   * Timing: at once while nobody has the floor; else as soon as the loudspeaker is silent and the service has taken it, and within
   * `withinMs`. Unsubscribing meanwhile releases everything at once.
   * @param withinMs - Units: ms. Range: 0..10000. A fade takes 8 ms, a sound server holds 20 to 70 ms, and the way to a service and back
   * takes 50 to 200 ms. @defaultValue 300
   * @returns false when no loop is running.
   * @throws OptionError `OPTION_INVALID`.
   */
  close(withinMs?: number): boolean;
}

const closeDefaults = { withinMs: 300 };
const closeChecks = { withinMs: integerIn(0, 10_000, 'ms') };

/**
 * Join a microphone, a loudspeaker, a detector and a service into a conversation that a person can interrupt.
 *
 * @param ports - the implementations, chosen by the caller.
 * @param options - by concern; see `defaultPipelineOptions`.
 * @throws OptionError `OPTION_INVALID` that names every port that is missing or is none, and every bad option by its path, such as
 * `endpointing.minSilenceMs`, all at once; nothing was opened.
 * @public
 */
export function createVoicePipeline(
  ports: PipelinePorts,
  options: Partial<PipelineOptions> = {},
): VoicePipeline {
  const settings = resolvePipelineOptions(options, portProblems(ports));
  let present: ConversationState = { name: 'idle' };
  const toolResults$ = new Subject<ToolResult>();
  const closing$ = new Subject<number>();

  const events$ = new Observable<PipelineEvent>((subscriber) => {
    present = { name: 'idle' };
    subscriber.add(() => {
      present = { name: 'idle' };
    });
    return runConversation(ports, settings, toolResults$, closing$).subscribe({
      next: (event) => {
        if (event.type === 'state-changed') present = event.state;
        subscriber.next(event);
      },
      error: (error) => subscriber.error(error),
      complete: () => subscriber.complete(),
    });
  }).pipe(share());

  return {
    events$,
    answerTool(callId, result) {
      if (!toolResults$.observed) return false;
      toolResults$.next({ type: 'tool-result', callId, result });
      return true;
    },
    close(given) {
      const { withinMs } = resolveOptions('close', closeDefaults, { withinMs: given }, closeChecks);
      if (!closing$.observed) return false;
      closing$.next(withinMs);
      return true;
    },
    state$: defer(() =>
      events$.pipe(
        filter((event) => event.type === 'state-changed'),
        map(({ state }) => state),
        startWith(present),
        distinctUntilChanged(),
      ),
    ),
  };
}
