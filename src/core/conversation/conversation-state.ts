/** Nobody has the floor. @public */
export interface Idle {
  readonly name: 'idle';
}

/** The user has the floor. @public */
export interface Listening {
  readonly name: 'listening';
  readonly turnId: string;
  /** 1, or more when the user went on after the turn had been sent. */
  readonly revision: number;
}

/** The turn was sent and nothing of the answer has come. @public */
export interface AwaitingReply {
  readonly name: 'awaiting-reply';
  readonly turnId: string;
  readonly revision: number;
  /** Speech that starts before this instant continues the turn; later speech is a new turn. Units: ms. */
  readonly reopenUntilMs: number;
}

/** As awaiting-reply, while a filler is spoken. @public */
export interface Filling {
  readonly name: 'filling';
  readonly turnId: string;
  readonly revision: number;
  readonly reopenUntilMs: number;
  readonly fillerId: string;
}

/** The answer is coming in or being heard. @public */
export interface Replying {
  readonly name: 'replying';
  readonly turnId: string;
  readonly revision: number;
  readonly replyId: string;
  /** False: the user's speech does not stop this reply. */
  readonly interruptible: boolean;
  /**
   * How much the service still owes: more to come; all sent, and the rest waits to be heard; or it fell silent, the
   * rest waits to be heard, and then the call is cancelled with what was.
   */
  readonly progress: 'receiving' | 'sent' | 'stalled';
}

/** Nobody will answer: the agent says that the service cannot be reached. @public */
export interface Apologising {
  readonly name: 'apologising';
  /** The turn that is not answered, or not to its end. What still comes of it changes nothing. */
  readonly turnId: string;
  readonly fillerId: string;
}

/** What a suspicion of speech can be held over. @public */
export type Interruptible = AwaitingReply | Filling | Replying | Apologising;

/**
 * The user may have begun to speak. The agent goes on, quietly, until that is confirmed or turns out to be a cough;
 * what happens to the turn meanwhile happens to `over`.
 * @public
 */
export interface Ducking {
  readonly name: 'ducking';
  readonly over: Interruptible;
}

/** The end. @public */
export interface Closed {
  readonly name: 'closed';
}

/** Where the conversation stands. @public */
export type ConversationState = Idle | Listening | Interruptible | Ducking | Closed;

/** The turn and revision that is being spoken, awaited or answered, if any. */
export function turnOf(
  state: ConversationState,
): { readonly turnId: string; readonly revision: number } | undefined {
  if (state.name === 'ducking') return turnOf(state.over);
  if (state.name === 'idle' || state.name === 'apologising' || state.name === 'closed') return undefined;
  return { turnId: state.turnId, revision: state.revision };
}
