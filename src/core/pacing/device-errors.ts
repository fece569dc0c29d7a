import { type AudioFrame, type PcmFormat, sameFormat } from '../audio/audio-frame.js';
import { DeviceError } from '../errors.js';

/** @throws DeviceError `DEVICE_FORMAT_UNSUPPORTED` unless the frame fits the loudspeaker as it is. */
export function refuseOtherFormat(format: PcmFormat, frame: AudioFrame): void {
  if (sameFormat(frame.format, format) && frame.samples.length % format.channels === 0) return;
  throw new DeviceError(
    'DEVICE_FORMAT_UNSUPPORTED',
    `the loudspeaker takes ${format.sampleRateHz} Hz with ${format.channels} channel(s), the frame has ` +
      `${frame.format.sampleRateHz} Hz, ${frame.format.channels} channel(s) and ${frame.samples.length} samples; ` +
      'convert the frame first',
  );
}

/** Writing came too late. @param lost - the loss that ended the sink, if it was one. */
export function closedError(lost: DeviceError | undefined): DeviceError {
  return new DeviceError(
    'DEVICE_CLOSED',
    `cannot write: the loudspeaker ${lost ? 'vanished' : 'was closed'}; open it again`,
    { cause: lost },
  );
}

/** A device was there and is no longer. */
export function lostError(name: string, cause?: unknown): DeviceError {
  return new DeviceError('DEVICE_LOST', `${name} vanished while it was open; open it again when it is back`, {
    retryable: true,
    cause,
  });
}
