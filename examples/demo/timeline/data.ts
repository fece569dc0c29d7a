import type { WaitSummary } from '../summary/fillers.js';

/** The outline of a sound: the lowest and the highest sample of each step. */
export interface Envelope {
  readonly min: readonly number[];
  readonly max: readonly number[];
  readonly stepMs: number;
}

/** A state of the conversation, while it lasted. */
export interface StateSpan {
  readonly name:
    | 'idle'
    | 'listening'
    | 'awaiting-reply'
    | 'filling'
    | 'replying'
    | 'apologising'
    | 'ducking'
    | 'closed';
  readonly fromMs: number;
  readonly toMs: number;
}

/** One moment worth a mark. Known types have their own colour: filler, held-back, reply, duck, cut, restore, lost, back, voice. */
export interface TimelineEvent {
  readonly atMs: number;
  readonly type: string;
  readonly label: string;
}

/** One turn of the user and what came of it. All times on the time base of the recordings. */
export interface TimelineTurn extends Partial<WaitSummary> {
  readonly turnId: string;
  readonly said: string;
  readonly answered: string;
  readonly endOfSpeechMs: number;
  readonly turnEndedMs: number;
  readonly fillerHeardMs: number | null;
  readonly firstReplyHeardMs: number | null;
  /** How much of the reply was heard. */
  readonly replyHeardMs: number;
  readonly outcome: string;
  /** The turn as it was sent before the user went on with it. */
  readonly earlierRevisions?: readonly TimelineTurn[];
}

/** Speech, or what sounded like it, while the loudspeaker was talking. */
export interface TimelineBargeIn {
  readonly kind: 'filler' | 'reply' | 'cough';
  readonly speechOnsetMs: number;
  readonly duckedMs: number;
  /** Null for a cough: nothing is cut. */
  readonly silentMs: number | null;
  /** Null for a barge-in: nothing comes back. */
  readonly restoredMs: number | null;
}

/** What the conversation was heard and spoken with: files, devices of the machine, or those of a virtual kiosk. */
export type Place = 'files' | 'devices' | 'virtual-kiosk';

/** What the whole conversation comes to. */
export interface TimelineTotals {
  readonly turns: number;
  readonly answered: number;
  readonly bargeIns: number;
  readonly coughs: number;
  readonly durationMs: number;
  /** How long the loop was told to wait before it fills. */
  readonly fillerDelayMs: number;
}

/** All that the page shows. */
export interface TimelineData {
  readonly title: string;
  readonly durationMs: number;
  readonly microphone: Envelope;
  readonly loudspeaker: Envelope;
  /** Pairs of time in ms and probability. */
  readonly speechProbability: readonly (readonly [number, number])[];
  readonly states: readonly StateSpan[];
  readonly events: readonly TimelineEvent[];
  readonly turns: readonly TimelineTurn[];
  readonly bargeIns: readonly TimelineBargeIn[];
  readonly totals: TimelineTotals;
  /** Files, when it is not said. */
  readonly place?: Place;
  /** How much less of the loudspeaker the microphone hears. Nothing, when it is null or not said. Units: dB. */
  readonly echoDb?: number | null;
  /** Where speech starts and stops, drawn as lines in the probability curve. */
  readonly thresholds?: { readonly start: number; readonly stop: number };
  /** What else went wrong, one sentence each. */
  readonly problems?: readonly string[];
  /** What listened and spoke on this machine, a line each. */
  readonly speech?: readonly string[];
}
