import { defer, from, throwError } from 'rxjs';
import type { PcmFormat } from '../audio/audio-frame.js';
import { SpeechError } from '../errors.js';
import { integerIn, numberIn, resolveOptions } from '../options.js';
import type { Synthesizer } from '../ports/synthesizer.js';
import { speakableText } from './speakable-text.js';
import { createSpeechFramer } from './speech-framer.js';

/** @public */
export interface EarconOptions {
  /** Rate of the sound, mono. Units: hertz. Range: 8000..192_000. @defaultValue 24_000, as Kokoro's */
  readonly sampleRateHz: number;
  /**
   * Pitch of each note, one after the other. Units: hertz. Range: 1..8 notes of 50..3500, which any loudspeaker has and is below
   * half of every rate. The default falls by a minor third, as what says "not now" does. @defaultValue [784, 659.26]
   */
  readonly notesHz: readonly number[];
  /** Length of each note. Units: milliseconds. Range: 40..1000. @defaultValue 140 */
  readonly noteMs: number;
  /** Peak level. Units: dB below full scale. Range: -60..0. Speech peaks around -6; a signal may be softer. @defaultValue -18 */
  readonly levelDb: number;
}

/** @public */
export const defaultEarconOptions = {
  sampleRateHz: 24_000,
  notesHz: [784, 659.26],
  noteMs: 140,
  levelDb: -18,
} as const satisfies EarconOptions;

/** A note begins within this, fast enough to be heard as struck and slow enough not to click. Units: ms. */
const attackMs = 6;
/** How far a note has died away at its end; the last bit is faded to zero. Units: dB. */
const decayDb = 36;

/**
 * A short signal in place of speech: the last thing that can be heard when nothing can speak.
 *
 * @remarks
 * The same sound for every text, made of sines by this code: it needs no model, no program and no licence, and comes at once.
 *
 * Shape: mono, frames of 20 ms, the last may be shorter, each with `saysNothing`: nothing of the text is heard. `engine` is `earcon`; `voice` names the notes, so that caches tell them apart; `speed` is 1.
 *
 * Order: all frames come synchronously on subscription. Errors with `SYNTHESIS_FAILED` for a text without a word in it, as engines that speak do.
 *
 * @throws OptionError `OPTION_INVALID`.
 * @public
 */
export function earcon(options: Partial<EarconOptions> = {}): Synthesizer {
  const resolved = resolveOptions<EarconOptions>('earcon', defaultEarconOptions, options, {
    sampleRateHz: integerIn(8000, 192_000, 'hertz'),
    notesHz: notesProblem,
    noteMs: numberIn(40, 1000, 'milliseconds'),
    levelDb: numberIn(-60, 0, 'dB'),
  });
  const { sampleRateHz, notesHz, noteMs, levelDb } = resolved;
  const format: PcmFormat = { sampleRateHz, channels: 1 };
  const sound = notesOf(resolved);

  return {
    format,
    engine: 'earcon',
    voice: `${notesHz.join('-')}Hz-${noteMs}ms-${levelDb}dB`,
    speed: 1,
    synthesize: (text) =>
      defer(() => {
        if (speakableText(text) === undefined) {
          const shown = JSON.stringify(text.slice(0, 60));
          return throwError(
            () =>
              new SpeechError(
                'SYNTHESIS_FAILED',
                `there is no word in ${shown}; give a text with a word in it`,
              ),
          );
        }
        const framer = createSpeechFramer(format);
        return from(
          [...framer.push(sound), ...framer.end()].map((frame) => ({ ...frame, saysNothing: true as const })),
        );
      }),
  };
}

function notesOf({ sampleRateHz, notesHz, noteMs, levelDb }: EarconOptions): Float32Array {
  const length = Math.round((sampleRateHz * noteMs) / 1000);
  const sound = new Float32Array(length * notesHz.length);
  const samplesPerMs = sampleRateHz / 1000;
  const attack = attackMs * samplesPerMs;
  for (const [index, hz] of notesHz.entries()) {
    const step = (2 * Math.PI * hz) / sampleRateHz;
    for (let at = 0; at < length; at++) {
      const decay = 10 ** ((-decayDb / 20) * (at / length));
      const edges = Math.min(1, at / attack, (length - 1 - at) / attack);
      sound[index * length + at] = Math.sin(step * at) * decay * Math.sin((Math.PI / 2) * edges);
    }
  }
  const peak = sound.reduce((highest, sample) => Math.max(highest, Math.abs(sample)), 0);
  const gain = 10 ** (levelDb / 20) / peak;
  return sound.map((sample) => sample * gain);
}

function notesProblem(notes: unknown): string | undefined {
  const isNote = (hz: unknown) => numberIn(50, 3500)(hz) === undefined;
  return Array.isArray(notes) && notes.length >= 1 && notes.length <= 8 && notes.every(isNote)
    ? undefined
    : 'must be a list of 1 to 8 pitches from 50 to 3500 hertz';
}
