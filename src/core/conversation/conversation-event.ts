/** What can happen to a conversation. Events about a turn or a reply carry its id: what belongs to an abandoned one changes nothing. @public */
export type ConversationEvent =
  /** Perhaps speech. */
  | { readonly type: 'speech-started' }
  /** It was none. */
  | { readonly type: 'speech-misfired' }
  /** Certainly speech. `nextTurnId` names the turn, should this begin a new one. */
  | { readonly type: 'speech-confirmed'; readonly onsetMs: number; readonly nextTurnId: string }
  /** It was speech, but the person only says that they listen, and does not want the floor. */
  | { readonly type: 'backchannel-heard' }
  /** The user pressed the button: the floor is theirs, whatever a detector would say. `nextTurnId` as above. */
  | { readonly type: 'floor-taken'; readonly atMs: number; readonly nextTurnId: string }
  /** The microphone was muted: nothing more will be heard of the user. Until `reopenUntilMs` more speech continues the turn. */
  | { readonly type: 'muted'; readonly reopenUntilMs: number }
  /** The user has finished. Until `reopenUntilMs` more speech continues the turn. */
  | { readonly type: 'turn-ended'; readonly reopenUntilMs: number }
  /** Nothing was understood, or nothing was kept of it. */
  | { readonly type: 'turn-empty'; readonly turnId: string; readonly revision: number }
  /** The wait has become long enough for a filler. */
  | {
      readonly type: 'filler-due';
      readonly turnId: string;
      readonly revision: number;
      readonly fillerId: string;
    }
  /** The turn was given up because the service cannot be reached, and there is a filler that says so. */
  | { readonly type: 'apology-due'; readonly turnId: string; readonly fillerId: string }
  /** A filler was heard to its end, or gave way. */
  | { readonly type: 'filler-ended'; readonly fillerId: string }
  | {
      readonly type: 'reply-started';
      readonly turnId: string;
      readonly revision: number;
      readonly replyId: string;
      readonly interruptible: boolean;
    }
  /** The service sends no more of it, for whatever reason. */
  | { readonly type: 'reply-ended'; readonly replyId: string }
  /** All that was received of it has been heard. */
  | { readonly type: 'playout-drained'; readonly replyId: string }
  /** The service will not answer, or did not in time. */
  | { readonly type: 'turn-failed'; readonly turnId: string; readonly revision: number }
  /** The service fell silent in the middle of a reply. */
  | { readonly type: 'reply-stalled'; readonly replyId: string }
  /** The connection to the service is gone. */
  | { readonly type: 'session-lost' }
  /** The microphone is gone. */
  | { readonly type: 'capture-lost' }
  /** The loudspeaker is gone, and what it had not played with it. */
  | { readonly type: 'playout-lost' }
  | { readonly type: 'close-requested' };
