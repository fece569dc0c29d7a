import { Observable, type Subscription } from 'rxjs';
import type { VoiceError } from '../core/errors.js';
import { UpstreamError } from '../core/errors.js';
import type { ReplyEndReason, TurnRevision, UpstreamEvent } from '../core/ports/upstream.js';
import type { Script, ScriptAct } from './script.js';
import type { ScriptedUpstreamOptions } from './scripted-upstream-options.js';

/** One answer, as its script says; ends by itself when the script falls silent. Unsubscribing cancels it. */
export function runScript(
  script: Script,
  turn: TurnRevision,
  replyId: string,
  options: Pick<ScriptedUpstreamOptions, 'scheduler' | 'firstMessageMs' | 'betweenMessagesMs'>,
): Observable<UpstreamEvent> {
  return new Observable((subscriber) => {
    let started = false;
    let sequence = 0;
    let waiting: Subscription | undefined;
    subscriber.add(() => waiting?.unsubscribe());

    function waitFor(index: number): void {
      if (subscriber.closed) return;
      const step = script[index];
      const patienceMs = index === 0 ? options.firstMessageMs : options.betweenMessagesMs;
      const waitMs = step === undefined ? Number.POSITIVE_INFINITY : (step.afterMs ?? 0);
      const work = (): void => {
        if (step === undefined || waitMs > patienceMs) giveUp(patienceMs);
        else act(step, index);
      };
      waiting = options.scheduler.schedule(work, Math.min(waitMs, patienceMs));
    }

    function giveUp(patienceMs: number): void {
      const error = new UpstreamError(
        'UPSTREAM_TIMEOUT',
        `the script was silent for ${patienceMs} ms; try again`,
        {
          retryable: true,
        },
      );
      finish('truncated', error, error.message);
    }

    function start(): void {
      if (started) return;
      started = true;
      subscriber.next({ type: 'reply-started', ...turn, replyId, interruptible: true });
    }

    /** Without anything of an answer there was no reply, whatever the reason. */
    function finish(reason: ReplyEndReason, error: VoiceError, message?: string, lost?: VoiceError): void {
      if (!started) subscriber.next({ type: 'turn-failed', ...turn, error });
      else
        subscriber.next({ type: 'reply-ended', replyId, reason, ...(message !== undefined && { message }) });
      if (lost !== undefined) subscriber.next({ type: 'session-lost', error: lost });
      subscriber.complete();
    }

    function act(step: ScriptAct, index: number): void {
      switch (step.type) {
        case 'text':
          start();
          subscriber.next({ type: 'reply-text', replyId, text: step.text });
          break;
        case 'audio':
          start();
          subscriber.next({ type: 'reply-audio', replyId, sequence: sequence++, frame: step.frame });
          break;
        case 'action':
          start();
          subscriber.next({ type: 'action', replyId, command: step.command, args: step.args });
          break;
        case 'transcript':
          subscriber.next({ type: 'transcript', ...turn, text: step.text, final: step.final });
          break;
        case 'end':
          finish('complete', noResponse('it said that it was done'), step.message);
          return;
        case 'stop':
          finish('truncated', noResponse('it ended'), step.message);
          return;
        case 'fail':
          finish('truncated', step.error, step.error.message);
          return;
        case 'lose-session':
          finish('truncated', step.error, step.error.message, step.error);
          return;
      }
      waitFor(index + 1);
    }

    waitFor(0);
  });
}

function noResponse(what: string): UpstreamError {
  return new UpstreamError('UPSTREAM_NO_RESPONSE', `the script gave no answer: ${what}; try again`, {
    retryable: true,
  });
}
