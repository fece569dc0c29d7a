import { setTimeout as sleep } from 'node:timers/promises';
import type { KioskServer } from '../../virtual-kiosk/problem.js';
import { kioskDevices, periodMs } from '../../virtual-kiosk/room.js';
import { createVirtualKiosk } from '../../virtual-kiosk/virtual-kiosk.js';
import { listen } from './listen.js';
import { longestStallMs, watchStalls } from './machine-stalls.js';

const rateHz = 48_000;
const times = 24;
/** The time line at a freeze is taken from what came this long before, so that the freeze has no part in it. Units: ms. */
const beforeMs = 30;

/**
 * How far the time line of a recording of the loudspeaker is from the truth.
 *
 * A server that is stopped mixes nothing from that instant on. What it mixed last ends between then and a period later, wherever in
 * its period it was stopped; in the middle half a period later. What the time line says beyond that is its error.
 *
 * @returns the errors of undisturbed trials, less half a period. Units: ms. Each is off by up to half a period, their mean by less.
 */
export async function checkRecorder(server: KioskServer): Promise<readonly number[]> {
  const kiosk = await createVirtualKiosk({ server });
  const stalls = watchStalls();
  const period = periodMs(server, rateHz);
  const perMs = rateHz / 1000;
  try {
    const recorder = await listen({
      env: kiosk.env,
      source: kioskDevices.monitor,
      rateHz,
      channels: 2,
      aheadMs: period,
      hear: () => {},
    });
    const errors: number[] = [];
    for (let i = 0; i < times; i += 1) {
      await sleep(80 + ((i * 7) % 11));
      const frozenMs = performance.now();
      kiosk.freezeServer(true);
      await sleep(15);
      const { frames } = recorder.arrivals.at(-1) ?? { frames: 0 };
      const line = recorder.timeLine();
      const known = frames - beforeMs * perMs;
      const endsMs = line.msAt(known) + beforeMs;
      kiosk.freezeServer(false);
      if (longestStallMs(stalls.stalls, frozenMs - 50, frozenMs + 15) > 4) continue;
      errors.push(endsMs - frozenMs - period / 2);
    }
    await recorder.stop();
    return errors;
  } finally {
    await stalls.stop();
    await kiosk.teardown();
  }
}
