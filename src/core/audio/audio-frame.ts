/** Layout of PCM audio on one stream. @public */
export interface PcmFormat {
  /** Sample frames per second, in hertz. Range: 8000..192000. */
  readonly sampleRateHz: number;
  /** Interleaved channels. 1 is mono. Range: 1..32. */
  readonly channels: number;
}

/**
 * One block of consecutive PCM audio: the only value that carries sound through the graph.
 *
 * @remarks
 * Shape: `samples.length === samplesPerChannel * format.channels`, interleaved.
 * Range: nominally [-1, 1]; operators do not clip, devices and the wire do.
 * Ownership: immutable once emitted. A producer never reuses its buffer.
 * @public
 */
export interface AudioFrame {
  readonly format: PcmFormat;
  readonly samples: Float32Array;
  /** Sample frames in this block, i.e. samples of one channel. */
  readonly samplesPerChannel: number;
  /**
   * When the first sample entered the microphone, or is due at the loudspeaker.
   * Units: milliseconds on the clock of the scheduler that the device was given; may be fractional.
   */
  readonly timestampMs: number;
}

/** Build a frame; `samples` must hold whole sample frames. @public */
export function audioFrame(format: PcmFormat, samples: Float32Array, timestampMs: number): AudioFrame {
  return { format, samples, samplesPerChannel: samples.length / format.channels, timestampMs };
}

/** How long a frame lasts, in milliseconds. @public */
export function durationMs(frame: AudioFrame): number {
  return (frame.samplesPerChannel * 1000) / frame.format.sampleRateHz;
}

/** When the frame's last sample is over, in milliseconds. @public */
export function endMs(frame: AudioFrame): number {
  return frame.timestampMs + durationMs(frame);
}

/** Whether two streams have the same layout. @public */
export function sameFormat(a: PcmFormat, b: PcmFormat): boolean {
  return a.sampleRateHz === b.sampleRateHz && a.channels === b.channels;
}
