import { concat, defer, EMPTY, type Observable, Subject, throwError } from 'rxjs';
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
  /** Nothing more will be asked. */
  close(): void;
}

export function createSession(
  upstream: Upstream,
  settings: PipelineSettings,
  lost: (error: VoiceError, retryInMs: number) => void,
): UpstreamSession {
  const requests$ = new Subject<UpstreamRequest>();
  const stale$ = new Subject<string>();
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
    events$: reopening(() => concat(upstream.openSession(requests$), unlessClosed$), settings, lost).pipe(
      dropStale(staleKey, stale$),
    ),
    send: (request) => requests$.next(request),
    markStale(turn, replyId) {
      stale$.next(turnKey(turn));
      if (replyId !== undefined) stale$.next(replyId);
    },
    close() {
      closed = true;
      requests$.complete();
    },
  };
}

const turnKey = ({ turnId, revision }: TurnRevision): string => `${turnId}/${revision}`;

/** What an event belongs to: its reply, or until one has begun its turn. */
function staleKey(event: UpstreamEvent): string | undefined {
  if ('replyId' in event && event.type !== 'reply-started') return event.replyId;
  return 'turnId' in event ? turnKey(event) : undefined;
}
