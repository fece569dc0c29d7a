import type { PcmFormat } from '../../core/audio/audio-frame.js';
import { nonEmptyString, numberIn, resolveOptions } from '../../core/options.js';
import { requirePcmFormat, requireTimeBase } from '../../core/pacing/checks.js';
import { type DeviceFault, deviceAccess, deviceFaults, type Plug } from '../../core/pacing/device-access.js';
import { type PlayoutFacts, pacedLoudspeaker } from '../../core/pacing/paced-loudspeaker.js';
import { defaultMaxQueuedMs } from '../../core/pacing/paced-sink.js';
import type { TimeBase } from '../../core/pacing/time-base.js';
import type { Loudspeaker } from '../../core/ports/audio-sink.js';
import { createWavRecording, type RecordingEncoding, recordingEncoding } from './wav-recording.js';

/** How a loudspeaker on a file behaves. @public */
export interface WavFileLoudspeakerOptions {
  /** The only layout it takes. @defaultValue 48 kHz mono, what sound cards take */
  readonly format: PcmFormat;
  /** How the file stores samples. @defaultValue 's16', what every program reads */
  readonly encoding: RecordingEncoding;
  /** Bound of the queue. Units: milliseconds. Range: 100..3_600_000. @defaultValue 600_000: longer than any reply */
  readonly maxQueuedMs: number;
  /** What goes wrong, and when. @defaultValue none */
  readonly faults: readonly DeviceFault[];
}

/** @public */
export const defaultWavFileLoudspeakerOptions = {
  format: { sampleRateHz: 48_000, channels: 1 },
  encoding: 's16',
  maxQueuedMs: defaultMaxQueuedMs,
  faults: [],
} as const satisfies WavFileLoudspeakerOptions;

/** A loudspeaker that writes a file. @public */
export interface WavFileLoudspeaker extends Loudspeaker, PlayoutFacts, Plug {
  /** The only layout its sinks take. */
  readonly format: PcmFormat;
  /** What did not fit into the file, which ends at 4 GiB. Units: milliseconds of audio. */
  readonly unrecordedMs: number;
}

/**
 * A loudspeaker that writes a WAV file instead of sounding: what it would have played, silences included, from the origin
 * of the time base on.
 *
 * @remarks
 * One sink at a time, as with a real device. The first opening begins the file anew; later ones go on with it, silent
 * where it was closed or lost. The file is complete whenever no sink is open, and up to 200 ms behind while one is.
 *
 * `openSink` errors with `DEVICE_NOT_FOUND` (no such folder), `DEVICE_PERMISSION_DENIED` and `DEVICE_BACKEND` (disk full), also
 * later than at the opening; each names the path.
 * @throws OptionError `OPTION_INVALID`
 * @public
 */
export function wavFileLoudspeaker(
  options: {
    readonly timeBase: TimeBase;
    /** The file to write. */
    readonly path: string;
  } & Partial<WavFileLoudspeakerOptions>,
): WavFileLoudspeaker {
  const { timeBase, ...given } = options;
  requireTimeBase('wavFileLoudspeaker', timeBase);
  const { format, path, encoding, maxQueuedMs, faults } = resolveOptions<
    WavFileLoudspeakerOptions & { readonly path: string }
  >('wavFileLoudspeaker', { ...defaultWavFileLoudspeakerOptions, path: '' }, given, {
    path: nonEmptyString,
    encoding: recordingEncoding,
    maxQueuedMs: numberIn(100, 3_600_000, 'ms'),
    faults: deviceFaults,
  });
  requirePcmFormat('wavFileLoudspeaker', format);
  const recording = createWavRecording(path, format, encoding);

  const access = deviceAccess('the loudspeaker', timeBase, faults);
  const loudspeaker = pacedLoudspeaker({
    format,
    timeBase,
    maxQueuedMs,
    access,
    openTarget() {
      recording.open();
      return { render: recording.add, close: recording.close };
    },
  });
  return {
    format,
    openSink: loudspeaker.openSink,
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
