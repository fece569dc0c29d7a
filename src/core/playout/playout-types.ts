import type { AudioFrame } from '../audio/audio-frame.js';

/** What a piece of audio at the loudspeaker belongs to: that, and nothing else, may cancel it. @public */
export interface PlayoutOwner {
  readonly kind: 'reply' | 'filler';
  /** The `replyId` or `fillerId`. A filler that is spoken twice gets a new id each time. */
  readonly id: string;
}

/** What may be asked of the loudspeaker. @public */
export type PlayoutCommand =
  /** Append audio, of any layout. Audio of a reply makes a filler that is being spoken give way at its next pause. */
  | {
      readonly type: 'play';
      readonly owner: PlayoutOwner;
      readonly frame: AudioFrame;
      /** Where this filler may be left, from its start. Units: ms. */
      readonly pausesMs?: readonly number[];
    }
  /** Nothing more will come of it. */
  | { readonly type: 'end'; readonly owner: PlayoutOwner }
  /** Lower the volume of all that is heard from now on. */
  | { readonly type: 'duck' }
  /** Full volume again. */
  | { readonly type: 'restore' }
  /** Discard everything, now; and full volume for what comes next. */
  | { readonly type: 'cut' };

/** What happened at the loudspeaker. Times are on the clock of the scheduler. @public */
export type PlayoutEvent =
  /** Its first sample left the loudspeaker. */
  | { readonly type: 'playout-started'; readonly owner: PlayoutOwner; readonly atMs: number }
  /** So much of it has left the loudspeaker; about every 500 ms of it, and not at its end. Units: ms of its own audio. */
  | {
      readonly type: 'playout-progress';
      readonly owner: PlayoutOwner;
      readonly atMs: number;
      readonly heardMs: number;
    }
  /** No more of it will be heard. `heardMs` is what was, in ms of its own audio. */
  | {
      readonly type: 'playout-ended';
      readonly owner: PlayoutOwner;
      readonly atMs: number;
      readonly heardMs: number;
      /** `heard`: all of it; `handed-over`: a filler gave way to the reply; `cut`: discarded. */
      readonly reason: 'heard' | 'handed-over' | 'cut';
    }
  /** More of it is expected, but there is nothing to play. */
  | {
      readonly type: 'playout-starved';
      readonly owner: PlayoutOwner;
      readonly atMs: number;
      readonly heardMs: number;
    }
  /** `atMs` is when the lower volume is reached at the loudspeaker. */
  | { readonly type: 'ducked'; readonly atMs: number }
  /** `atMs` is when the full volume is reached at the loudspeaker. */
  | { readonly type: 'restored'; readonly atMs: number }
  /**
   * After a cut: `atMs` is when the loudspeaker is silent, and what comes next is at full volume. Not told where nothing was being played
   * and nothing was ducked.
   */
  | { readonly type: 'silenced'; readonly atMs: number }
  /** The queue was full and so much of this was not taken. Told at the first piece, and at the end with the total. */
  | { readonly type: 'playout-overflow'; readonly owner: PlayoutOwner; readonly droppedMs: number };
