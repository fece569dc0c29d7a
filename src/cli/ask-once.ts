import type { SchedulerLike, Subscription } from 'rxjs';
import { Observable, Subject } from 'rxjs';
import type { StreamingService } from '../adapters/streaming-service/index.js';
import type { UpstreamEvent, UpstreamRequest } from '../index.js';
import { durationMs, isVoiceError, UpstreamError } from '../index.js';
import type { AskInput } from './ask-report.js';

/** What is asked, and what is done meanwhile. */
export interface Question {
  readonly prompt: string;
  /** When to send InterruptSession, after asking. Units: ms. */
  readonly interruptAfterMs: number | undefined;
  /** When to cancel, after asking. Units: ms. */
  readonly cancelAfterMs: number | undefined;
}

/** The one turn of a command. */
const turn = { turnId: 'ask', revision: 1 } as const;

/**
 * Ask one question, and tell everything that happens until it is over.
 *
 * @remarks
 * Cold; completes when the question is over, and never errors. Audio counts as heard as soon as it was told, so an
 * answer is taken as fast as it comes.
 * Cancellation: `cancel$` ends it with `ask-cancelled`; unsubscribing ends it without.
 */
export function askOnce(
  service: StreamingService,
  { prompt, interruptAfterMs, cancelAfterMs }: Question,
  cancel$: Observable<unknown>,
  scheduler: SchedulerLike,
): Observable<AskInput> {
  return new Observable((subscriber) => {
    const requests$ = new Subject<UpstreamRequest>();
    let replyId: string | null = null;
    let heardMs = 0;
    let report: Subscription | undefined;

    function cancel(): void {
      if (subscriber.closed) return;
      requests$.next({ type: 'reply-cancelled', ...turn, replyId, heardMs, heardText: '' });
      subscriber.next({ type: 'ask-cancelled', atMs: scheduler.now() });
      subscriber.complete();
    }

    function interrupt(): void {
      subscriber.add(
        service.interruptSession().subscribe({
          error: (error) => subscriber.next({ type: 'interrupt-failed', error }),
        }),
      );
    }

    /** Not at once: the service counts audio as received when it has told of it, and so after we have heard of it. */
    function noteHeard(replyId: string): void {
      report ??= scheduler.schedule(() => {
        report = undefined;
        requests$.next({ type: 'reply-progress', replyId, heardMs });
      });
    }

    function take(event: UpstreamEvent): void {
      subscriber.next(event);
      if (event.type === 'reply-started') replyId = event.replyId;
      if (event.type === 'reply-audio') {
        heardMs += durationMs(event.frame);
        noteHeard(event.replyId);
      }
      if (event.type === 'reply-ended' || event.type === 'turn-failed') subscriber.complete();
    }

    function sessionOver(cause?: unknown): void {
      if (subscriber.closed) return;
      const error = isVoiceError(cause)
        ? cause
        : new UpstreamError('UPSTREAM_ABORTED', 'the session ended before the answer did; try again', {
            cause,
          });
      subscriber.next({ type: 'session-failed', error });
      subscriber.complete();
    }

    subscriber.add(() => report?.unsubscribe());
    subscriber.add(service.events$.subscribe((event) => subscriber.next(event)));
    subscriber.add(
      service.openSession(requests$).subscribe({
        next: take,
        error: sessionOver,
        complete: () => sessionOver(),
      }),
    );
    requests$.next({ type: 'turn-text', ...turn, text: prompt });
    requests$.next({ type: 'turn-ended', ...turn });
    if (subscriber.closed) return;
    subscriber.add(cancel$.subscribe(cancel));
    if (interruptAfterMs !== undefined) subscriber.add(scheduler.schedule(interrupt, interruptAfterMs));
    if (cancelAfterMs !== undefined) subscriber.add(scheduler.schedule(cancel, cancelAfterMs));
  });
}
