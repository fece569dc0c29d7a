import type { PcmFormat } from '../../core/audio/audio-frame.js';
import { type Check, integerIn, nonEmptyString, oneOf, resolveOptions } from '../../core/options.js';
import { requirePcmFormat, requireTimeBase } from '../../core/pacing/checks.js';
import {
  type CaptureFault,
  captureFaults,
  deviceAccess,
  type Plug,
} from '../../core/pacing/device-access.js';
import {
  type CaptureSession,
  pacedMicrophone,
  type RoomMicrophone,
} from '../../core/pacing/paced-microphone.js';
import { createSoundScene, maxPendingMs, noiseLevel } from '../../core/pacing/sound-scene.js';
import type { TimeBase } from '../../core/pacing/time-base.js';
import { loadWav } from './load-wav.js';
import { createWavRecording, type RecordingEncoding, recordingEncoding } from './wav-recording.js';

/** How a microphone on files behaves. @public */
export interface WavFileMicrophoneOptions {
  /** Layout of what it captures; what the file holds is converted to it. @defaultValue 48 kHz mono, as sound cards deliver */
  readonly format: PcmFormat;
  /**
   * WAV file that plays into the room from the start, at each opening. Read when the microphone is opened.
   * @defaultValue null: nothing plays, and only what is said is heard
   */
  readonly path: string | null;
  /** What comes after the file: the capture completes, or goes on with the noise of the room. @defaultValue 'complete' */
  readonly atEnd: 'complete' | 'go-on';
  /**
   * Level of the white noise in the room. Units: dB below full scale, root mean square. Range: -Infinity..0.
   * @defaultValue -Infinity: none, so that a file is heard as it is
   */
  readonly noiseDb: number;
  /** Which noise. Range: 0..4294967295. @defaultValue 1 */
  readonly seed: number;
  /** WAV file that gets what was captured, from the origin of the time base on. @defaultValue null: none */
  readonly recordTo: string | null;
  /** How that file stores samples. @defaultValue 's16', what every program reads */
  readonly recordEncoding: RecordingEncoding;
  /** What goes wrong, and when. @defaultValue none */
  readonly faults: readonly CaptureFault[];
}

/** @public */
export const defaultWavFileMicrophoneOptions = {
  format: { sampleRateHz: 48_000, channels: 1 },
  path: null,
  atEnd: 'complete',
  noiseDb: Number.NEGATIVE_INFINITY,
  seed: 1,
  recordTo: null,
  recordEncoding: 's16',
  faults: [],
} as const satisfies WavFileMicrophoneOptions;

/** A microphone that hears a file and what it is told. @public */
export interface WavFileMicrophone extends RoomMicrophone, Plug {
  /** What did not fit into the recording, which ends at 4 GiB. Units: milliseconds of audio. */
  readonly unrecordedMs: number;
}

const pathOrNull: Check = (value) =>
  value === null || nonEmptyString(value) === undefined ? undefined : 'must be a path or null';

/**
 * A microphone that plays a WAV file, or speech given on cue, over the noise of a room, at the pace of a clock.
 *
 * @remarks
 * One capture at a time, as with a real device. The recording continues over openings; where the microphone was closed
 * or lost it is silent. It is complete whenever the capture is over.
 *
 * `capture` errors with `DEVICE_NOT_FOUND` (no such file), `DEVICE_PERMISSION_DENIED`, `AUDIO_FORMAT_UNSUPPORTED` (not a WAV) and
 * `DEVICE_BACKEND`; each names the path.
 * @throws OptionError `OPTION_INVALID`
 * @public
 */
export function wavFileMicrophone(
  options: { readonly timeBase: TimeBase } & Partial<WavFileMicrophoneOptions>,
): WavFileMicrophone {
  const { timeBase, ...given } = options;
  requireTimeBase('wavFileMicrophone', timeBase);
  const { format, path, atEnd, noiseDb, seed, recordTo, recordEncoding, faults } =
    resolveOptions<WavFileMicrophoneOptions>('wavFileMicrophone', defaultWavFileMicrophoneOptions, given, {
      path: pathOrNull,
      atEnd: oneOf('complete', 'go-on'),
      noiseDb: noiseLevel,
      seed: integerIn(0, 0xffff_ffff),
      recordTo: pathOrNull,
      recordEncoding: recordingEncoding,
      faults: captureFaults,
    });
  requirePcmFormat('wavFileMicrophone', format);
  const recording = recordTo === null ? undefined : createWavRecording(recordTo, format, recordEncoding);

  function openSession(): CaptureSession {
    const playing = path === null ? undefined : loadWav(path, format);
    recording?.open();
    return {
      ...(playing && { playInto: playFrom(playing, atEnd) }),
      ...(recording && { record: recording.add, close: recording.close }),
    };
  }

  const scene = createSoundScene({ format, noiseDb, seed, maxPendingMs });
  const access = deviceAccess('the microphone', timeBase, faults);
  const microphone = pacedMicrophone({ format, timeBase, access, scene, faults, openSession });
  return {
    ...microphone,
    vanish: access.vanish,
    comeBack: access.comeBack,
    get unrecordedMs() {
      return recording?.unrecordedMs ?? 0;
    },
  };
}

/** Add a file to what is heard, one period after the other. */
function playFrom(
  playing: Float32Array,
  atEnd: 'complete' | 'go-on',
): (heard: Float32Array) => Float32Array | null {
  let played = 0;
  return (heard) => {
    const now = playing.subarray(played, played + heard.length);
    played += now.length;
    for (const [index, sample] of now.entries()) heard[index] = (heard[index] as number) + sample;
    if (now.length === heard.length || atEnd === 'go-on') return heard;
    return now.length === 0 ? null : heard.subarray(0, now.length);
  };
}
