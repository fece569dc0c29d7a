import type { PcmFormat } from '../audio/audio-frame.js';
import { DeviceError, isVoiceError } from '../errors.js';
import { integerIn } from '../options.js';

/** The device is open already. */
export function openAlready(label: string): DeviceError {
  return new DeviceError(
    'DEVICE_BUSY',
    `${label} is open already; close it before opening it again, or share its frames`,
    {
      retryable: true,
    },
  );
}

/** It was opened and nothing ever came. */
export function neverCame(label: string, waitedMs: number): DeviceError {
  return new DeviceError(
    'DEVICE_BUSY',
    `${label} delivered nothing within ${Math.round(waitedMs)} ms of being opened; close the program that holds it, or see whether it is suspended, and try again`,
    { retryable: true },
  );
}

/** It delivered, and then no more. */
export function fellSilent(label: string, quietMs: number): DeviceError {
  return new DeviceError(
    'DEVICE_LOST',
    `${label} delivered nothing for ${Math.round(quietMs)} ms; it is suspended or gone, open it again when it is back`,
    { retryable: true },
  );
}

/** It delivered more than can have been captured. */
export function ranAhead(label: string, aheadMs: number): DeviceError {
  return new DeviceError(
    'DEVICE_LOST',
    `${label} delivered ${Math.round(aheadMs)} ms more audio than time has passed, as a sound system does that died; open it again when it is back`,
    { retryable: true },
  );
}

/** A driver ended without saying why. */
export function driverEnded(label: string): DeviceError {
  return new DeviceError('DEVICE_LOST', `${label} ended by itself; open it again when it is back`, {
    retryable: true,
  });
}

/** What a driver fails with, as an error of ours. */
export function driverFailed(label: string, cause: unknown): unknown {
  if (isVoiceError(cause)) return cause;
  return new DeviceError('DEVICE_BACKEND', `${label} failed in its driver; see the cause`, { cause });
}

/** A driver broke its own rules. */
export function driverBroke(label: string, what: string): DeviceError {
  return new DeviceError(
    'DEVICE_BACKEND',
    `${label}: its driver ${what}; this is a defect of the driver, report it`,
  );
}

const rateProblem = integerIn(4000, 384_000, 'Hz');

/** Why a device with this layout cannot be used, or nothing when it can. */
export function unfitDevice(
  label: string,
  { sampleRateHz, channels }: PcmFormat,
  channel: 'mix' | number,
): DeviceError | undefined {
  const rate = rateProblem(sampleRateHz);
  if (rate) {
    return new DeviceError(
      'DEVICE_FORMAT_UNSUPPORTED',
      `${label} runs at ${sampleRateHz} Hz, its rate ${rate}; choose another device`,
    );
  }
  if (channel === 'mix' || channel < channels) return undefined;
  return new DeviceError(
    'DEVICE_FORMAT_UNSUPPORTED',
    `${label} has ${channels} channel(s), so there is no channel ${channel}; choose one from 0 to ${channels - 1}, or "mix"`,
  );
}
