import { Observable } from 'rxjs';
import { type AudioFrame, audioFrame, type PcmFormat, sameFormat } from '../core/audio/audio-frame.js';
import { AudioFormatError } from '../core/errors.js';
import { integerIn, numberIn, resolveOptions } from '../core/options.js';
import type { EchoCanceller } from '../core/ports/echo-canceller.js';
import { referenceTrack } from './reference-track.js';

const defaultFormat: PcmFormat = { sampleRateHz: 16_000, channels: 1 };

/** @public */
export interface KnownEchoCancellerOptions {
  /** From the loudspeaker to the microphone. Units: milliseconds. Range: 0..2000. @defaultValue 0 */
  readonly delayMs: number;
  /** Amplitude of the echo relative to the reference. Range: -100..100. @defaultValue 1 */
  readonly gain: number;
  /** Rate of the near-end frames. Units: hertz. Range: 8000..192_000. @defaultValue 16_000 */
  readonly sampleRateHz: number;
  /** Channels of the near-end frames; the same echo is in each. Range: 1..32. @defaultValue 1 */
  readonly channels: number;
}

/** @public */
export const defaultKnownEchoCancellerOptions = {
  delayMs: 0,
  gain: 1,
  ...defaultFormat,
} as const satisfies KnownEchoCancellerOptions;

/**
 * An echo canceller that cancels nothing: every frame passes as it is.
 *
 * @remarks
 * For tests of what happens with the echo still there, and of everything that needs some canceller.
 * @public
 */
export function passThroughEchoCanceller(format: PcmFormat = defaultFormat): EchoCanceller {
  return { format, cancelEcho: () => (frames$) => frames$ };
}

/**
 * An echo canceller that knows the echo: the reference, `delayMs` later, times `gain`. It subtracts just that.
 *
 * @remarks
 * Exact for an echo of that kind whose delay is a whole number of samples; other echoes stay. Reference of another
 * layout is made mono and converted. A reference sample that has not come when its echo does counts as silence.
 * Errors with `AUDIO_FORMAT_UNSUPPORTED` for a near-end frame of another layout.
 *
 * @throws OptionError `OPTION_INVALID`.
 * @public
 */
export function knownEchoCanceller(options: Partial<KnownEchoCancellerOptions> = {}): EchoCanceller {
  const { delayMs, gain, sampleRateHz, channels } = resolveOptions<KnownEchoCancellerOptions>(
    'known-echo-canceller',
    defaultKnownEchoCancellerOptions,
    options,
    {
      delayMs: numberIn(0, 2000, 'milliseconds'),
      gain: numberIn(-100, 100),
      sampleRateHz: integerIn(8000, 192_000, 'hertz'),
      channels: integerIn(1, 32),
    },
  );
  const format: PcmFormat = { sampleRateHz, channels };

  return {
    format,
    cancelEcho: (reference$) => (frames$) =>
      new Observable<AudioFrame>((subscriber) => {
        const track = referenceTrack(sampleRateHz, delayMs);
        const error = (thrown: unknown) => subscriber.error(thrown);
        subscriber.add(reference$.subscribe({ next: (frame) => track.push(frame), error }));
        subscriber.add(
          frames$.subscribe({
            next: (frame) => {
              if (!sameFormat(frame.format, format)) {
                error(unsupported(frame.format, format));
                return;
              }
              const echo = track.read(frame.timestampMs - delayMs, frame.samplesPerChannel);
              const cleaned = frame.samples.map(
                (sample, index) => sample - gain * (echo[Math.floor(index / channels)] as number),
              );
              subscriber.next(audioFrame(format, cleaned, frame.timestampMs));
            },
            error,
            complete: () => subscriber.complete(),
          }),
        );
      }),
  };
}

function unsupported(got: PcmFormat, wanted: PcmFormat): AudioFormatError {
  const show = ({ sampleRateHz, channels }: PcmFormat) => `${sampleRateHz} Hz with ${channels} channel(s)`;
  return new AudioFormatError(
    'AUDIO_FORMAT_UNSUPPORTED',
    `the echo canceller takes ${show(wanted)}, but got ${show(got)}; convert the frames or make it for that layout`,
  );
}
