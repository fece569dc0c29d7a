import { Subscription } from 'rxjs';
import { isVoiceError } from '../errors.js';
import type { Synthesizer } from '../ports/synthesizer.js';
import type { TurnRevision, UpstreamEvent, UpstreamRequest } from '../ports/upstream.js';
import { createReplySpeech, type ReplySpeech } from './reply-speech.js';
import type { SpeakTextSettings } from './speak-text-options.js';

type Started = Extract<UpstreamEvent, { type: 'reply-started' }>;
type Ended = Extract<UpstreamEvent, { type: 'reply-ended' }>;
type Text = Extract<UpstreamEvent, { type: 'reply-text' }>;
type SessionChange = Extract<UpstreamEvent, { type: 'session-lost' | 'session-opened' }>;

/** A reply of the service. */
interface Reply {
  readonly turn: TurnRevision;
  readonly replyId: string;
  /**
   * `undecided`: no audio has come, and none of it is spoken yet. `voiced`: the service speaks it. `spoken`: we do. `cut`: nobody wants it,
   * the service has yet to end it.
   */
  phase: 'undecided' | 'voiced' | 'spoken' | 'cut';
  /** Text that came before it was decided. */
  readonly held: Text[];
  grace: Subscription;
  speech: ReplySpeech | undefined;
  /** How the service ended it. */
  ended: Ended | undefined;
  /** Its end was told already. */
  isEndTold: boolean;
  /** Audio of the service that came too late. Units: pieces. */
  lateAudio: number;
  droppedLetters: number;
}

export interface SpeakingDeskOutput {
  readonly tell: (event: UpstreamEvent) => void;
  /** After `finish`: all that came was spoken. */
  readonly done: () => void;
}

/** What the service sends, with its text made into speech. */
export interface SpeakingDesk {
  take(event: UpstreamEvent): void;
  request(request: UpstreamRequest): void;
  /** The service sends no more. */
  finish(): void;
  close(): void;
}

/** Replies that are remembered: the one being spoken, and stragglers of cut ones. */
const maxReplies = 16;

