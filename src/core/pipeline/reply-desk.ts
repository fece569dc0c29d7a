import { type SchedulerLike, Subject, Subscription } from 'rxjs';
import { durationMs } from '../audio/audio-frame.js';
import type { ConversationEvent } from '../conversation/conversation-event.js';
import {
  addAudio,
  addText,
  completeLedger,
  heardText,
  openLedger,
  type ReplyLedger,
  wholeText,
} from '../conversation/heard-ledger.js';
import { inSequence } from '../operators/in-sequence.js';
import type { PlayoutCommand } from '../playout/playout-types.js';
import type { InterruptedReply, TurnRevision, UpstreamEvent } from '../ports/upstream.js';
import type { UnstampedEvent } from './pipeline-event.js';

type ReplyAudio = Extract<UpstreamEvent, { type: 'reply-audio' }>;

/** One reply, from its first sign to its last sample. */
interface Reply {
  readonly turn: TurnRevision;
  readonly replyId: string;
  readonly interruptible: boolean;
  readonly audio$: Subject<ReplyAudio>;
  readonly watch: Subscription;
  ledger: ReplyLedger;
  /** What left the loudspeaker, as far as it was told. Units: ms. */
  heardMs: number;
  /** Audio that came before the conversation said to play it. */
  early: ReplyAudio[];
  /** Pieces of it that had to give way to newer ones, how many of them were told of, and how many were missed since. */
  dropped: number;
  droppedTold: number;
  droppedMissed: number;
  phase: 'announced' | 'begun' | 'playing' | 'over';
  /** No more of it will come, said the service or its silence. */
  ended: boolean;
  /** No more of it is played: what comes all the same was not heard. */
  closed: boolean;
  /** Its silence is watched. */
  stall: Subscription;
}

/** How much of a reply left the loudspeaker. */
export interface HeardReply {
  readonly replyId: string;
  readonly heardMs: number;
}

export interface ReplyDeskInput {
  readonly scheduler: SchedulerLike;
  readonly replyStallMs: number;
  readonly play: (command: PlayoutCommand) => void;
  readonly dispatch: (event: ConversationEvent) => void;
  readonly tell: (event: UnstampedEvent) => void;
  /** First audio of a reply. */
  readonly firstAudio: () => void;
}

/** What the service sends of its replies, put in order and sent to the loudspeaker; and what of it was heard. */
export interface ReplyDesk {
  take(event: Extract<UpstreamEvent, { type: `reply-${string}` }>): void;
  /** So much of it left the loudspeaker. */
  heard(replyId: string, heardMs: number): void;
  /** The conversation has accepted it. */
  play(replyId: string): void;
  /** No more will come; tell the loudspeaker. */
  end(replyId: string): void;
  /**
   * Nobody wants the answer to this turn any more: forget what came of it.
   *
   * @param heard - what the loudspeaker had played when it discarded the rest; undefined when nothing was discarded, and
   * all that came will be heard.
   */
  cut(turn: TurnRevision, heard: HeardReply | undefined): InterruptedReply | undefined;
  close(): void;
}

/** Less audio than this may be all heard without a word of it: progress is told every 500 ms. Units: ms. */
const maxUnreportedMs = 1000;
/** Pieces of audio that may come before the conversation has said to play them: as much as comes in one go. */
const maxEarly = 3000;
/** Pieces that may wait for one that is missing. */
const maxHeld = 20;
/** The replies that are remembered: the one being played, and stragglers of cancelled ones. */
const maxReplies = 8;

