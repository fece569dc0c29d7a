import type { VoiceError } from '../errors.js';

/** Why another one was asked. @public */
export type FallbackReason =
  /** It failed. */
  | 'failed'
  /** It did not answer in time. */
  | 'late'
  /** It cannot do this one thing, such as a text in another language; that says nothing of its health. */
  | 'refused'
  /** It was known to be down, or was still being opened, and was not asked. */
  | 'down';

/** What becomes of several that can do the same. @public */
export type FallbackReport =
  /** Another one than before does the work, or the first one of all began. */
  | {
      readonly type: 'in-use';
      readonly index: number;
      readonly name: string;
      /** Of a voice: what it gives has no words in it, as an earcon's has none. */
      readonly saysNothing: boolean;
      /** The one before; null for the first. */
      readonly before: string | null;
    }
  /** A request was not answered by the first of them. */
  | {
      readonly type: 'fell-back';
      readonly from: string;
      readonly to: string;
      readonly reason: FallbackReason;
      readonly error: VoiceError | null;
      /** Requests so far that somebody answered, and how many of them not the first one. */
      readonly answered: number;
      readonly fallbacks: number;
      /** The share of fallbacks among the last 50 of them. Range: 0..1. */
      readonly recentShare: number;
    }
  /** One is passed over from now on. It is tried again after `probeInMs`; null: never. Units: ms. */
  | {
      readonly type: 'down';
      readonly name: string;
      readonly error: VoiceError | null;
      readonly probeInMs: number | null;
    }
  /** One that had to be opened first can be used. */
  | { readonly type: 'opened'; readonly name: string }
  /** One that was down answers again. Units: ms. */
  | { readonly type: 'recovered'; readonly name: string; readonly afterMs: number }
  /** Nobody could do it. */
  | { readonly type: 'all-failed'; readonly error: VoiceError };
