import type { PcmFormat } from '../audio/audio-frame.js';
import type { ConversationState } from '../conversation/conversation-state.js';
import type { VoiceError } from '../errors.js';
import type { SpeechEdge } from '../operators/detect-utterances.js';
import type { Level } from '../operators/measure-levels.js';
import type { PlayoutEvent } from '../playout/playout-types.js';
import type { DeviceReport } from '../ports/device-report.js';
import type { FallbackReport } from '../ports/fallback-report.js';
import type { FillerContext } from '../ports/filler-library.js';
import type { InterruptedReply, ReplyEndReason, TurnRevision } from '../ports/upstream.js';

/** Which device an event is about. @public */
export type DeviceRole = 'microphone' | 'loudspeaker';

/** Why a turn of the user is over. @public */
export type TurnEndReason = 'silence' | 'max-turn' | 'source-ended' | 'released' | 'muted';

/** What a barge-in cut off. @public */
export interface BargeIn {
  readonly type: 'barge-in';
  /** Whether the user spoke, or pressed the button. */
  readonly by: 'speech' | 'press';
  /** When the speech that caused it began, or the press. Units: ms. */
  readonly onsetMs: number;
  /** The turn whose answer nobody wants any more. */
  readonly turnId: string;
  /** The reply that was cut, if one was being heard. */
  readonly replyId: string | null;
  /** The filler that was cut, if one was being heard. */
  readonly fillerId: string | null;
  /** What had left the loudspeaker of the reply. Units: ms of its audio. */
  readonly heardMs: number;
  /** The same as text. Whole words; an estimate within the sentence that was cut. */
  readonly heardText: string;
}

/** What was cut off by `close`, as the service was told it. @public */
export interface ReplyCancelled extends TurnRevision, Omit<InterruptedReply, 'replyId'> {
  readonly type: 'reply-cancelled';
  /** The reply that was cut, or null when none had begun. */
  readonly replyId: string | null;
}

/** Reports of several engines that can do the same, as events. */
type EngineFact<Report> = Report extends FallbackReport
  ? Omit<Report, 'type'> & {
      readonly type: `engine-${Report['type']}`;
      /** What they are for. */
      readonly part: 'voice' | 'transcriber';
    }
  : never;

