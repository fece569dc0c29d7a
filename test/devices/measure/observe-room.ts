import { kioskDevices, periodMs } from '../../virtual-kiosk/room.js';
import type { VirtualKiosk } from '../../virtual-kiosk/virtual-kiosk.js';
import type { Edge } from './compare-edges.js';
import { countedPeriod, createCountedReader } from './counted-audio.js';
import { createEdgeFinder } from './edges.js';
import { listen } from './listen.js';
import { gapEvents, type LongRunEvent } from './long-run-events.js';

/** Recordings of the loudspeaker and of the microphone of a kiosk, of which only the edges of counted audio are kept. */
export interface RoomObserver {
  /** Samples that the microphone heard as silence so far, since it heard something. */
  readonly silentSamples: number;
  stop(): Promise<RoomSightings>;
}

/** What they saw. Times are ms of `performance.now()`. */
export interface RoomSightings {
  /** What the loudspeaker played. Units: ms of audio. */
  readonly playedForMs: number;
  readonly playedMs: readonly number[];
  readonly heard: readonly Edge[];
  readonly gaps: readonly LongRunEvent[];
}

/** @param gain - how loud the microphone hears the loudspeaker. */
export async function observeRoom(kiosk: VirtualKiosk, gain: number): Promise<RoomObserver> {
  const { server, rateHz } = kiosk.options;
  const common = { env: kiosk.env, rateHz, keepEveryMs: 250 };
  const reader = createCountedReader();
  const finder = createEdgeFinder(gain);
  const heardFrames: number[] = [];
  let heard = 0;
  const monitor = await listen({
    ...common,
    source: kioskDevices.monitor,
    channels: 2,
    aheadMs: periodMs(server, rateHz),
    hear: reader.push,
  });
  const microphone = await listen({
    ...common,
    source: kioskDevices.microphone,
    channels: 1,
    // It has heard what arrives.
    aheadMs: 0,
    hear(samples) {
      for (const at of finder.push(samples)) heardFrames.push(heard + at);
      heard += samples.length;
    },
  });
  return {
    get silentSamples() {
      return finder.silentSamples;
    },
    async stop() {
      await Promise.all([monitor.stop(), microphone.stop()]);
      const monitorLine = monitor.timeLine();
      const microphoneLine = microphone.timeLine();
      const { runs } = reader;
      return {
        playedForMs: (runs.reduce((sum, { frames }) => sum + frames, 0) * 1000) / rateHz,
        playedMs: runs.flatMap(({ fromFrame, number, frames }) =>
          Array.from({ length: Math.floor((number + frames - 1) / countedPeriod) }, (_, i) =>
            monitorLine.msAt(fromFrame + (i + 1) * countedPeriod - number),
          ),
        ),
        heard: heardFrames.map((frame) => ({ ms: microphoneLine.msAt(frame), frame })),
        gaps: gapEvents(runs, monitorLine, rateHz),
      };
    },
  };
}
