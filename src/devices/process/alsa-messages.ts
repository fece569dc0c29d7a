import type { PcmEncoding } from '../../core/audio/pcm.js';

/** What a device was set to. */
export interface AlsaSetup {
  readonly encoding: PcmEncoding;
  readonly sampleRateHz: number;
  readonly channels: number;
  readonly periodFrames: number;
  readonly bufferFrames: number;
}

/** One line that `aplay` or `arecord` printed, understood. */
export type AlsaMessage =
  /** The device is set up; said by `--verbose`. */
  | { readonly type: 'ready'; readonly setup: AlsaSetup }
  /** So many samples went into the device's buffer; said by a third `--verbose` after each write. */
  | { readonly type: 'taken'; readonly samples: number }
  | { readonly type: 'xrun'; readonly detail: string }
  | { readonly type: 'chatter' }
  | { readonly type: 'complaint' };

/** The encodings of ALSA that samples can be brought to, the best first. */
export const alsaEncodings = { FLOAT_LE: 'f32', S32_LE: 's32', S16_LE: 's16' } as const satisfies Record<
  string,
  PcmEncoding
>;
/** @see alsaEncodings */
export type AlsaEncoding = keyof typeof alsaEncodings;

/** What a device can do, where it says so (`--dump-hw-params`). Ranges are [least, most]. */
export interface AlsaAbilities {
  readonly formats: readonly string[];
  readonly channels: readonly [number, number];
  readonly sampleRateHz: readonly [number, number];
}

/** Reads what one running of a program prints, line by line. */
export interface AlsaReader {
  read(line: string): AlsaMessage;
  /** What the device can do, as far as it was told. */
  readonly abilities: AlsaAbilities | undefined;
}

/** Whatever else is printed describes the device, in words that differ from one plugin to the next. */
const complaint = /^(ALSA lib |aplay: |arecord: )|\b(error|failed|cannot|unable|denied|refused|no such)\b/i;
const setupLine = /^(format|channels|rate|period_size|buffer_size)\s+: (\S+)/;
const abilityLine = /^(FORMAT|CHANNELS|RATE):\s+(.*\S)$/;

/** Read what `--verbose` and `--dump-hw-params` print, in the locale `C`. Texts of alsa-utils 1.2.8. */
export function createAlsaReader(): AlsaReader {
  const setup = new Map<string, string>();
  const abilities = new Map<string, string>();
  let isReady = false;

  function read(line: string): AlsaMessage {
    const [, samples] = /^Max peak \((\d+) samples\)/.exec(line) ?? [];
    if (samples !== undefined) return { type: 'taken', samples: Number(samples) };
    const xrun = /^(under|over)run!!! \(at least ([\d.]+) ms long\)/.exec(line);
    if (xrun) return { type: 'xrun', detail: `${xrun[1]}run of at least ${Math.round(Number(xrun[2]))} ms` };
    const [, ability, range] = abilityLine.exec(line) ?? [];
    if (ability !== undefined && range !== undefined) {
      // When the setup fails, what was left of them is told once more.
      if (!abilities.has(ability)) abilities.set(ability, range);
      return { type: 'chatter' };
    }
    const [, name, value] = setupLine.exec(line) ?? [];
    // The first setup is the one of the device that was asked for; those of what lies beneath it follow.
    if (name !== undefined && value !== undefined && !setup.has(name)) setup.set(name, value);
    if (!isReady && /^boundary\s+: /.test(line)) {
      isReady = true;
      return { type: 'ready', setup: setupOf(setup) };
    }
    return { type: complaint.test(line) ? 'complaint' : 'chatter' };
  }

  return {
    read,
    get abilities() {
      const [formats, channels, rate] = ['FORMAT', 'CHANNELS', 'RATE'].map((name) => abilities.get(name));
      if (formats === undefined || channels === undefined || rate === undefined) return undefined;
      return { formats: formats.split(/\s+/), channels: rangeOf(channels), sampleRateHz: rangeOf(rate) };
    },
  };
}

function setupOf(setup: ReadonlyMap<string, string>): AlsaSetup {
  const number = (name: string): number => Number(setup.get(name));
  return {
    encoding: alsaEncodings[setup.get('format') as AlsaEncoding],
    sampleRateHz: number('rate'),
    channels: number('channels'),
    periodFrames: number('period_size'),
    bufferFrames: number('buffer_size'),
  };
}

/** `48000`, `[1 32]`, `(7 4294967295]`, `[48000 48001)` or `44100 48000`: the least and the most. */
function rangeOf(text: string): readonly [number, number] {
  const numbers = (text.match(/\d+/g) ?? ['0']).map(Number);
  const least = Math.min(...numbers) + (text.startsWith('(') ? 1 : 0);
  const most = Math.max(...numbers) - (text.endsWith(')') ? 1 : 0);
  return [least, Math.max(least, most)];
}