/** @inline */
type PipelineFact =
  | {
      readonly type: 'state-changed';
      readonly state: ConversationState;
      readonly previous: ConversationState;
      readonly cause: string;
    }
  | { readonly type: 'device-opened'; readonly device: DeviceRole; readonly format: PcmFormat }
  | {
      readonly type: 'device-lost';
      readonly device: DeviceRole;
      readonly error: VoiceError;
      readonly retryInMs: number;
    }
  | (Omit<Extract<DeviceReport, { readonly type: 'measured' }>, 'type'> & {
      readonly type: 'device-measured';
      readonly device: DeviceRole;
    })
  /** The detector failed; it is started again, on a microphone that is opened again. */
  | { readonly type: 'detector-lost'; readonly error: VoiceError; readonly retryInMs: number }
  | (Level & { readonly type: 'level'; readonly device: DeviceRole })
  | {
      readonly type: 'speech-probability';
      readonly startMs: number;
      readonly endMs: number;
      /** What it was judged by. Range: 0..1. */
      readonly probability: number;
      /** In the signal that is listened to; null where that was not scored. */
      readonly detectorProbability: number | null;
      /** In the signal that is sent upstream, where it is another; null where that was not scored, as while no echo is possible. */
      readonly upstreamProbability: number | null;
      /** How sure the echo canceller is that speech in the first is no echo; null where it does not say. */
      readonly confidence: number | null;
    }
  | SpeechEdge
  /** Speech, or a press of the button, that does not get the floor and is not sent. */
  | {
      readonly type: 'speech-dismissed';
      readonly onsetMs: number;
      /** `backchannel`: it was "mm-hm" so far, and the agent goes on. `uninterruptible`: the reply could not be cut. */
      readonly reason: 'backchannel' | 'uninterruptible';
      /** The reply that went on, or null for a filler. */
      readonly replyId: string | null;
      /** What was said, as far as it is known; null where nobody transcribed it. */
      readonly text: string | null;
    }
  /** The button of push-to-talk, as far as it counts: a muted one is not pressed. */
  | { readonly type: 'talk-button'; readonly pressed: boolean }
  | { readonly type: 'microphone-muted'; readonly muted: boolean }
  | (TurnRevision & { readonly type: 'turn-opened' })
  | (TurnRevision & {
      readonly type: 'turn-ended';
      readonly endOfSpeechMs: number;
      readonly reason: TurnEndReason;
    })
  | (TurnRevision & {
      readonly type: 'transcript';
      readonly text: string;
      readonly final: boolean;
      readonly engine: string;
    })
  /** The turn went up; an answer is awaited. `text` is null for an upstream that accepts audio. */
  | (TurnRevision & { readonly type: 'turn-sent'; readonly text: string | null })
  /** The turn held no words, and is forgotten. */
  | (TurnRevision & { readonly type: 'turn-empty' })
  | (TurnRevision & { readonly type: 'turn-failed'; readonly error: VoiceError })
  | { readonly type: 'session-opened'; readonly sessionId: string }
  | { readonly type: 'session-lost'; readonly error: VoiceError; readonly retryInMs: number | null }
  | (TurnRevision & { readonly type: 'reply-started'; readonly replyId: string })
  | {
      readonly type: 'reply-text';
      readonly replyId: string;
      readonly text: string;
      /** Set where its audio says nothing of it, as an earcon in its place. It is never counted as heard. */
      readonly saysNothing?: true;
    }
  | {
      readonly type: 'reply-ended';
      readonly replyId: string;
      readonly reason: ReplyEndReason | 'stalled';
      /** Audio that came of it. Units: ms. */
      readonly receivedMs: number;
      readonly text: string;
      readonly message: string | null;
    }
  | { readonly type: 'action'; readonly replyId: string; readonly command: string; readonly args: unknown }
  | {
      readonly type: 'tool-call';
      readonly replyId: string;
      readonly callId: string;
      readonly name: string;
      readonly args: unknown;
    }
  | {
      readonly type: 'filler-spoken';
      readonly turnId: string;
      readonly fillerId: string;
      readonly text: string;
      /** What it was chosen for; null for any wait. */
      readonly context: FillerContext | null;
      /** How much longer the answer was expected to take; null for an apology. Units: ms. */
      readonly expectedMs: number | null;
      /** 1 for the first one of a turn, 2 for the next, ...; 0 for an apology. */
      readonly nth: number;
    }
  | {
      readonly type: 'filler-held-back';
      readonly turnId: string;
      readonly reason: string;
      /** As above. */
      readonly expectedMs: number;
    }
  /** The service cannot be reached. Until it can, whoever is left without an answer is told so, where there is a filler for it. */
  | { readonly type: 'degraded-mode-entered'; readonly error: VoiceError }
  /** It can be reached again, after so long and so many turns without an answer. */
  | { readonly type: 'degraded-mode-left'; readonly lastedMs: number; readonly turnsLost: number }
  | EngineFact<FallbackReport>
  | BargeIn
  | ReplyCancelled
  | PlayoutEvent
  /** A part failed and the loop goes on without it. */
  | {
      readonly type: 'degraded';
      readonly part:
        | 'echo-canceller'
        | 'upstream-echo-canceller'
        | 'detector'
        | 'upstream-detector'
        | 'fillers'
        | 'device-reports'
        | 'engine-reports'
        | 'mute'
        | 'push-to-talk';
      readonly error: unknown;
    }
  /** Something was dropped, mended or late; `count` is how often so far. */
  | { readonly type: 'fact'; readonly fact: string; readonly detail: string; readonly count: number };

/**
 * Everything that can be seen of a pipeline from outside.
 *
 * `atMs` is when it became known, or for what happens at the loudspeaker when it happened there. Units: ms on the
 * clock of the pipeline's scheduler.
 * @public
 */
export type PipelineEvent = PipelineFact & { readonly atMs: number };

/** An event before it is stamped. Playout and speech events bring their own time. @internal */
export type UnstampedEvent = PipelineFact;
