import { DeviceError, isVoiceError, type VoiceError } from '../errors.js';

const retryable = { retryable: true } as const;

/** Somebody has the sink. */
export function sinkOpenAlready(label: string): DeviceError {
  return new DeviceError(
    'DEVICE_BUSY',
    `${label} is open already; close it before opening it again`,
    retryable,
  );
}

/** It was asked for and never became audible. */
export function neverPlayed(label: string, wasOpened: boolean, waitedMs: number): DeviceError {
  const what = wasOpened ? 'was opened but does not play: it is suspended, or held' : 'did not open';
  return new DeviceError(
    'DEVICE_BUSY',
    `${label} ${what} (${Math.round(waitedMs)} ms); close the program that holds it, or resume it, and try again`,
    retryable,
  );
}

/** It played, and then no more. */
export function standsStill(label: string, quietMs: number): DeviceError {
  return new DeviceError(
    'DEVICE_LOST',
    `${label} stands still for ${Math.round(quietMs)} ms (suspended?); open it again when it is back`,
    retryable,
  );
}

/** It claims to have played more than time has passed. */
export function playedAhead(label: string, aheadMs: number): DeviceError {
  return new DeviceError(
    'DEVICE_LOST',
    `${label} plays ${Math.round(aheadMs)} ms ahead of time, as a sound system does that died; open it again when it is back`,
    retryable,
  );
}

/** A driver ended without saying why. */
export function playoutEnded(label: string): DeviceError {
  return new DeviceError('DEVICE_LOST', `${label} ended by itself; open it again when it is back`, retryable);
}

/** A driver broke its own rules. */
export function playoutBroke(label: string, what: string): DeviceError {
  return new DeviceError(
    'DEVICE_BACKEND',
    `${label}: its driver ${what}; this is a defect of the driver, report it`,
  );
}

/** What an opening fails with, as an error of ours. */
export function openingFailed(label: string, cause: unknown): unknown {
  if (isVoiceError(cause)) return cause;
  return new DeviceError('DEVICE_BACKEND', `${label} failed in its driver; see the cause`, { cause });
}

/** What ends an open sink: a loss, unless the cause says better what can be tried again. */
export function playoutLost(label: string, cause: unknown): VoiceError {
  if (isVoiceError(cause) && cause.retryable) return cause;
  const words = cause instanceof Error ? `: ${cause.message}` : '';
  return new DeviceError(
    'DEVICE_LOST',
    `${label} failed while it was open${words}; open it again when it is back`,
    {
      retryable: true,
      cause,
    },
  );
}
