import type { PcmFormat } from '../../core/audio/audio-frame.js';
import type { Direction } from './error-texts.js';
import type { AudifyApi } from './rt-audio.js';

/** Everything that opening one stream takes; plain data, because it also goes to another process. */
export interface StreamSettings {
  readonly direction: Direction;
  readonly api: AudifyApi;
  /** Name of the device, or `default`. */
  readonly device: string;
  /** The layout that is wanted in the end. */
  readonly format: PcmFormat;
  /** Which channel of a microphone is needed. Playout does not look at it. */
  readonly channel: 'mix' | number;
  /** How long a buffer of the library lasts. Units: ms. */
  readonly bufferMs: number;
  /** Two periods on ALSA instead of four. */
  readonly lowLatency: boolean;
  /** What lies between the queue of the library and the loudspeaker on Pulse, at least. Units: ms. Capture does not look at it. */
  readonly pulseLatencyMs: number;
}

/** What a device is called in messages. */
export function labelOf({ direction, device }: Pick<StreamSettings, 'direction' | 'device'>): string {
  const what = direction === 'capture' ? 'microphone' : 'loudspeaker';
  return device === 'default' ? `the default ${what}` : `the ${what} "${device}"`;
}
