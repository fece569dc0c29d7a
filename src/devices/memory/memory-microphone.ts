import type { PcmFormat } from '../../core/audio/audio-frame.js';
import { integerIn, resolveOptions } from '../../core/options.js';
import { requirePcmFormat, requireTimeBase } from '../../core/pacing/checks.js';
import {
  type CaptureFault,
  captureFaults,
  deviceAccess,
  type Plug,
} from '../../core/pacing/device-access.js';
import { pacedMicrophone, type RoomMicrophone } from '../../core/pacing/paced-microphone.js';
import { createSoundScene, maxPendingMs, noiseLevel } from '../../core/pacing/sound-scene.js';
import type { TimeBase } from '../../core/pacing/time-base.js';

/** How a microphone in memory behaves. @public */
export interface MemoryMicrophoneOptions {
  /** Layout of what it captures. @defaultValue 48 kHz mono, what sound cards deliver */
  readonly format: PcmFormat;
  /** What is said from the origin of the time base on, one channel at the format's rate. @defaultValue null: nothing */
  readonly samples: Float32Array | null;
  /**
   * Level of the white noise in the room. Units: dB below full scale, root mean square. Range: -Infinity..0.
   * @defaultValue -Infinity: digital silence, so that a test can compare samples
   */
  readonly noiseDb: number;
  /** Which noise. Range: 0..4294967295. @defaultValue 1 */
  readonly seed: number;
  /** What goes wrong, and when. @defaultValue none */
  readonly faults: readonly CaptureFault[];
}

/** @public */
export const defaultMemoryMicrophoneOptions = {
  format: { sampleRateHz: 48_000, channels: 1 },
  samples: null,
  noiseDb: Number.NEGATIVE_INFINITY,
  seed: 1,
  faults: [],
} as const satisfies MemoryMicrophoneOptions;

/** A microphone that hears what it is told. @public */
export interface MemoryMicrophone extends RoomMicrophone, Plug {}

/**
 * A microphone without hardware, exact to the sample, in virtual or real time.
 *
 * @remarks
 * It hears the noise of the room and what is said with `say`. One capture at a time, as with a real device.
 * Timing: what one opening misses is gone; frames lie on the time base's periods.
 * @throws OptionError `OPTION_INVALID`
 * @public
 */
export function memoryMicrophone(
  options: { readonly timeBase: TimeBase } & Partial<MemoryMicrophoneOptions>,
): MemoryMicrophone {
  const { timeBase, ...given } = options;
  requireTimeBase('memoryMicrophone', timeBase);
  const { format, samples, noiseDb, seed, faults } = resolveOptions<MemoryMicrophoneOptions>(
    'memoryMicrophone',
    defaultMemoryMicrophoneOptions,
    given,
    { noiseDb: noiseLevel, seed: integerIn(0, 0xffff_ffff), faults: captureFaults },
  );
  requirePcmFormat('memoryMicrophone', format);
  const scene = createSoundScene({ format, noiseDb, seed, maxPendingMs });
  if (samples) scene.say(samples, 0);
  const access = deviceAccess('the microphone', timeBase, faults);
  const microphone = pacedMicrophone({ format, timeBase, access, scene, faults });
  return { ...microphone, vanish: access.vanish, comeBack: access.comeBack };
}
