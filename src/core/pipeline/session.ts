import { concat, defer, EMPTY, merge, type Observable, Subject, takeUntil, throwError } from 'rxjs';
import { UpstreamError, type VoiceError } from '../errors.js';
import { dropStale } from '../operators/drop-stale.js';
import type { TurnRevision, Upstream, UpstreamEvent, UpstreamRequest } from '../ports/upstream.js';
import type { PipelineSettings } from './pipeline-options.js';
import { reopening } from './reopening.js';

/** The session with the service. */
export interface UpstreamSession {
  /** Subscribing opens it, and opens it again whenever it is lost. What is stale is dropped here, at the door. */
  readonly events$: Observable<UpstreamEvent>;
  send(request: UpstreamRequest): void;
  /** Nobody wants the answer to this turn any more, nor this reply. */
  markStale(turn: TurnRevision, replyId: string | undefined): void;
  /** Nothing more will be asked. `events$` completes when what was has been taken, or nobody is there to take it. */
  close(): void;
}

export function createSession(
  upstream: Upstream,
  settings: PipelineSettings,
  lost: (error: VoiceError, retryInMs: number) => void,
): UpstreamSession {
  const requests$ = new Subject<UpstreamRequest>();
  const stale$ = new Subject<string>();
  /** Failures of turns that came while no session was open: they would be waited for in vain. */
  const refused$ = new Subject<UpstreamEvent>();
  /** Nobody is there to take what was sent, nor will be. */
  const over$ = new Subject<void>();
  let closed = false;

  /** A session that ends although nobody closed it is a lost one. */
  const unlessClosed$ = defer(() =>
    closed
      ? EMPTY
      : throwError(
          () =>
            new UpstreamError('UPSTREAM_ABORTED', 'the service closed the session; it will be opened again', {
              retryable: true,
            }),
        ),
  );
  return {
    events$: merge(
      refused$,
      reopening(
        'session',
        () => (closed ? EMPTY : concat(upstream.openSession(requests$), unlessClosed$)),
        settings,
        lost,
      ),
    ).pipe(takeUntil(over$), dropStale(staleKey, stale$)),
    send(request) {
      if (requests$.observed || request.type !== 'turn-ended') {
        requests$.next(request);
        return;
      }
      const { turnId, revision } = request;
      const error = new UpstreamError(
        'UPSTREAM_UNREACHABLE',
        'there is no session with the service at the moment; it is being opened again, speak again then',
        { retryable: true },
      );
      refused$.next({ type: 'turn-failed', turnId, revision, error });
    },
    markStale(turn, replyId) {
      stale$.next(turnKey(turn));
      if (replyId !== undefined) stale$.next(replyId);
    },
    close() {
      closed = true;
      const isTaken = requests$.observed;
      requests$.complete();
      refused$.complete();
      if (!isTaken) over$.next();
    },
  };
}

const turnKey = ({ turnId, revision }: TurnRevision): string => `${turnId}/${revision}`;

/** What an event belongs to: its reply, or until one has begun its turn. */
function staleKey(event: UpstreamEvent): string | undefined {
  if ('replyId' in event && event.type !== 'reply-started') return event.replyId;
  return 'turnId' in event ? turnKey(event) : undefined;
}
