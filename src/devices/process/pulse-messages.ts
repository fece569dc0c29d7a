/** One line that `pacat` or `parec` printed, understood. */
export type PulseMessage =
  /** The stream is connected. PipeWire connects to another device when there is none of the name. */
  | { readonly type: 'connected'; readonly device: string; readonly isSuspended: boolean }
  /** What is held at the server. Units: bytes. */
  | { readonly type: 'playout-buffer'; readonly targetBytes: number }
  /** How much was heard, or captured. */
  | { readonly type: 'time'; readonly seconds: number }
  | { readonly type: 'underrun' | 'overrun' | 'suspended' | 'resumed' }
  | { readonly type: 'moved'; readonly device: string }
  /** What goes well, or nothing that matters. */
  | { readonly type: 'chatter' }
  /** Anything else is a complaint. */
  | { readonly type: 'complaint' };

type Reader = (parts: RegExpExecArray) => PulseMessage;

const readers: readonly (readonly [RegExp, Reader])[] = [
  [/^Time: (-?[\d.]+) sec; Latency: /, ([, seconds]) => ({ type: 'time', seconds: Number(seconds) })],
  [/^Stream underrun\./, () => ({ type: 'underrun' })],
  [/^Stream overrun\./, () => ({ type: 'overrun' })],
  [/^Stream device suspended\./, () => ({ type: 'suspended' })],
  [/^Stream device resumed\./, () => ({ type: 'resumed' })],
  [
    /^Stream moved to device (.*) \(\d+, (?:not )?suspended\)\./,
    ([, device]) => ({ type: 'moved', device: String(device) }),
  ],
  [
    /^Connected to device (.*) \(index: \d+, suspended: (yes|no)\)\./,
    ([, device, suspended]) => ({
      type: 'connected',
      device: String(device),
      isSuspended: suspended === 'yes',
    }),
  ],
  [
    /^Buffer metrics: .*\btlength=(\d+)/,
    ([, bytes]) => ({ type: 'playout-buffer', targetBytes: Number(bytes) }),
  ],
  [
    /^(Opening a |Connection established|Stream successfully created|Buffer metrics|Using sample spec|Stream started|Stream buffer attributes changed|Got EOF|Playback stream drained|Draining connection|Got signal|Got event)/,
    () => ({ type: 'chatter' }),
  ],
];

/** Read one line of what `--verbose` prints, in the locale `C`. Texts of pulseaudio-utils 16.1. */
export function readPulseMessage(line: string): PulseMessage {
  for (const [pattern, read] of readers) {
    const parts = pattern.exec(line);
    if (parts) return read(parts);
  }
  return { type: 'complaint' };
}
