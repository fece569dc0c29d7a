import { isVoiceError } from '../errors.js';
import type { Synthesizer } from '../ports/synthesizer.js';
import type { UpstreamEvent, UpstreamRequest } from '../ports/upstream.js';
import {
  asFailed,
  countsOf,
  type DeskReply,
  deskReply,
  type Ended,
  type SessionChange,
  type Started,
  type Text,
} from './desk-reply.js';
import { createReplySpeech } from './reply-speech.js';
import type { SpeakTextSettings } from './speak-text-options.js';

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
  const replies = new Map<string, DeskReply>();
  /** What became of the session while something was left to say: the newest loss, and the opening behind it. */
  let heldBack: SessionChange[] = [];
  let newest: DeskReply | undefined;
  let isFinishing = false;
  let isClosed = false;

  /** Said to its end by the service, and not yet by us. */
  const isLeftToSay = ({ phase, ended }: DeskReply) => phase === 'spoken' && ended !== undefined;
  const silence = (reply: DeskReply) => {
    reply.grace.unsubscribe();
    reply.held.length = 0;
    reply.speech?.cut();
  };
  const forget = (reply: DeskReply) => {
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
  /** Nobody wants it any more. @param isOurs - the service does not know, and what it still sends of it is not to be told. */
  const cut = (reply: DeskReply, isOurs: boolean) => {
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

  const speak = (reply: DeskReply) => {
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
      text: (text, atMs, saysNothing) =>
        tell({ type: 'reply-text', replyId, text, atMs, ...(saysNothing && { saysNothing }) }),
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
        for (const fact of countsOf(reply)) tell(fact);
        if (reply.ended) tell(failure ? asFailed(reply.ended, failure.error) : reply.ended);
        settle();
      },
    });
    for (const { text } of texts) reply.speech.add(text);
  };

  const start = (event: Started) => {
    const { replyId } = event;
    const reply = deskReply(event);
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

  const takeText = (reply: DeskReply, event: Text) => {
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
  const takeAudio = (reply: DeskReply, event: Extract<UpstreamEvent, { type: 'reply-audio' }>) => {
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
  const takeEnd = (reply: DeskReply, event: Ended) => {
    if (event.reason !== 'cancelled' && reply.phase === 'undecided' && reply.held.length > 0) speak(reply);
    if (reply.phase === 'spoken' && event.reason !== 'cancelled') {
      reply.ended = event;
      reply.speech?.end();
      return;
    }
    forget(reply);
    // It may have been cut within the call that spoke the last of it.
    const isCut = reply.phase === 'cut';
    if (!reply.isEndTold)
      tell(isCut ? { type: 'reply-ended', replyId: reply.replyId, reason: 'cancelled' } : event);
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
      // A source that gives all at once goes on after it was unsubscribed.
      if (isClosed) return;
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
      if (isClosed) return;
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
