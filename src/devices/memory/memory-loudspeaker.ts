import type { PcmFormat } from '../../core/audio/audio-frame.js';
import { numberIn, resolveOptions } from '../../core/options.js';
import { requirePcmFormat, requireTimeBase } from '../../core/pacing/checks.js';
import { type DeviceFault, deviceAccess, deviceFaults, type Plug } from '../../core/pacing/device-access.js';
import { type PlayoutFacts, pacedLoudspeaker } from '../../core/pacing/paced-loudspeaker.js';
import { defaultMaxQueuedMs } from '../../core/pacing/paced-sink.js';
import type { TimeBase } from '../../core/pacing/time-base.js';
import type { Loudspeaker } from '../../core/ports/audio-sink.js';
import { createMemoryRecording } from './memory-recording.js';

/** How a loudspeaker in memory behaves. @public */
export interface MemoryLoudspeakerOptions {
  /** The only layout it takes. @defaultValue 48 kHz mono, what sound cards take */
  readonly format: PcmFormat;
  /** Bound of the queue. Units: milliseconds. Range: 100..3_600_000. @defaultValue 600_000: longer than any reply */
  readonly maxQueuedMs: number;
  /**
   * Bound of the recording; what comes later is counted in `unrecordedMs`. Units: milliseconds. Range: 0..3_600_000.
   * @defaultValue 600_000: at 48 kHz mono 115 MB at the worst, and taken only as it fills
   */
  readonly maxRecordedMs: number;
  /** What goes wrong, and when. @defaultValue none */
  readonly faults: readonly DeviceFault[];
}

/** @public */
export const defaultMemoryLoudspeakerOptions = {
  format: { sampleRateHz: 48_000, channels: 1 },
  maxQueuedMs: defaultMaxQueuedMs,
  maxRecordedMs: 600_000,
  faults: [],
} as const satisfies MemoryLoudspeakerOptions;

/** A loudspeaker that remembers. @public */
export interface MemoryLoudspeaker extends Loudspeaker, PlayoutFacts, Plug {
  /** The only layout its sinks take. */
  readonly format: PcmFormat;
  /**
   * A copy of everything rendered so far, interleaved: sample frame n left the loudspeaker `n / rate` after the origin of
   * the time base. Zero where it was closed. The period under way is there as a whole.
   */
  recorded(): Float32Array;
  /** What was rendered after the recording was full. Units: milliseconds of audio. */
  readonly unrecordedMs: number;
}

/**
 * A loudspeaker without hardware, with an exact playout position, in virtual or real time.
 *
 * @remarks
 * One sink at a time, as with a real device; opening it again continues the same recording.
 * @throws OptionError `OPTION_INVALID`
 * @public
 */
export function memoryLoudspeaker(
  options: { readonly timeBase: TimeBase } & Partial<MemoryLoudspeakerOptions>,
): MemoryLoudspeaker {
  const { timeBase, ...given } = options;
  requireTimeBase('memoryLoudspeaker', timeBase);
  const { format, maxQueuedMs, maxRecordedMs, faults } = resolveOptions<MemoryLoudspeakerOptions>(
    'memoryLoudspeaker',
    defaultMemoryLoudspeakerOptions,
    given,
    {
      maxQueuedMs: numberIn(100, 3_600_000, 'ms'),
      maxRecordedMs: numberIn(0, 3_600_000, 'ms'),
      faults: deviceFaults,
    },
  );
  requirePcmFormat('memoryLoudspeaker', format);
  const access = deviceAccess('the loudspeaker', timeBase, faults);
  const recording = createMemoryRecording(format, maxRecordedMs);
  const loudspeaker = pacedLoudspeaker({
    format,
    timeBase,
    maxQueuedMs,
    access,
    openTarget: () => ({ render: recording.add, close: () => {} }),
  });
  return {
    format,
    openSink: loudspeaker.openSink,
    recorded: recording.samples,
    vanish: access.vanish,
    comeBack: access.comeBack,
    get underruns() {
      return loudspeaker.underruns;
    },
    get droppedMs() {
      return loudspeaker.droppedMs;
    },
    get unrecordedMs() {
      return recording.unrecordedMs;
    },
  };
}
