import { Observable } from 'rxjs';
import { type AudioFrame, endMs, type PcmFormat, sameFormat } from '../../core/audio/audio-frame.js';
import { AudioFormatError } from '../../core/errors.js';
import { integerIn, resolveOptions } from '../../core/options.js';
import type { Transcriber, Transcript } from '../../core/ports/transcriber.js';

/** @public */
export interface ScriptedTranscriberOptions {
  /**
   * What is said between two instants; called with the whole utterance so far after each frame, and for the last time when it
   * is over. An empty string where nothing is said. Units: milliseconds, with `originMs` taken off.
   */
  readonly lookup: (startMs: number, endMs: number) => string;
  /**
   * When, on the clock that stamps the frames, the script's time is 0: the first instant of the microphone's recording. A function is
   * asked at the start of each utterance, for an origin that is not known beforehand. Units: milliseconds. Range: any finite number.
   * @defaultValue 0
   */
  readonly originMs: number | (() => number);
  /** Rate of the frames it takes, mono. Units: hertz. Range: 8000..192_000. @defaultValue 16_000 */
  readonly sampleRateHz: number;
}

/** @public */
export const defaultScriptedTranscriberOptions = {
  originMs: 0,
  sampleRateHz: 16_000,
} as const satisfies Partial<ScriptedTranscriberOptions>;

/** What there is to say about a stretch: while it goes on, and once it is over. */
export interface Script {
  readonly soFar: (startMs: number, nowMs: number) => string;
  readonly whole: (startMs: number, endMs: number) => string;
}

export type ScriptTiming = Pick<ScriptedTranscriberOptions, 'originMs' | 'sampleRateHz'>;

/**
 * A transcriber that does not listen: it looks up in a script what is said at that time.
 *
 * @remarks
 * For demos and tests, where what the microphone hears is known. Its transcripts say so: their `engine` is `scripted`.
 *
 * Order: a partial transcript each time that what is known so far changes, then the final one.
 * Timing: synchronous; works in virtual time.
 * What the lookup throws ends the transcript with that error. A frame of another layout ends it with
 * `AUDIO_FORMAT_UNSUPPORTED`.
 *
 * @throws OptionError `OPTION_INVALID`.
 * @public
 */
export function scriptedTranscriber(
  options: Pick<ScriptedTranscriberOptions, 'lookup'> & Partial<ScriptedTranscriberOptions>,
): Transcriber {
  const { lookup, ...timing } = resolveOptions<ScriptedTranscriberOptions>(
    'scripted-transcriber',
    { ...defaultScriptedTranscriberOptions, lookup: options.lookup },
    options,
    {
      ...timingChecks,
      lookup: (value) =>
        typeof value === 'function' ? undefined : 'must be a function from two times to a text',
    },
  );
  return transcriberOf({ soFar: lookup, whole: lookup }, timing);
}

export const timingChecks = {
  originMs: (value: unknown) =>
    typeof value === 'function' || Number.isFinite(value)
      ? undefined
      : 'must be a finite number of milliseconds or a function that returns one',
  sampleRateHz: integerIn(8000, 192_000, 'hertz'),
};

export function transcriberOf(script: Script, { originMs, sampleRateHz }: ScriptTiming): Transcriber {
  const format: PcmFormat = { sampleRateHz, channels: 1 };
  return {
    format,
    transcribe: () => (utterance$) =>
      new Observable<Transcript>((subscriber) => {
        let stretch: { readonly startMs: number; readonly originMs: number; endMs: number } | undefined;
        let shown = '';

        const say = (text: string, final: boolean) => {
          shown = text;
          subscriber.next({ text, final, engine: 'scripted' });
        };
        const listen = (frame: AudioFrame) => {
          if (!sameFormat(frame.format, format)) throw unsupported(frame.format, format);
          if (stretch === undefined) {
            const origin = typeof originMs === 'function' ? originMs() : originMs;
            stretch = { startMs: frame.timestampMs - origin, originMs: origin, endMs: 0 };
          }
          stretch.endMs = endMs(frame) - stretch.originMs;
          const text = script.soFar(stretch.startMs, stretch.endMs);
          if (text !== shown) say(text, false);
        };
        const conclude = () => {
          say(stretch === undefined ? '' : script.whole(stretch.startMs, stretch.endMs), true);
          subscriber.complete();
        };
        /** A script is the caller's code; what it throws must not leave the utterance without an end. */
        const orFail = (step: () => void) => {
          try {
            step();
          } catch (error) {
            subscriber.error(error);
          }
        };

        return utterance$.subscribe({
          next: (frame) => orFail(() => listen(frame)),
          error: (error: unknown) => subscriber.error(error),
          complete: () => orFail(conclude),
        });
      }),
  };
}

function unsupported(got: PcmFormat, wanted: PcmFormat): AudioFormatError {
  return new AudioFormatError(
    'AUDIO_FORMAT_UNSUPPORTED',
    `the scripted transcriber takes ${wanted.sampleRateHz} Hz mono, but got ${got.sampleRateHz} Hz with ` +
      `${got.channels} channel(s); convert the frames or set its sampleRateHz`,
  );
}
