import { durationMs } from '../../core/audio/audio-frame.js';
import type { VoiceError } from '../../core/errors.js';
import type { TurnRevision, UpstreamEvent } from '../../core/ports/upstream.js';
import { createAudioChunkReader } from './audio-chunks.js';
import type { AudioChunk, StreamResponse } from './generated/streaming_pb.js';
import type { ReadAction } from './read-action.js';
import { isCommandText, readAction, readCommandText } from './read-action.js';

/** Reads what a reply is made of; how it ends is not its business. */
export interface ReplyReader {
  /**
   * Emit what one message holds.
   *
   * @returns an error when nothing of this reply can be used from here on.
   */
  read(content: StreamResponse['content']): VoiceError | undefined;
  /** `data`: something of an answer was emitted. `unusable`: something came, and none of it could be used. */
  seen(): 'nothing' | 'unusable' | 'data';
  /** Emit what is to be said about the whole reply. No `read` may follow. */
  end(): void;
}

/** What was dropped or mended on the way in. */
type Fact =
  | 'audio-chunk-dropped'
  | 'audio-bytes-left-over'
  | 'audio-samples-replaced'
  | 'action-unreadable'
  | 'action-repeated';

/**
 * Turn the messages of one call into events.
 *
 * @remarks
 * Order: `reply-started` comes before the first text, audio or action and never without one; `sequence` of the audio
 * counts from 0. A fact is emitted when it first happens, and with its count at the end when it happened again.
 */
export function createReplyReader(
  replyId: string,
  turn: TurnRevision,
  emit: (event: UpstreamEvent) => void,
  /** So much audio was emitted. Units: ms. */
  received: (durationMs: number) => void = () => {},
): ReplyReader {
  const audio = createAudioChunkReader();
  const facts = new Map<Fact, number>();
  let touched = false;
  let started = false;
  let acted = false;
  let sequence = 0;

  function start(): void {
    if (started) return;
    started = true;
    emit({ type: 'reply-started', ...turn, replyId, interruptible: true });
  }

  function note(fact: Fact, detail: string): void {
    const count = (facts.get(fact) ?? 0) + 1;
    facts.set(fact, count);
    if (count === 1) emit({ type: 'upstream-fact', fact, detail: `reply ${replyId}: ${detail}` });
  }

  function readAudio(chunk: AudioChunk): VoiceError | undefined {
    const outcome = audio.push(chunk);
    switch (outcome.type) {
      case 'nothing':
        return undefined;
      case 'dropped':
        note('audio-chunk-dropped', outcome.detail);
        return undefined;
      case 'refused':
        return outcome.error;
      case 'frame':
        start();
        emit({ type: 'reply-audio', replyId, sequence: sequence++, frame: outcome.frame });
        received(durationMs(outcome.frame));
        return undefined;
    }
  }

  function act(action: ReadAction): void {
    // A second one is the same command again from a server that repeats itself: the first wins.
    if (acted) {
      note('action-repeated', 'only the first action of a reply is carried out');
      return;
    }
    if (action.type === 'unreadable') {
      note('action-unreadable', action.detail);
      return;
    }
    acted = true;
    start();
    emit({ type: 'action', replyId, command: action.command, args: action.args });
  }

  return {
    read(content) {
      switch (content.case) {
        case 'textChunk':
          if (content.value === '') return undefined;
          touched = true;
          if (isCommandText(content.value)) {
            act(readCommandText(content.value));
            return undefined;
          }
          start();
          emit({ type: 'reply-text', replyId, text: content.value });
          return undefined;
        case 'audioChunk':
          touched ||= content.value.audioData.length > 0;
          return readAudio(content.value);
        case 'actionMessage':
          touched = true;
          act(readAction(content.value.actionJson));
          return undefined;
        case 'browserProgress':
          // The port has no event for it; that it came is a sign of an answer all the same.
          start();
          return undefined;
        default:
          // A member that a later server added, or one that ends the reply.
          return undefined;
      }
    },
    seen: () => (started ? 'data' : touched ? 'unusable' : 'nothing'),
    end() {
      const { leftoverBytes, replacedSamples } = audio.end();
      if (replacedSamples > 0) {
        note('audio-samples-replaced', `${replacedSamples} samples were no finite number and became 0`);
      }
      if (leftoverBytes > 0) {
        note('audio-bytes-left-over', `${leftoverBytes} bytes at the end of the audio are no whole sample`);
      }
      for (const [fact, count] of facts) {
        if (count === 1) continue;
        emit({ type: 'upstream-fact', fact, detail: `reply ${replyId}: ${count} times in all` });
      }
    },
  };
}
