import type { ErrorCode } from '../../core/errors.js';

/**
 * How one attempt to get an answer came out.
 *
 * @remarks
 * `complete`: the service said that this was all. `empty`: it said so, or ended the call, without having sent anything.
 * `truncated`: it stopped in the middle; what came is good. `refused`: it will not answer this request, now or ever.
 * `blocked`: it answers nobody with this hardware id until some seconds after an InterruptSession. `cancelled`: we did
 * it. `failed`: anything else.
 * @public
 */
export type AskOutcome = 'complete' | 'empty' | 'truncated' | 'refused' | 'blocked' | 'cancelled' | 'failed';

/**
 * What the adapter tells beyond the port: for logs, for metrics and for a command that shows the protocol.
 *
 * @remarks
 * Order: `attempt-started`, then `first-message`, `audio-received` and `progress` of it, then `attempt-ended`; attempts
 * of different turns may alternate. Each `attempt-started` has exactly one `attempt-ended`.
 * Units: `...Ms` are milliseconds; `afterMs` counts from the `attempt-started`. `atMs` and `blockedUntilMs` are on the clock of the `scheduler` that
 * the service was given: the `atMs` of pipeline events is on the same one only if the pipeline was given it too.
 * @public
 */
export type ServiceEvent =
  /** `retryInMs` is set while backing off. */
  | {
      readonly type: 'connection';
      readonly state: 'idle' | 'connecting' | 'ready' | 'backing-off' | 'closed';
      readonly retryInMs: number | null;
    }
  /** One StreamAudio call. `attempt` counts 1, 2, ... within the revision; each has a session id of its own. */
  | {
      readonly type: 'attempt-started';
      readonly turnId: string;
      readonly revision: number;
      readonly sessionId: string;
      readonly attempt: number;
      readonly atMs: number;
    }
  /** The first message of its kind in this attempt. */
  | {
      readonly type: 'first-message';
      readonly sessionId: string;
      readonly kind: 'text' | 'audio' | 'action' | 'progress';
      readonly afterMs: number;
    }
  /** One chunk as it came; `bytes` is a copy, and not checked. Ownership: the receiver's. */
  | {
      readonly type: 'audio-received';
      readonly sessionId: string;
      readonly bytes: Uint8Array;
      readonly dtype: string;
      readonly sampleRateHz: number;
      readonly channels: number;
      readonly shape: readonly number[];
    }
  /** What a browser that the service drives is doing. `kind` as on the wire, such as `BROWSER_STEP_STARTED`. */
  | {
      readonly type: 'progress';
      readonly sessionId: string;
      readonly kind: string;
      readonly taskId: string;
      readonly stepNumber: number | null;
      readonly description: string | null;
      readonly url: string | null;
      readonly action: string | null;
      readonly error: string | null;
      readonly timestamp: string;
    }
  /** `retryInMs` is set when `decision` is `retry`. `retryable` says whether asking again later can succeed. */
  | {
      readonly type: 'attempt-ended';
      readonly turnId: string;
      readonly revision: number;
      readonly sessionId: string;
      readonly attempt: number;
      readonly outcome: AskOutcome;
      readonly code: ErrorCode | null;
      readonly grpcStatus: number | null;
      readonly retryable: boolean;
      readonly message: string | null;
      readonly afterMs: number;
      readonly decision: 'done' | 'retry' | 'give-up';
      readonly retryInMs: number | null;
    }
  /** An InterruptSession was answered; until `blockedUntilMs` of the scheduler the service answers nothing else. */
  | {
      readonly type: 'interrupt-sent';
      readonly success: boolean;
      readonly message: string;
      readonly blockedUntilMs: number;
    }
  | { readonly type: 'usage-reported'; readonly success: boolean; readonly message: string };
