import { defer, distinctUntilChanged, filter, map, Observable, Subject, share, startWith } from 'rxjs';
import type { ConversationState } from '../conversation/conversation-state.js';
import type { PipelineEvent } from './pipeline-event.js';
import { type PipelineOptions, resolvePipelineOptions } from './pipeline-options.js';
import { checkPorts, type PipelinePorts } from './pipeline-ports.js';
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
  /** Where the conversation stands: the present state at once, then each change. Shares the same running loop. */
  readonly state$: Observable<ConversationState>;
  /**
   * Give the service the result of a tool that it called (event `tool-call`).
   *
   * @returns false when no loop is running to send it; nothing is kept.
   */
  answerTool(callId: string, result: string): boolean;
}

/**
 * Join a microphone, a loudspeaker, a detector and a service into a conversation that a person can interrupt.
 *
 * @param ports - the implementations, chosen by the caller.
 * @param options - by concern; see `defaultPipelineOptions`.
 * @throws OptionError `OPTION_INVALID` that names every bad option and every missing port; nothing was opened.
 * @public
 */
export function createVoicePipeline(
  ports: PipelinePorts,
  options: Partial<PipelineOptions> = {},
): VoicePipeline {
  const settings = resolvePipelineOptions(options);
  checkPorts(ports);
  let present: ConversationState = { name: 'idle' };
  const toolResults$ = new Subject<ToolResult>();

  const events$ = new Observable<PipelineEvent>((subscriber) => {
    present = { name: 'idle' };
    subscriber.add(() => {
      present = { name: 'idle' };
    });
    return runConversation(ports, settings, toolResults$).subscribe({
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
