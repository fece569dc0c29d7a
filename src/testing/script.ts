import { type AudioFrame, audioFrame, durationMs } from '../core/audio/audio-frame.js';
import type { VoiceError } from '../core/errors.js';
import type { TurnRevision } from '../core/ports/upstream.js';

/** What happens at one step of a script. @public */
export type ScriptAct =
  | { readonly type: 'text'; readonly text: string }
  | { readonly type: 'audio'; readonly frame: AudioFrame }
  | { readonly type: 'action'; readonly command: string; readonly args: unknown }
  | { readonly type: 'transcript'; readonly text: string; readonly final: boolean }
  /** The service says that this was all. */
  | { readonly type: 'end'; readonly message?: string }
  /** The stream ends and the service has not said that this was all. */
  | { readonly type: 'stop'; readonly message?: string }
  /** The service says that it cannot answer, or not go on. */
  | { readonly type: 'fail'; readonly error: VoiceError }
  /** The connection breaks. */
  | { readonly type: 'lose-session'; readonly error: VoiceError };

/** An act, and how long after the one before. @public */
export type ScriptStep = ScriptAct & {
  /** Units: milliseconds after the step before, or after the turn ended. Range: 0 and up. @defaultValue 0 */
  readonly afterMs?: number;
};

/**
 * What a service does in answer to one turn. One that runs out before an `end`, `stop`, `fail` or `lose-session` has
 * fallen silent; an empty one never answers.
 * @public
 */
export type Script = readonly ScriptStep[];

/** A turn, as a scripted service sees it. @public */
export interface ScriptedTurn extends TurnRevision {
  /** What the user said; empty for an upstream that accepts audio. */
  readonly text: string;
  /** How much audio came up. Units: milliseconds; 0 for an upstream that accepts text. */
  readonly audioMs: number;
}

/** How a sentence comes over the wire. @public */
export interface SpokenSentence {
  readonly text: string;
  /** All of its audio. */
  readonly audio: AudioFrame;
  /** Before the text. Units: milliseconds. @defaultValue 0 */
  readonly afterMs?: number;
  /** The audio comes in pieces of so much speech. Units: milliseconds. @defaultValue 100 */
  readonly chunkMs?: number;
  /** How many times faster than it is spoken the audio comes. @defaultValue 3 */
  readonly deliveryRate?: number;
}

/**
 * The steps of one sentence: its text, then its audio in pieces, at the pace of a backend that makes speech faster
 * than it is spoken. The first piece comes with the text, each further one when the one before it would be over.
 * @public
 */
export function spokenSentence(sentence: SpokenSentence): Script {
  const { text, audio, afterMs = 0, chunkMs = 100, deliveryRate = 3 } = sentence;
  const { format, samples } = audio;
  const pieceSamples = Math.max(1, Math.round((chunkMs * format.sampleRateHz) / 1000)) * format.channels;
  const steps: ScriptStep[] = [{ type: 'text', text, afterMs }];
  let waitMs = 0;
  for (let at = 0; at < samples.length; at += pieceSamples) {
    const piece = samples.slice(at, at + pieceSamples);
    const offsetMs = (at * 1000) / format.channels / format.sampleRateHz;
    const frame = audioFrame(format, piece, audio.timestampMs + offsetMs);
    steps.push({ type: 'audio', frame, afterMs: waitMs });
    waitMs = durationMs(frame) / deliveryRate;
  }
  return steps;
}
