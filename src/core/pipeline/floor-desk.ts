import { type SchedulerLike, Subscription } from 'rxjs';
import { cuttableSpeechOf } from '../conversation/barge-in-policy.js';
import type { ConversationEvent } from '../conversation/conversation-event.js';
import { type ConversationState, turnOf } from '../conversation/conversation-state.js';
import type { SpeechEdge } from '../operators/detect-utterances.js';
import { defaultEndpointingOptions } from '../operators/end-turns.js';
import { createFirstWordsDesk } from './first-words-desk.js';
import type { HearingEvent } from './hearing.js';
import type { TurnEndReason, UnstampedEvent } from './pipeline-event.js';
import type { PipelineSettings } from './pipeline-options.js';
import type { TurnCollector } from './turn-collector.js';

/** After a release, what was captured before it comes within this; then the turn ends without. Units: ms. Frames and echo cancellers delay by up to 100. */
const releaseWaitMs = 300;

/** What the user is in the middle of saying, or of holding down. */
interface Bid {
  readonly onsetMs: number;
  readonly by: 'speech' | 'press';
  /** It has the floor, or had it. */
  taken: boolean;
  /** It was a backchannel so far. */
  dismissed: boolean;
  /** It was given the floor once that had become free. */
  resumed: boolean;
}

type Ended = Extract<HearingEvent, { type: 'turn-ended' }>;

export interface FloorDeskInput {
  readonly scheduler: SchedulerLike;
  readonly settings: PipelineSettings;
  readonly kind: 'open' | 'push-to-talk';
  readonly tellsPartials: boolean;
  readonly state: () => ConversationState;
  readonly dispatch: (event: ConversationEvent) => void;
  readonly turns: TurnCollector;
  readonly tell: (event: UnstampedEvent) => void;
}

/** Who asks for the floor: hears speech, the button and the mute, and tells the conversation what of it counts. */
export interface FloorDesk {
  hear(event: HearingEvent): void;
  press(down: boolean): void;
  mute(muted: boolean): void;
  /** A turn is about to be opened, or going on. */
  opening(revision: number): void;
  /** It is open. */
  opened(): void;
  /** The floor is free. @returns whether it was given to whoever had not stopped asking for it. */
  freed(): boolean;
  stop(): void;
}

