import type { StreamSettings } from './stream-settings.js';

/** Counts what has been heard, from what left the queue of the library. */
export interface PlayoutPosition {
  /** The stream runs from now on. */
  start(atMs: number): void;
  /**
   * How many sample frames were heard when the library has just taken the buffer with this number, counted from 1.
   *
   * @param latencySamples - what the library says; 0 where it says nothing.
   */
  playedAfter(popped: number, latencySamples: number, atMs: number): number;
}

/** While the server's buffer fills up, and then some. Units: ms. */
const fillingMs = 1000;

/**
 * What lies between the queue of the library and the loudspeaker, before it can be known. Units: ms.
 *
 * On Pulse two buffers are asked for. On ALSA 2 or 4 periods, and two more for the plugin that leads to a sound server (measured: 35 ms with 2 periods of 10 ms, 45 with 4).
 */
export function expectedLatencyMs(
  { api, lowLatency, pulseLatencyMs }: StreamSettings,
  bufferMs: number,
): number {
  return api === 'pulse' ? Math.max(pulseLatencyMs, 2 * bufferMs) : ((lowLatency ? 2 : 4) + 2) * bufferMs;
}

/**
 * What is still heard after a stream was closed, in the middle: the library waits for the buffer that it is writing. Against recordings of
 * monitors it was 4 to 16 with buffers of 10 ms, and a host tells that it has closed before it is silent. Units: ms.
 */
export const tailMs = 9;

/**
 * What lies between the driver's buffer and the loudspeaker on ALSA: the position was 0 to 8 ahead of recordings of monitors without it.
 * Units: ms.
 */
const beyondDriverMs = 2;

/**
 * A position that is never far too high.
 *
 * @remarks
 * The buffer that was just taken lies before the driver and not in it, and the driver's latency was told for those before it; so it does not count.
 * On Pulse RtAudio tells no latency. What the server took at the start beyond the time that had passed is the least it can be,
 * `pulseLatencyMs` is what it is on PulseAudio; the larger counts.
 */
export function createPlayoutPosition(
  settings: StreamSettings,
  sampleRateHz: number,
  bufferSamples: number,
): PlayoutPosition {
  const perMs = sampleRateHz / 1000;
  const bufferMs = bufferSamples / perMs;
  let startMs = 0;
  let latency = settings.api === 'pulse' ? settings.pulseLatencyMs * perMs : 0;
  return {
    start(atMs) {
      startMs = atMs;
    },
    playedAfter(popped, latencySamples, atMs) {
      const handedOver = (popped - 1) * bufferSamples;
      const sinceMs = atMs - startMs;
      if (settings.api === 'pulse') {
        if (sinceMs < fillingMs) latency = Math.max(latency, handedOver - sinceMs * perMs);
      } else {
        latency = latencySamples > 0 ? latencySamples : expectedLatencyMs(settings, bufferMs) * perMs;
        latency += beyondDriverMs * perMs;
      }
      return Math.max(0, Math.round(handedOver - latency));
    },
  };
}
