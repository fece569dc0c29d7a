/** What the conversation asks of the edges. @public */
export type ConversationEffect =
  /** Collect what the user says. With a revision above 1, go on collecting. */
  | { readonly type: 'open-turn'; readonly turnId: string; readonly revision: number }
  /** Send it and ask for an answer. */
  | { readonly type: 'end-turn'; readonly turnId: string; readonly revision: number }
  /** Forget it. */
  | { readonly type: 'abandon-turn'; readonly turnId: string }
  | { readonly type: 'speak-filler'; readonly turnId: string; readonly fillerId: string }
  /** Play what comes of this reply. */
  | { readonly type: 'play-reply'; readonly replyId: string }
  /** Tell when all that came of this reply has been heard. */
  | { readonly type: 'drain-playout'; readonly replyId: string }
  | { readonly type: 'duck' }
  | { readonly type: 'restore' }
  /** Discard everything at the loudspeaker; the volume is full again. */
  | { readonly type: 'flush-playout' }
  /** Nobody wants the answer to this turn any more. `replyId` is null when none had begun. */
  | {
      readonly type: 'cancel-reply';
      readonly turnId: string;
      readonly revision: number;
      readonly replyId: string | null;
    }
  | { readonly type: 'close-session' };
