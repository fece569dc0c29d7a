import type { AudioSource, Loudspeaker } from 'earshot';
import { concatMap, defer, first, from, lastValueFrom, mergeMap, range, take } from 'rxjs';
import { afterEach, describe, expect, it } from 'vitest';
import { inEnvironment } from '../support/audify-kiosk.js';
import { createVirtualKiosk, type VirtualKiosk } from '../virtual-kiosk/virtual-kiosk.js';
import { routeProblem } from './failing.js';
import { grownMb, programsOfDevices, resourceUsage } from './resource-usage.js';
import { routes } from './routes.js';
import { waitUntil } from './wait-until.js';

/** Openings of each device. */
const openings = 100;
/** What is there from the first ones on: compiled code, buffers, connections. */
const warmUp = 10;
/** Units: MB. */
const mostGrownMb = 30;

let kiosk: VirtualKiosk;
let leave = (): void => {};
afterEach(async () => {
  leave();
  await kiosk.teardown();
});

/** Open and close both, as often as that, until something came of each: both at once, each one after the other. */
async function openAndClose(
  { microphone, loudspeaker }: { readonly microphone: AudioSource; readonly loudspeaker: Loudspeaker },
  times: number,
): Promise<void> {
  const opened = [
    // The fifth frame: one that was stamped for certain.
    defer(() => microphone.capture()).pipe(take(5)),
    defer(() => loudspeaker.openSink()).pipe(
      concatMap(({ rendered$ }) => rendered$),
      first(),
    ),
  ];
  await lastValueFrom(from(opened).pipe(mergeMap((once$) => range(0, times).pipe(concatMap(() => once$)))));
}

for (const route of [routes.programsOnPulse, routes.inProcessOnPulse]) {
  const problem = routeProblem(route, 'pulseaudio');
  if (problem !== null) console.warn(`many openings over ${route.name}: skipped, ${problem}`);
  describe.skipIf(problem !== null)(`devices over ${route.name}`, () => {
    it('hold no more after two hundred openings', { timeout: 120_000 }, async () => {
      kiosk = await createVirtualKiosk();
      leave = route.isInProcess ? inEnvironment(kiosk.env) : () => {};
      const devices = route.open(kiosk);
      await openAndClose(devices, warmUp);
      const before = resourceUsage();
      await openAndClose(devices, openings);
      const settled = (): boolean => {
        const { files, threads } = resourceUsage();
        // What was closed last may be on its way out.
        return files <= before.files && threads <= before.threads;
      };
      await waitUntil('files and threads are as few as before', settled).catch(() => {});
      const after = resourceUsage();

      expect(after.files).toBeLessThanOrEqual(before.files);
      expect(after.threads).toBeLessThanOrEqual(before.threads);
      expect(grownMb(before, after)).toBeLessThan(mostGrownMb);
      if (process.env['EARSHOT_SHOW_OUTAGES'] !== undefined) {
        const shown = [before, after].map(({ files, threads, ownMb }) => ({ files, threads, ownMb }));
        console.info(route.name, JSON.stringify(shown));
      }
      await waitUntil('nothing is left', () => programsOfDevices().length === 0);
    });
  });
}
