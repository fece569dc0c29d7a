import { Observable, type OperatorFunction } from 'rxjs';
import type { ConversationState } from '../conversation/conversation-state.js';
import type { PipelineEvent } from '../pipeline/pipeline-event.js';
import type { Indication } from '../ports/indicator.js';

/** What is known of the loop, as far as a light shows it. */
interface Seen {
  readonly state: ConversationState;
  readonly isMuted: boolean;
  readonly hasMicrophone: boolean;
  readonly hasLoudspeaker: boolean;
  readonly hasDetector: boolean;
  /** Null until it was open once. */
  readonly hasSession: boolean | null;
  readonly isDegraded: boolean;
  /** Whether something was lost, and not all is open since. */
  readonly isFaulty: boolean;
}

const nothingSeen: Seen = {
  state: { name: 'idle' },
  isMuted: false,
  hasMicrophone: false,
  hasLoudspeaker: false,
  hasDetector: true,
  hasSession: null,
  isDegraded: false,
  isFaulty: false,
};

function opened(seen: Seen): Seen {
  const isWhole = seen.hasMicrophone && seen.hasLoudspeaker && seen.hasDetector;
  return isWhole ? { ...seen, isFaulty: false } : seen;
}

function see(seen: Seen, event: PipelineEvent): Seen {
  switch (event.type) {
    case 'state-changed':
      return { ...seen, state: event.state };
    case 'microphone-muted':
      return { ...seen, isMuted: event.muted };
    case 'device-opened':
      return opened(
        // A detector that was lost is started again on a microphone that is opened again.
        event.device === 'microphone'
          ? { ...seen, hasMicrophone: true, hasDetector: true }
          : { ...seen, hasLoudspeaker: true },
      );
    case 'device-lost':
      return event.device === 'microphone'
        ? { ...seen, hasMicrophone: false, isFaulty: true }
        : { ...seen, hasLoudspeaker: false, isFaulty: true };
    case 'detector-lost':
      return { ...seen, hasDetector: false, isFaulty: true };
    case 'session-opened':
      return { ...seen, hasSession: true };
    case 'session-lost':
      return { ...seen, hasSession: false };
    case 'degraded-mode-entered':
      return { ...seen, isDegraded: true };
    case 'degraded-mode-left':
      return { ...seen, isDegraded: false };
    default:
      return seen;
  }
}

function activity(state: ConversationState): 'listening' | 'speaking' | 'thinking' | 'none' {
  switch (state.name) {
    case 'listening':
      return 'listening';
    case 'replying':
    case 'apologising':
      return 'speaking';
    case 'awaiting-reply':
    case 'filling':
      return 'thinking';
    case 'ducking':
      // Until it is known whether it was a cough, nothing has changed for whoever looks.
      return activity(state.over);
    default:
      return 'none';
  }
}

function indicate(seen: Seen): Indication {
  if (seen.state.name === 'closed') return 'off';
  if (seen.isMuted) return 'muted';
  if (seen.isFaulty) return 'faulty';
  const isOpen = seen.hasMicrophone && seen.hasLoudspeaker && seen.hasSession !== null;
  const doing = activity(seen.state);
  if (!isOpen && doing === 'none') return 'starting';
  if (doing === 'listening' || doing === 'speaking') return doing;
  if (seen.isDegraded || seen.hasSession === false) return 'unreachable';
  return doing === 'none' ? 'ready' : doing;
}

/**
 * What a person should see of a pipeline, from its events.
 *
 * @remarks
 * Emits `starting` at once, then changes only. What matters most wins: muted before faulty, faulty before what is going on, and
 * a service that cannot be reached where nobody listens or speaks.
 * Completion: emits `off`, then completes. Errors with what the events error with.
 * @public
 */
export function indicationsOf(): OperatorFunction<PipelineEvent, Indication> {
  return (events$) =>
    new Observable((subscriber) => {
      let seen = nothingSeen;
      let shown: Indication = indicate(seen);
      const show = (indication: Indication) => {
        if (indication === shown) return;
        shown = indication;
        subscriber.next(indication);
      };
      subscriber.next(shown);
      subscriber.add(
        events$.subscribe({
          next: (event) => {
            seen = see(seen, event);
            show(indicate(seen));
          },
          error: (error) => subscriber.error(error),
          complete: () => {
            show('off');
            subscriber.complete();
          },
        }),
      );
    });
}