export function createReplyDesk(input: ReplyDeskInput): ReplyDesk {
  const { scheduler, replyStallMs, play, dispatch, tell } = input;
  const replies = new Map<string, Reply>();

  /** Told at the first piece and, the rest of them, once there can be no more. */
  const tellDropped = (reply: Reply) => {
    const count = reply.dropped - reply.droppedTold;
    if (count === 0) return;
    reply.droppedTold = reply.dropped;
    const detail = `pieces of ${reply.replyId} came before it was its turn, and were dropped`;
    tell({ type: 'fact', fact: 'reply-audio-overflow', detail, count });
  };
  const keepEarly = (reply: Reply, event: ReplyAudio) => {
    reply.early.push(event);
    if (reply.early.length <= maxEarly) return;
    reply.early.shift();
    reply.dropped += 1;
    if (reply.dropped === 1) tellDropped(reply);
  };
  const forget = (reply: Reply) => {
    tellDropped(reply);
    reply.phase = 'over';
    reply.early = [];
    reply.watch.unsubscribe();
    reply.stall.unsubscribe();
    replies.delete(reply.replyId);
  };
  const open = ({
    turnId,
    revision,
    replyId,
    interruptible,
  }: Extract<UpstreamEvent, { type: 'reply-started' }>) => {
    const known = replies.get(replyId);
    // A service may number its replies anew in each session.
    if (known && !known.ended) return;
    if (known) forget(known);
    const reply: Reply = {
      turn: { turnId, revision },
      replyId,
      interruptible,
      audio$: new Subject(),
      watch: new Subscription(),
      ledger: openLedger(replyId),
      heardMs: 0,
      early: [],
      dropped: 0,
      droppedTold: 0,
      droppedMissed: 0,
      phase: 'announced',
      ended: false,
      closed: false,
      stall: Subscription.EMPTY,
    };
    replies.set(replyId, reply);
    for (const oldest of replies.values()) if (replies.size > maxReplies) forget(oldest);
    reply.watch.add(
      reply.audio$.pipe(inSequence({ maxHeld })).subscribe({
        next: ({ value, missing }) => {
          // What was dropped here came, and was told of.
          const known = Math.min(missing, reply.dropped - reply.droppedMissed);
          reply.droppedMissed += known;
          const count = missing - known;
          if (count > 0)
            tell({
              type: 'fact',
              fact: 'reply-audio-missing',
              detail: `${count} pieces never came`,
              count,
            });
          play({ type: 'play', owner: { kind: 'reply', id: replyId }, frame: value.frame });
        },
      }),
    );
    tell({ type: 'reply-started', turnId, revision, replyId });
  };

  /** Until its first audio a reply is still awaited: a filler may bridge, and more speech goes on with the turn. */
  const begin = (reply: Reply) => {
    if (reply.phase !== 'announced') return;
    reply.phase = 'begun';
    input.firstAudio();
    dispatch({
      type: 'reply-started',
      ...reply.turn,
      replyId: reply.replyId,
      interruptible: reply.interruptible,
    });
  };

  const watchStall = (reply: Reply) => {
    reply.stall.unsubscribe();
    // Whoever was told of what came may have left.
    if (reply.phase === 'over') return;
    const lastHeardMs = reply.heardMs;
    reply.stall = scheduler.schedule(() => {
      if (reply.phase !== 'playing') return;
      // A service may wait until what came is heard: silence counts from when the loudspeaker runs dry.
      const waitingMs = reply.ledger.receivedMs - reply.heardMs;
      if (waitingMs > maxUnreportedMs && reply.heardMs > lastHeardMs) {
        watchStall(reply);
        return;
      }
      reply.ended = true;
      tellEnd(reply, 'stalled', null);
      dispatch({ type: 'reply-stalled', replyId: reply.replyId });
    }, replyStallMs);
  };

  const tellEnd = (
    { replyId, ledger }: Reply,
    reason: Extract<UnstampedEvent, { type: 'reply-ended' }>['reason'],
    message: string | null,
  ) =>
    tell({
      type: 'reply-ended',
      replyId,
      reason,
      receivedMs: ledger.receivedMs,
      text: wholeText(ledger),
      message,
    });

  return {
    take(event) {
      if (event.type === 'reply-started') {
        open(event);
        return;
      }
      const reply = replies.get(event.replyId);
      if (!reply || reply.phase === 'over' || reply.ended) return;
      if (reply.closed && event.type !== 'reply-ended') return;
      switch (event.type) {
        case 'reply-text':
          reply.ledger = addText(reply.ledger, event.text, event.atMs, event.saysNothing);
          tell({
            type: 'reply-text',
            replyId: event.replyId,
            text: event.text,
            ...(event.saysNothing && { saysNothing: true }),
          });
          break;
        case 'reply-audio':
          reply.ledger = addAudio(reply.ledger, durationMs(event.frame));
          if (reply.phase === 'playing') reply.audio$.next(event);
          else keepEarly(reply, event);
          begin(reply);
          break;
        case 'reply-ended':
          begin(reply);
          tellEnd(reply, event.reason, event.message ?? null);
          reply.stall.unsubscribe();
          reply.ended = true;
          if (event.reason === 'complete') reply.ledger = completeLedger(reply.ledger);
          dispatch({ type: 'reply-ended', replyId: event.replyId });
          return;
      }
      watchStall(reply);
    },

    heard(replyId, heardMs) {
      const reply = replies.get(replyId);
      if (reply) reply.heardMs = heardMs;
    },

    play(replyId) {
      const reply = replies.get(replyId);
      if (!reply) return;
      reply.phase = 'playing';
      tellDropped(reply);
      const early = reply.early;
      reply.early = [];
      for (const event of early) reply.audio$.next(event);
    },

    end(replyId) {
      const reply = replies.get(replyId);
      if (reply) reply.closed = true;
      reply?.audio$.complete();
      play({ type: 'end', owner: { kind: 'reply', id: replyId } });
    },

    cut({ turnId, revision }, heard) {
      for (const reply of replies.values()) {
        if (reply.turn.turnId !== turnId || reply.turn.revision !== revision) continue;
        forget(reply);
        const { replyId, ledger } = reply;
        const heardMs =
          heard === undefined ? ledger.receivedMs : heard.replyId === replyId ? heard.heardMs : 0;
        return { replyId, heardMs, heardText: heardText(ledger, heardMs) };
      }
      return undefined;
    },

    close() {
      for (const reply of replies.values()) forget(reply);
    },
  };
}
