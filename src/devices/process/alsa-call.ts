import type { PcmFormat } from '../../core/audio/audio-frame.js';
import { type AlsaAbilities, type AlsaEncoding, alsaEncodings } from './alsa-messages.js';
import type { Environment, ProgramCall } from './program.js';

/** In what layout a device is to be opened. */
export interface AlsaLayout extends PcmFormat {
  readonly encoding: AlsaEncoding;
}

/** What one opening of an ALSA device is like. */
export interface AlsaOpening {
  readonly command: 'aplay' | 'arecord';
  /** Any name that ALSA knows. */
  readonly device: string;
  readonly layout: AlsaLayout;
  /** Between two interrupts. Units: ms. */
  readonly periodMs: number;
  /** What the device holds. Units: ms. */
  readonly bufferMs: number;
  /** Its channels as they are, however many, instead of as many as are asked for. */
  readonly hasOwnChannels: boolean;
  readonly env: Environment;
}

/**
 * The command that opens a device, at the device's own rate that is next to the one that is wanted: ALSA converts rates badly. It tells what the
 * device can do, what it was set to, and `aplay` each period that it took.
 */
export function alsaCall(opening: AlsaOpening): ProgramCall {
  const { command, device, layout, periodMs, bufferMs, hasOwnChannels, env } = opening;
  return {
    command,
    args: [
      `--device=${device}`,
      '--file-type=raw',
      `--format=${layout.encoding}`,
      `--channels=${layout.channels}`,
      `--rate=${layout.sampleRateHz}`,
      `--period-time=${Math.round(1000 * periodMs)}`,
      `--buffer-time=${Math.round(1000 * bufferMs)}`,
      '--disable-resample',
      ...(hasOwnChannels ? ['--disable-channels'] : []),
      '--dump-hw-params',
      command === 'aplay' ? '-vvv' : '-v',
    ],
    env,
  };
}

/** The best encoding first: floating point needs no rounding, and most devices convert it themselves. */
const encodings = Object.keys(alsaEncodings) as readonly AlsaEncoding[];

/** What is tried at first. */
export function firstLayout({ sampleRateHz, channels }: PcmFormat): AlsaLayout {
  return { encoding: 'FLOAT_LE', sampleRateHz, channels };
}

/**
 * What to try after a device refused `refused`: what it says it can do, as near to that as there is; where it says nothing, what nearly
 * all can do.
 *
 * @returns undefined when there is nothing else.
 */
export function nextLayout(
  refused: AlsaLayout,
  abilities: AlsaAbilities | undefined,
): AlsaLayout | undefined {
  if (!abilities) return refused.encoding === 'S16_LE' ? undefined : { ...refused, encoding: 'S16_LE' };
  const encoding = encodings.find((one) => abilities.formats.includes(one));
  if (encoding === undefined) return undefined;
  const next = {
    encoding,
    sampleRateHz: within(abilities.sampleRateHz, refused.sampleRateHz),
    channels: within(abilities.channels, refused.channels),
  };
  const isTheSame =
    next.encoding === refused.encoding &&
    next.sampleRateHz === refused.sampleRateHz &&
    next.channels === refused.channels;
  return isTheSame ? undefined : next;
}

const within = ([least, most]: readonly [number, number], value: number): number =>
  Math.min(most, Math.max(least, value));
