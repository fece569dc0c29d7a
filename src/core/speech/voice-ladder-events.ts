/** What a ladder of voices tells. @public */
export type VoiceLadderEvent =
  /** Another voice than before speaks, from this text on. The first one comes when a voice is found at all. */
  | {
      readonly type: 'rung-in-use';
      readonly rung: string;
      readonly engine: string;
      readonly voice: string;
      /** True for an earcon: it is heard, and nothing of the text is. */
      readonly saysNothing: boolean;
      /** The rung before; undefined for the first. */
      readonly before: string | undefined;
    }
  /** It can speak, for the first time or again. */
  | { readonly type: 'rung-ready'; readonly rung: string }
  /** It cannot be opened, or it failed at its work. `retryInMs`: when it is tried again; undefined when it will not be. */
  | {
      readonly type: 'rung-unavailable';
      readonly rung: string;
      readonly error: unknown;
      readonly retryInMs: number | undefined;
    }
  /** A text goes to the rungs below, since this one could not say it. */
  | {
      readonly type: 'text-passed-on';
      readonly rung: string;
      readonly error: unknown;
      /** Texts so far, and how many of them were passed on by a rung at least once. */
      readonly texts: number;
      readonly passedOn: number;
    };