export function createFloorDesk(input: FloorDeskInput): FloorDesk {
  const { scheduler, settings, kind, state, dispatch, turns, tell } = input;
  let turnsOpened = 0;
  /** When the first speech of the turn began. */
  let turnSinceMs = 0;
  let bid: Bid | undefined;
  let isMuted = false;
  let releasing = Subscription.EMPTY;
  /** The end of a turn that the present utterance may still become. */
  let lateEnd: Ended | undefined;

  const ask = ({ onsetMs, by }: Bid) => {
    const nextTurnId = `turn-${turnsOpened + 1}`;
    dispatch(
      by === 'press'
        ? { type: 'floor-taken', atMs: onsetMs, nextTurnId }
        : { type: 'speech-confirmed', onsetMs, nextTurnId },
    );
    if (bid && state().name === 'listening') bid.taken = true;
  };
  const endTurn = (
    endOfSpeechMs: number,
    atMs: number,
    reason: TurnEndReason,
    by: 'turn-ended' | 'muted',
  ) => {
    const now = state();
    const turn = now.name === 'listening' ? turnOf(now) : undefined;
    if (turn) tell({ type: 'turn-ended', ...turn, endOfSpeechMs, reason });
    else if (by === 'turn-ended') return;
    const { maxTurnMs } = { ...defaultEndpointingOptions, ...settings.endpointing };
    // A turn that goes on and on is answered in the end: what comes later is a new one.
    const reopenUntilMs = Math.min(atMs + settings.reopenWindowMs, turnSinceMs + maxTurnMs);
    dispatch({ type: by, reopenUntilMs });
  };
  /** Who asks for the floor and neither gets it nor is told why would have spoken for nothing. */
  const dismissUnheeded = () => {
    const now = state();
    if (!bid || bid.taken || bid.dismissed || now.name !== 'replying' || now.interruptible) return;
    tell({
      type: 'speech-dismissed',
      onsetMs: bid.onsetMs,
      reason: 'uninterruptible',
      replyId: now.replyId,
      text: null,
    });
  };

  const firstWords = createFirstWordsDesk({
    scheduler,
    options: settings.bargeIn.firstWords,
    tellsPartials: input.tellsPartials,
    silenceMs: settings.utterances.minSilenceMs,
    transcriptTimeoutMs: settings.patience.transcriptTimeoutMs,
    overhear: turns.overhear,
    cut: () => {
      if (!bid) return;
      bid.dismissed = false;
      const end = lateEnd;
      lateEnd = undefined;
      ask(bid);
      if (end) turnEnded(end);
    },
    restore: (text) => {
      if (!bid) return;
      bid.dismissed = true;
      const now = state();
      const over = now.name === 'ducking' ? now.over : now;
      tell({
        type: 'speech-dismissed',
        onsetMs: bid.onsetMs,
        reason: 'backchannel',
        replyId: over.name === 'replying' ? over.replyId : null,
        text,
      });
      dispatch({ type: 'backchannel-heard' });
    },
  });

  const forget = () => {
    bid = undefined;
    lateEnd = undefined;
  };
  const turnEnded = (event: Ended) => {
    forget();
    endTurn(event.endOfSpeechMs, event.atMs, event.reason, 'turn-ended');
  };

  const onEdge = (edge: SpeechEdge) => {
    tell(edge);
    // What was captured before the mute may be scored after it.
    if (isMuted && (edge.type === 'speech-started' || edge.type === 'speech-confirmed')) return;
    switch (edge.type) {
      case 'speech-confirmed':
        lateEnd = undefined;
        bid = { onsetMs: edge.onsetMs, by: 'speech', taken: false, dismissed: false, resumed: false };
        if (!cuttableSpeechOf(state()) || !firstWords.hold(edge.onsetMs)) ask(bid);
        return;
      case 'speech-ended':
        dismissUnheeded();
        if (!firstWords.isJudging) bid = undefined;
        return;
      default:
        dispatch({ type: edge.type });
    }
  };

  /** The turn of the button ends when what was captured before the release has come. */
  const released = () => {
    releasing.unsubscribe();
    if (bid?.by !== 'press') return;
    const nowMs = scheduler.now();
    forget();
    endTurn(nowMs, nowMs, 'released', 'turn-ended');
  };

  return {
    hear(event) {
      switch (event.type) {
        case 'part':
          // It is decided before the utterance is over, or the turn would begin without it.
          if (event.part.type === 'utterance-ended') firstWords.utteranceEnded();
          turns.hear(event.part);
          return;
        case 'edge':
          if (kind === 'open') onEdge(event.edge);
          else if (event.edge.type === 'speech-ended' && !releasing.closed) released();
          return;
        case 'turn-ended':
          if (kind === 'push-to-talk' && event.reason === 'silence') return;
          if (firstWords.isJudging) lateEnd = event;
          else turnEnded(event);
          return;
        case 'capture-lost':
          firstWords.stop();
          forget();
          releasing.unsubscribe();
          dispatch(event);
          turns.lost();
      }
    },

    press(down) {
      const nowMs = scheduler.now();
      tell({ type: 'talk-button', pressed: down });
      if (down) {
        // Let go of for a moment only: the turn goes on.
        const goesOn = !releasing.closed && bid?.by === 'press';
        releasing.unsubscribe();
        if (goesOn) return;
        bid = { onsetMs: nowMs, by: 'press', taken: false, dismissed: false, resumed: false };
        ask(bid);
        return;
      }
      if (bid?.by !== 'press') return;
      dismissUnheeded();
      const now = state();
      if (now.name === 'listening' && nowMs - bid.onsetMs < settings.bargeIn.minPressMs) {
        const { turnId, revision } = now;
        forget();
        tell({ type: 'turn-empty', turnId, revision });
        dispatch({ type: 'turn-empty', turnId, revision });
        return;
      }
      if (now.name !== 'listening') {
        forget();
        return;
      }
      releasing.unsubscribe();
      releasing = scheduler.schedule(released, releaseWaitMs);
    },

    mute(muted) {
      isMuted = muted;
      tell({ type: 'microphone-muted', muted });
      if (!muted || kind === 'push-to-talk') return;
      dismissUnheeded();
      firstWords.stop();
      forget();
      const nowMs = scheduler.now();
      endTurn(nowMs, nowMs, 'muted', 'muted');
    },

    opening(revision) {
      if (bid) bid.taken = true;
      if (revision > 1) return;
      turnsOpened += 1;
      turnSinceMs = bid?.onsetMs ?? scheduler.now();
    },
    opened: firstWords.stop,

    freed() {
      // Only once, or a turn that fails at once would be opened for ever.
      if (!bid || bid.dismissed || bid.resumed) return false;
      bid.resumed = true;
      ask(bid);
      return true;
    },

    stop() {
      firstWords.stop();
      releasing.unsubscribe();
    },
  };
}
