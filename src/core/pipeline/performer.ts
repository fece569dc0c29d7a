import { cancelOf } from '../conversation/agent-transitions.js';
import type { ConversationEffect } from '../conversation/conversation-effect.js';
import type { PlayoutCommand } from '../playout/playout-types.js';
import type { InterruptedReply } from '../ports/upstream.js';
import type { ConversationChange } from './conversation-loop.js';
import type { FillerDesk } from './filler-desk.js';
import type { UnstampedEvent } from './pipeline-event.js';
import type { HeardReply, ReplyDesk } from './reply-desk.js';
import type { UpstreamSession } from './session.js';
import type { TurnCollector } from './turn-collector.js';

export interface PerformerInput {
  readonly turns: TurnCollector;
  readonly replies: ReplyDesk;
  readonly fillers: FillerDesk;
  readonly play: (command: PlayoutCommand) => void;
  readonly session: UpstreamSession;
  readonly tell: (event: UnstampedEvent) => void;
}

/** Does what the conversation asks for. */
export interface Performer {
  perform(effect: ConversationEffect): void;
  /** The loudspeaker discarded the rest of a reply after so much of it was heard. */
  wasCut(replyId: string, heardMs: number): void;
  /** What the loudspeaker had not played is gone; `work` decides what that means. */
  whileLost(work: () => void): void;
  /** Tell of the barge-in that caused this change, if one did, or of what was cut by a close. */
  tellCut(change: ConversationChange): void;
}

const nothing: InterruptedReply = { replyId: '', heardMs: 0, heardText: '' };

export function createPerformer(input: PerformerInput): Performer {
  const { turns, replies, fillers, play, session, tell } = input;
  /** What the loudspeaker discarded last, until it is asked for. */
  let discarded: HeardReply | undefined;
  /** The reply that was cut last, in words. */
  let cut = nothing;

  return {
    perform(effect) {
      switch (effect.type) {
        case 'open-turn':
          // Whoever cut what has no answer of its own, as an apology, asks for nothing that was discarded.
          discarded = undefined;
          tell({ type: 'turn-opened', turnId: effect.turnId, revision: effect.revision });
          turns.open(effect);
          return;
        case 'end-turn':
          turns.end(effect);
          return;
        case 'abandon-turn':
          turns.abandon(effect.turnId);
          return;
        case 'speak-filler':
          fillers.speak(effect.turnId, effect.fillerId);
          return;
        case 'play-reply':
          replies.play(effect.replyId);
          return;
        case 'drain-playout':
          replies.end(effect.replyId);
          return;
        case 'duck':
        case 'restore':
          play({ type: effect.type });
          return;
        case 'flush-playout':
          discarded = nothing;
          cut = nothing;
          play({ type: 'cut' });
          return;
        case 'cancel-reply': {
          const { turnId, revision } = effect;
          const found = replies.cut(effect, discarded);
          discarded = undefined;
          cut = found ?? nothing;
          if (effect.replyId !== null) turns.interrupted(cut);
          session.markStale(effect, found?.replyId);
          const { heardMs, heardText } = cut;
          session.send({
            type: 'reply-cancelled',
            turnId,
            revision,
            replyId: found?.replyId ?? null,
            heardMs,
            heardText,
          });
          return;
        }
        case 'close-session':
          session.close();
      }
    },

    wasCut(replyId, heardMs) {
      discarded = { replyId, heardMs };
    },

    whileLost(work) {
      discarded ??= nothing;
      work();
      discarded = undefined;
    },

    tellCut({ previous, cause }) {
      const over = previous.name === 'ducking' ? previous.over : previous;
      if (cause.type === 'close-requested') {
        const [cancelled] = cancelOf(over);
        if (cancelled?.type !== 'cancel-reply') return;
        const { turnId, revision, replyId } = cancelled;
        const { heardMs, heardText } = cut;
        tell({ type: 'reply-cancelled', turnId, revision, replyId, heardMs, heardText });
        return;
      }
      const isBid = cause.type === 'speech-confirmed' || cause.type === 'floor-taken';
      if (!isBid || !('turnId' in over) || over.name === 'listening') return;
      tell({
        type: 'barge-in',
        ...(cause.type === 'floor-taken'
          ? { by: 'press', onsetMs: cause.atMs }
          : { by: 'speech', onsetMs: cause.onsetMs }),
        turnId: over.turnId,
        replyId: over.name === 'replying' ? over.replyId : null,
        fillerId: over.name === 'filling' || over.name === 'apologising' ? over.fillerId : null,
        heardMs: cut.heardMs,
        heardText: cut.heardText,
      });
    },
  };
}