export function createSpeakingDesk(
  synthesizer: Synthesizer,
  settings: SpeakTextSettings,
  { tell, done }: SpeakingDeskOutput,
): SpeakingDesk {
  const replies = new Map<string, Reply>();
  /** What became of the session while something was left to say: the newest loss, and the opening behind it. */
  let heldBack: SessionChange[] = [];
  let newest: Reply | undefined;
  let isFinishing = false;
  let isClosed = false;

  /** Said to its end by the service, and not yet by us. */
  const isLeftToSay = ({ phase, ended }: Reply) => phase === 'spoken' && ended !== undefined;
  const silence = (reply: Reply) => {
    reply.grace.unsubscribe();
    reply.held.length = 0;
    reply.speech?.cut();
  };
  const forget = (reply: Reply) => {
    silence(reply);
    if (replies.get(reply.replyId) === reply) replies.delete(reply.replyId);
  };
  const settle = () => {
    if (isClosed || [...replies.values()].some(isLeftToSay)) return;
    const changes = heldBack;
    heldBack = [];
    for (const change of changes) tell(change);
    if (isFinishing && [...replies.values()].every(({ phase }) => phase !== 'spoken')) done();
  };
  const tellCounts = ({ replyId, lateAudio, droppedLetters }: Reply) => {
    if (lateAudio > 1) {
      const detail = `reply ${replyId}: ${lateAudio} pieces in all`;
      tell({ type: 'upstream-fact', fact: 'speech-audio-dropped', detail });
    }
    if (droppedLetters > 0) {
      const detail = `reply ${replyId}: ${droppedLetters} letters in all were not spoken`;
      tell({ type: 'upstream-fact', fact: 'speech-text-dropped', detail });
    }
  };

  /** Nobody wants it any more. @param isOurs - the service does not know, and what it still sends of it is not to be told. */
  const cut = (reply: Reply, isOurs: boolean) => {
    if (reply.phase === 'voiced' || reply.phase === 'cut') return;
    silence(reply);
    reply.phase = 'cut';
    const isOver = reply.ended !== undefined;
    if (isOver) forget(reply);
    if (!isOver && !isOurs) return;
    reply.isEndTold = true;
    tell({ type: 'reply-ended', replyId: reply.replyId, reason: 'cancelled' });
    settle();
  };

  const speak = (reply: Reply) => {
    const { replyId } = reply;
    reply.grace.unsubscribe();
    const texts = reply.held.splice(0);
    // Only one is spoken at a time.
    if (reply !== newest) {
      cut(reply, true);
      return;
    }
    reply.phase = 'spoken';
    let sequence = 0;
    reply.speech = createReplySpeech(synthesizer, settings, {
      text: (text, atMs) => tell({ type: 'reply-text', replyId, text, atMs }),
      audio: (frame) => tell({ type: 'reply-audio', replyId, sequence: sequence++, frame }),
      clauseFailed({ number, clause, error }) {
        const why = isVoiceError(error) ? error.message : String(error);
        const detail = `reply ${replyId}: clause ${number} (${clause.spoken.length} letters) is left out: ${why}`;
        tell({ type: 'upstream-fact', fact: 'speech-clause-failed', detail });
      },
      dropped(letters) {
        reply.droppedLetters += letters;
        if (reply.droppedLetters > letters) return;
        const detail = `reply ${replyId}: more text waits than is kept; the rest of it is not spoken`;
        tell({ type: 'upstream-fact', fact: 'speech-text-dropped', detail });
      },
      over(failure) {
        forget(reply);
        tellCounts(reply);
        if (reply.ended) tell(failure ? failed(reply.ended, failure.error) : reply.ended);
        settle();
      },
    });
    for (const { text } of texts) reply.speech.add(text);
  };

  const start = (event: Started) => {
    const { turnId, revision, replyId } = event;
    const reply: Reply = {
      turn: { turnId, revision },
      replyId,
      phase: 'undecided',
      held: [],
      grace: Subscription.EMPTY,
      speech: undefined,
      ended: undefined,
      isEndTold: false,
      lateAudio: 0,
      droppedLetters: 0,
    };
    newest = reply;
    for (const other of [...replies.values()]) {
      if (other.phase === 'spoken' || other.held.length > 0) cut(other, true);
    }
    // A service may number its replies anew in each session.
    const known = replies.get(replyId);
    if (known) forget(known);
    replies.set(replyId, reply);
    for (const oldest of replies.values()) if (replies.size > maxReplies) forget(oldest);
    tell(event);
  };

  const takeText = (reply: Reply, event: Text) => {
    if (reply.phase === 'spoken') {
      reply.speech?.add(event.text);
      return;
    }
    if (reply.phase === 'voiced') tell(event);
    if (reply.phase !== 'undecided' || event.text === '') return;
    reply.held.push(event);
    if (settings.audioGraceMs === 0) speak(reply);
    else if (reply.held.length === 1) {
      reply.grace = settings.scheduler.schedule(() => speak(reply), settings.audioGraceMs);
    }
  };
  const takeAudio = (reply: Reply, event: Extract<UpstreamEvent, { type: 'reply-audio' }>) => {
    if (reply.phase === 'undecided') {
      reply.phase = 'voiced';
      reply.grace.unsubscribe();
      for (const text of reply.held.splice(0)) tell(text);
    }
    if (reply.phase === 'voiced') tell(event);
    if (reply.phase !== 'spoken') return;
    reply.lateAudio += 1;
    if (reply.lateAudio > 1) return;
    const detail = `reply ${reply.replyId}: the service's own audio came when its text was spoken already; a longer audioGraceMs waits for it`;
    tell({ type: 'upstream-fact', fact: 'speech-audio-dropped', detail });
  };
  const takeEnd = (reply: Reply, event: Ended) => {
    if (event.reason !== 'cancelled' && reply.phase === 'undecided' && reply.held.length > 0) speak(reply);
    if (reply.phase === 'spoken' && event.reason !== 'cancelled') {
      reply.ended = event;
      reply.speech?.end();
      return;
    }
    forget(reply);
    if (!reply.isEndTold) tell(event);
    settle();
  };
  const takeSessionChange = (event: SessionChange) => {
    if (![...replies.values()].some(isLeftToSay)) {
      tell(event);
      return;
    }
    heldBack =
      event.type === 'session-lost'
        ? [event]
        : [...heldBack.filter(({ type }) => type === 'session-lost'), event];
  };

  return {
    take(event) {
      if (event.type === 'reply-started') {
        start(event);
        return;
      }
      if (event.type === 'session-lost' || event.type === 'session-opened') {
        takeSessionChange(event);
        return;
      }
      const reply = 'replyId' in event ? replies.get(event.replyId) : undefined;
      if (!reply) {
        tell(event);
        return;
      }
      switch (event.type) {
        case 'reply-text':
          takeText(reply, event);
          return;
        case 'reply-audio':
          takeAudio(reply, event);
          return;
        case 'reply-ended':
          takeEnd(reply, event);
          return;
        default:
          if (reply.phase !== 'cut') tell(event);
      }
    },

    request(request) {
      if (request.type === 'reply-progress') {
        replies.get(request.replyId)?.speech?.heard(request.heardMs);
      } else if (request.type === 'reply-cancelled') {
        for (const reply of [...replies.values()]) {
          const { turnId, revision } = reply.turn;
          if (turnId === request.turnId && revision <= request.revision) cut(reply, false);
        }
      }
    },

    finish() {
      // Whatever the service has not ended is over with it.
      for (const reply of [...replies.values()]) {
        if (reply.phase === 'undecided' && reply.held.length > 0) speak(reply);
        if (reply.phase === 'spoken') reply.speech?.end();
        else forget(reply);
      }
      isFinishing = true;
      settle();
    },

    close() {
      isClosed = true;
      for (const reply of [...replies.values()]) forget(reply);
    },
  };
}

/** The end of a reply that could not be spoken. */
function failed({ replyId, message }: Ended, error: unknown): Ended {
  const why = isVoiceError(error) ? error.message : String(error);
  return {
    type: 'reply-ended',
    replyId,
    reason: 'failed',
    message: message === undefined ? why : `${message}; ${why}`,
  };
}
