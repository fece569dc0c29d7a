import type { Observable } from 'rxjs';
import type { AudioFrame, PcmFormat } from '../audio/audio-frame.js';
import type { VoiceError } from '../errors.js';
import type { FallbackReport } from './fallback-report.js';

/**
 * One state of one turn. A turn that the user goes on with after it was sent is sent again with the same `turnId`
 * and a higher `revision`; what belongs to a lower revision is stale.
 * @public
 */
export interface TurnRevision {
  readonly turnId: string;
  /** 1 for the first sending, then 2, 3, ... */
  readonly revision: number;
}

/** What the user heard of a reply that was cut before its end. @public */
export interface InterruptedReply {
  readonly replyId: string;
  /** What left the loudspeaker. Units: milliseconds of the reply's audio. */
  readonly heardMs: number;
  /** The same as text: whole words, an estimate within the stretch that was cut. */
  readonly heardText: string;
}

/**
 * A turn, with the reply that was cut since the turn before it was sent. The same was told by `reply-cancelled` when it
 * happened; it comes again here for a service that keeps nothing between two requests. Absent when the user heard the reply
 * before to its end.
 * @public
 */
export interface TurnSending extends TurnRevision {
  readonly interrupted?: InterruptedReply;
}

/** What the loop asks of the remote service. @public */
export type UpstreamRequest =
  /** Speech of the user, only to an upstream that accepts audio. */
  | (TurnRevision & { readonly type: 'turn-audio'; readonly frame: AudioFrame })
  /**
   * What the user has said so far in this turn, only to an upstream that accepts text and partials. Each takes the place
   * of the one before, and may contradict it; `turn-text` has the last word. `sequence` counts 0, 1, 2, ... within the
   * revision. Sent before `turn-text`, or never.
   */
  | (TurnRevision & {
      readonly type: 'turn-partial';
      readonly text: string;
      readonly sequence: number;
    })
  /** All the user said in this turn, only to an upstream that accepts text. Sent once per revision, before `turn-ended`. */
  | (TurnSending & { readonly type: 'turn-text'; readonly text: string })
  /** The user has finished: answer now. */
  | (TurnSending & { readonly type: 'turn-ended' })
  /** Nobody wants the answer any more. Cancels the turn, whether or not its reply has begun. */
  | (TurnRevision & {
      readonly type: 'reply-cancelled';
      /** The reply that was cut, or null when none had begun. */
      readonly replyId: string | null;
      /** What left the loudspeaker of that reply. Units: milliseconds of the reply's audio. */
      readonly heardMs: number;
      /** What left the loudspeaker of that reply, as text. */
      readonly heardText: string;
    })
  /**
   * So much of a reply has left the loudspeaker by now, about every 500 ms of it while it is heard. An upstream may slow
   * down a reply that is too far ahead; one that needs nothing of it does nothing.
   */
  | {
      readonly type: 'reply-progress';
      readonly replyId: string;
      /** Units: milliseconds of the reply's audio. */
      readonly heardMs: number;
    }
  /** The result of a tool that the service called. */
  | { readonly type: 'tool-result'; readonly callId: string; readonly result: string };

/** Why no more of a reply will come. @public */
export type ReplyEndReason =
  /** The service said that this was all. */
  | 'complete'
  /** The stream ended after data without the service saying that it was all. What came is good. */
  | 'truncated'
  /** We cancelled it. */
  | 'cancelled'
  /** It failed; nothing more will come and nothing may have come. */
  | 'failed';

/** What the remote service tells the loop. @public */
export type UpstreamEvent =
  | { readonly type: 'session-opened'; readonly sessionId: string }
  /** What the service understood of the user. */
  | (TurnRevision & { readonly type: 'transcript'; readonly text: string; readonly final: boolean })
  /** The first sign of an answer to a turn. Comes before anything else of that reply. */
  | (TurnRevision & {
      readonly type: 'reply-started';
      readonly replyId: string;
      readonly interruptible: boolean;
    })
  /** A piece of the answer's text. Boundaries are neither words nor sentences. */
  | {
      readonly type: 'reply-text';
      readonly replyId: string;
      readonly text: string;
      /**
       * Where in the reply's audio this text begins, from a service that knows; word by word is finest. Units: ms of the reply's
       * audio. Without it text begins where the audio that was received before it ends.
       */
      readonly atMs?: number;
      /** Set where the audio from here on says nothing of it, as an earcon in its place: it is never counted as heard. */
      readonly saysNothing?: true;
    }
  /** A piece of the answer's audio. `sequence` counts 0, 1, 2, ... within the reply. */
  | {
      readonly type: 'reply-audio';
      readonly replyId: string;
      readonly sequence: number;
      readonly frame: AudioFrame;
    }
  /** The service asks the device to do something. */
  | { readonly type: 'action'; readonly replyId: string; readonly command: string; readonly args: unknown }
  | {
      readonly type: 'tool-call';
      readonly replyId: string;
      readonly callId: string;
      readonly name: string;
      readonly args: unknown;
    }
  | {
      readonly type: 'reply-ended';
      readonly replyId: string;
      readonly reason: ReplyEndReason;
      /** What the service said at the end, if anything. */
      readonly message?: string;
    }
  /** The turn will not be answered; there was no reply. */
  | (TurnRevision & { readonly type: 'turn-failed'; readonly error: VoiceError })
  /** Something that was dropped or mended on the way in; a counted fact. */
  | { readonly type: 'upstream-fact'; readonly fact: string; readonly detail: string }
  /** The connection is gone. The observable stays alive and the next request may work again. */
  | { readonly type: 'session-lost'; readonly error: VoiceError };

/** The remote service, seen as one function from requests to events. @public */
export interface Upstream {
  /** What a turn is made of on its way up. A text upstream gets a transcriber put in front of it by the pipeline. */
  readonly accepts: 'audio' | 'text';
  /** Whether it makes use of `turn-partial`; none is sent otherwise. @defaultValue false */
  readonly acceptsPartials?: boolean;
  /** Layout of `turn-audio` frames; ignored by a text upstream. */
  readonly format: PcmFormat;
  /** Who speaks its replies, where one of several on this device does. Hot; never errors. */
  readonly reports$?: Observable<FallbackReport>;
  /**
   * Open a session.
   *
   * @remarks
   * Cold. Completing `requests$` half-closes: replies under way are still delivered, then the session completes.
   * Unsubscribing cancels every call at once. Requests may come before `session-opened` was emitted: they are kept or
   * sent, never lost. Reply ids are unique within a session.
   * Cancellation: after a `reply-cancelled` request was taken, nothing of that reply is emitted any more but
   * its `reply-ended` with reason `cancelled`.
   * Liveness: every turn ends in `reply-ended` or `turn-failed` within bounded time, whatever the service does.
   *
   * Errors with `UpstreamError` only for what no retry can mend (`UPSTREAM_FORBIDDEN`, `UPSTREAM_INCOMPATIBLE`).
   */
  openSession(requests$: Observable<UpstreamRequest>): Observable<UpstreamEvent>;
}
