import type { PcmFormat } from '../audio/audio-frame.js';
import { fromMono, pickChannel } from '../audio/mix.js';
import { createSampleRateConverter, type SampleRateConverter } from '../audio/sample-rate-converter.js';
import { DeviceError, isVoiceError } from '../errors.js';
import { clipInPlace } from '../pacing/clip.js';
import type { PlayoutStream } from './playout-driver.js';
import type { PlayoutTape } from './playout-tape.js';

/** Hands a tape over to one driver stream, in the layout that the device takes. */
export interface PlayoutWriter {
  /** How many sample frames of the tape one frame of the device is. */
  readonly framesPerDeviceFrame: number;
  /** Beyond what is to be heard, so much of the tape has to be there, because the converter looks ahead. Sample frames. */
  readonly lookahead: number;
  /** What lies so far behind what is heard may still be asked of the tape. Sample frames. */
  readonly history: number;
  /** What was handed over and not taken back, in frames of the tape from where the stream began. May have a fraction. */
  readonly handed: number;
  /** The stream begins elsewhere on the tape than was thought: what lies behind that point has moved. */
  shift(by: number): void;
  /** Hand over what is new on the tape. */
  sync(): void;
  /**
   * Take back what the driver still has.
   *
   * @returns the index on the tape from which on nothing is with the driver. The tape may be changed behind it, not before.
   */
  recall(): number;
}

/**
 * The writer of one stream.
 *
 * @param base - where on the tape the first frame of the stream lies.
 * @throws DeviceError `DEVICE_FORMAT_UNSUPPORTED`
 */
export function createPlayoutWriter(
  label: string,
  format: PcmFormat,
  stream: PlayoutStream,
  tape: PlayoutTape,
  base: number,
): PlayoutWriter {
  const { sampleRateHz: rateHz, channels } = format;
  const deviceHz = stream.format.sampleRateHz;
  const deviceChannels = stream.format.channels;
  const converters = openConverters(label, format, stream.format);
  const common = commonFactor(rateHz, deviceHz);
  /** So many frames of the tape are exactly so many of the device. */
  const block = { tape: rateHz / common, device: deviceHz / common };
  const lookaheadMs = converters[0]?.latencyMs ?? 0;
  const lookahead = Math.ceil((lookaheadMs * rateHz) / 1000);
  /** Where the next frames are taken from the tape. */
  let next = base;
  /** Where the first frame of the stream lies. */
  let origin = base;
  let handedFrames = 0;
  /** Frames that the converter puts out first and that the device has already. */
  let repeated = 0;

  /** To the device's rate, frame by frame unchanged where it is the same. */
  function convert(samples: Float32Array): Float32Array {
    if (deviceHz === rateHz) return samples;
    const parts = converters.map((converter, channel) =>
      converter.push(pickChannel(samples, channels, channel)),
    );
    const [first] = parts as [Float32Array];
    if (channels === 1) return first;
    const interleaved = new Float32Array(first.length * channels);
    for (const [channel, part] of parts.entries()) {
      for (let frame = 0; frame < part.length; frame += 1) {
        interleaved[frame * channels + channel] = part[frame] as number;
      }
    }
    return interleaved;
  }

  /** Take up again as if the converter had just put out what the device has kept. */
  function rewindConverters(): void {
    const warmUpFrames = Math.ceil((2 * lookaheadMs * deviceHz) / 1000);
    const blocks = Math.max(0, Math.floor((handedFrames - warmUpFrames) / block.device));
    for (const converter of converters) converter.reset();
    next = origin + blocks * block.tape;
    repeated = handedFrames - blocks * block.device;
  }

  return {
    framesPerDeviceFrame: rateHz / deviceHz,
    lookahead,
    history: deviceHz === rateHz ? 0 : block.tape + 3 * lookahead,
    get handed() {
      return (handedFrames * rateHz) / deviceHz;
    },
    shift(by) {
      origin += by;
      next += by;
    },
    sync() {
      if (tape.end <= next) return;
      let samples = convert(tape.read(next, tape.end));
      next = tape.end;
      if (repeated > 0) {
        const skipped = Math.min(repeated, samples.length / channels);
        samples = samples.subarray(skipped * channels);
        repeated -= skipped;
      }
      if (samples.length === 0) return;
      handedFrames += samples.length / channels;
      // Converting can overshoot; what comes from the tape is clipped already.
      if (deviceHz !== rateHz) clipInPlace(samples);
      stream.write(channels === deviceChannels ? samples : fromMono(samples, deviceChannels));
    },
    recall() {
      const recalled = Math.floor(stream.recall());
      if (recalled > 0) handedFrames = Math.max(0, handedFrames - recalled);
      // A converter has taken in more than what it has put out: that too may change now.
      if (deviceHz === rateHz) next = origin + handedFrames;
      else rewindConverters();
      return Math.ceil(origin + (handedFrames * rateHz) / deviceHz);
    },
  };
}

function openConverters(label: string, format: PcmFormat, device: PcmFormat): readonly SampleRateConverter[] {
  const { sampleRateHz, channels } = format;
  const refuse = (why: string, cause?: unknown): never => {
    throw new DeviceError(
      'DEVICE_FORMAT_UNSUPPORTED',
      `${label} takes ${device.sampleRateHz} Hz with ${device.channels} channel(s), ${why}`,
      { cause },
    );
  };
  if (channels !== device.channels && channels !== 1) {
    refuse(
      `and ${channels} channels cannot be put on them; choose a format of 1 or ${device.channels} channel(s)`,
    );
  }
  if (!(Number.isInteger(device.channels) && device.channels >= 1 && device.channels <= 32)) {
    refuse('1 to 32 can be filled; choose another device');
  }
  try {
    return Array.from({ length: channels }, () =>
      createSampleRateConverter(sampleRateHz, device.sampleRateHz),
    );
  } catch (error) {
    return refuse(
      `which ${sampleRateHz} Hz cannot be converted to; choose another rate${isVoiceError(error) ? '' : ' or device'}`,
      error,
    );
  }
}

function commonFactor(a: number, b: number): number {
  return b === 0 ? a : commonFactor(b, a % b);
}
