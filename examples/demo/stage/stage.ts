import type { AudioSource, Loudspeaker } from 'earshot';
import type { Observable } from 'rxjs';

/** From when to when something is said. Units: ms on the clock of the pipeline. */
export interface Spoken {
  readonly startMs: number;
  readonly endMs: number;
}

/**
 * Where a conversation takes place: what it is heard and spoken with, and what is kept of it. It leaves `microphone.wav` and
 * `loudspeaker.wav` behind, which have the same first instant; and, where the microphone hears the loudspeaker, `person.wav`: what was said alone.
 */
export interface Stage {
  readonly microphone: AudioSource;
  readonly loudspeaker: Loudspeaker;
  /** When the first sample of the recordings is. Units: ms on the clock of the pipeline. */
  readonly originMs: number;
  /** What has to be known before it begins, one sentence each. */
  readonly notices: readonly string[];
  /** Say something in front of the microphone, now. Emits once, when it is known from when to when. Cold. */
  say(samples: Float32Array): Observable<Spoken>;
  /** The microphone completes, and with it the conversation, once nothing is being answered any more. */
  hangUp(): void;
  /** Complete the recordings: called once, when nobody listens to the devices any more. Rejects when they could not be written. */
  finish(): Promise<void>;
  /** Release everything, whatever happened before. Idempotent. */
  close(): Promise<void>;
}
