import { DeviceError, type ErrorCode } from '../../core/errors.js';
import type { ProgramEnd } from './program.js';

/** Which programs are meant: those of PulseAudio and PipeWire, or those of ALSA. */
export type ProcessApi = 'pulse' | 'alsa';

/** What is known when a device fails. */
export interface Failure {
  /** The device in words, such as `the microphone "alsa_input.usb-Jabra"`. */
  readonly label: string;
  readonly api: ProcessApi;
  readonly command: string;
  /** What the program complained of. */
  readonly words: readonly string[];
}

const packages = { pulse: 'pulseaudio-utils', alsa: 'alsa-utils' } as const;
const listing = { pulse: 'pactl list short sinks (sources)', alsa: 'aplay -L (arecord -L)' } as const;

interface Verdict {
  readonly code: ErrorCode;
  readonly what: string;
  readonly remedy: string;
  readonly retryable: boolean;
}

type Rule = readonly [says: RegExp, verdict: (api: ProcessApi) => Verdict];

/**
 * What the programs say and what it means, the first that fits.
 *
 * The texts are those of pulseaudio-utils 16.1 (also against PipeWire 0.3.65) and alsa-utils 1.2.8 with alsa-lib 1.2.8; each has a test.
 */
const rules: readonly Rule[] = [
  [
    /resource busy/i,
    () => ({
      code: 'DEVICE_BUSY',
      what: 'is used by another program',
      remedy: 'end that program, or use a device that can be shared, such as "default"',
      retryable: true,
    }),
  ],
  [
    /access denied|permission denied|operation not permitted|no authentication key/i,
    (api) => ({
      code: 'DEVICE_PERMISSION_DENIED',
      what: 'is not allowed to this account',
      remedy:
        api === 'alsa'
          ? 'add the account to the group "audio" and log in again'
          : 'run as the account that owns the sound server, or give its cookie to this one',
      retryable: false,
    }),
  ],
  [
    /connection refused|connection failure|connection terminated|host is down|unable to connect|pa_context/i,
    () => ({
      code: 'DEVICE_BACKEND',
      what: 'cannot be reached, since no sound server answers',
      remedy: 'start PulseAudio or PipeWire, or see to PULSE_SERVER and XDG_RUNTIME_DIR',
      retryable: true,
    }),
  ],
  [
    /no such (entity|device|file)|unknown pcm|cannot (find card|get card index)/i,
    (api) => ({
      code: 'DEVICE_NOT_FOUND',
      what: 'is not there',
      remedy: `plug it in, or take a name from: ${listing[api]}`,
      retryable: true,
    }),
  ],
  [
    /non available|install hw params|bad speed|no configurations available|invalid sample spec|not supported|channel map|wrong extended format/i,
    () => ({
      code: 'DEVICE_FORMAT_UNSUPPORTED',
      what: 'does not open in any layout that can be used',
      remedy: 'choose another rate, or a device that converts, such as "default" or "plughw:..."',
      retryable: false,
    }),
  ],
];

/** Why a device does not open, judged from what its program said. */
export function openingError(failure: Failure, end: ProgramEnd): DeviceError {
  if (end.type === 'not-started') return startError(failure, end.cause);
  const said = failure.words.join(' ');
  const [, judge] = rules.find(([says]) => says.test(said)) ?? [];
  const { code, what, remedy, retryable } = judge?.(failure.api) ?? {
    code: 'DEVICE_BACKEND' as const,
    what: 'does not open',
    remedy: 'try the same command by hand',
    retryable: true,
  };
  return new DeviceError(
    code,
    `${failure.label} ${what} (${failure.command} ${end.status}${quoted(failure.words)}); ${remedy}`,
    { retryable },
  );
}

/** A device did not begin in time. */
export function openingTimeoutError(failure: Failure, timeoutMs: number): DeviceError {
  return new DeviceError(
    'DEVICE_BACKEND',
    `${failure.label} did not begin within ${timeoutMs} ms (${failure.command} runs${quoted(failure.words)}); ` +
      'see whether it is asleep or held by another program, or allow more with openTimeoutMs',
    { retryable: true },
  );
}

/** A device was open and is no more. `how` continues the sentence "the device ...". */
export function lostError(failure: Failure, how: string): DeviceError {
  return new DeviceError(
    'DEVICE_LOST',
    `${failure.label} ${how}${quoted(failure.words)}; it can be opened again when it is back`,
    { retryable: true },
  );
}

function startError({ label, api, command }: Failure, cause: unknown): DeviceError {
  const { code } = cause as { readonly code?: unknown };
  const message =
    code === 'ENOENT'
      ? `${label} needs the program ${command}, which is not installed; apt install ${packages[api]}`
      : `${label} needs the program ${command}, which cannot be started (${String(code)}); ` +
        `see whether it may be run, and how many processes and files are open`;
  return new DeviceError('DEVICE_BACKEND', message, {
    retryable: code !== 'ENOENT' && code !== 'EACCES',
    cause,
  });
}

const quoted = (words: readonly string[]): string => (words.length === 0 ? '' : `: "${words.join(' / ')}"`);
