import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import { kioskDevices } from '../virtual-kiosk/room.js';
import type { VirtualKiosk } from '../virtual-kiosk/virtual-kiosk.js';
import { routeProblem, unplugged, type Visit, visitKiosk } from './failing.js';
import { measureLag } from './resource-usage.js';
import { defaultRoutes, type Route, routes } from './routes.js';
import { waitUntil } from './wait-until.js';

/** Units: ms. */
const lostWithinMs = 500;

function describeRoute(what: string, route: Route, on: 'pulseaudio' | 'pipewire', body: () => void): void {
  const problem = routeProblem(route, on);
  const name = `${what}, over ${route.name}, on ${on}`;
  if (problem !== null) console.warn(`${name}: skipped, ${problem}`);
  describe.skipIf(problem !== null)(name, body);
}

let here: Visit<VirtualKiosk>;
afterEach(() => here.leave());

describeRoute('a stream that the server moves elsewhere', routes.programsOnPulse, 'pulseaudio', () => {
  it('is seen at once, and the conversation goes back to the devices that are meant', async () => {
    here = await visitKiosk(routes.programsOnPulse);
    const { site: kiosk, conversation } = here;
    await conversation.opened();
    const other = await kiosk.addSecondLoudspeaker();
    const lag = measureLag();
    await kiosk.moveStreams('playout', other);
    await kiosk.moveStreams('capture', kioskDevices.otherMicrophone);
    const movedMs = performance.now();
    await waitUntil('both are lost', () => conversation.of('device-lost').length >= 2);
    lag.stop();

    const losses = conversation.of('device-lost');
    expect(losses.map(({ device }) => device).sort()).toEqual(['loudspeaker', 'microphone']);
    for (const { atMs, error } of losses) {
      expect(error).toMatchObject({ code: 'DEVICE_LOST', retryable: true });
      expect(error.message).toMatch(/moved the stream to other_/);
      expect(atMs - movedMs - lag.worstMs).toBeLessThan(lostWithinMs);
    }
    await conversation.opened();
    await conversation.converse();
  });
});

for (const route of Object.values(defaultRoutes)) {
  describeRoute('the default loudspeaker', route, 'pulseaudio', () => {
    it('is another one as soon as the server says so', async () => {
      let listened: string = kioskDevices.loudspeaker;
      here = await visitKiosk(route, 'pulseaudio', () => listened);
      const { site: kiosk, conversation } = here;
      await conversation.opened();
      listened = await kiosk.addSecondLoudspeaker();
      const lag = measureLag();
      await kiosk.pactl('set-default-sink', listened);
      const changedMs = performance.now();
      await waitUntil('the loudspeaker is lost', () => conversation.of('device-lost').length > 0);
      lag.stop();

      const [loss] = conversation.of('device-lost');
      expect(loss).toMatchObject({ device: 'loudspeaker', error: { code: 'DEVICE_LOST', retryable: true } });
      expect((loss?.atMs ?? Number.NaN) - changedMs - lag.worstMs).toBeLessThan(lostWithinMs);
      await conversation.opened();
      await conversation.converse();
    });
  });
}

describeRoute('an ALSA name that leads to a sound server', routes.programsOnAlsa, 'pulseaudio', () => {
  it('plays elsewhere while its device is unplugged, and there again afterwards', async () => {
    here = await visitKiosk(routes.programsOnAlsa);
    const { site: kiosk, conversation } = here;
    await conversation.opened();
    const { prepare, strike, mend } = unplugged(kiosk);
    await prepare?.();
    await strike();
    await sleep(500);
    await mend();

    await conversation.opened();
    await conversation.converse();
  });
});

describeRoute(
  'a loudspeaker that is unplugged while it is heard',
  routes.programsOnPulse,
  'pulseaudio',
  () => {
    it('says what was heard, and what is asked meanwhile is answered when it is back', async () => {
      here = await visitKiosk(routes.programsOnPulse);
      const { site: kiosk, place, conversation } = here;
      await conversation.opened();
      await conversation.ask(5000);
      await waitUntil('the answer is heard', () => conversation.of('playout-progress').length > 0);
      await kiosk.unloadLoudspeaker();
      await waitUntil('it is lost', () => conversation.of('device-lost').length > 0);

      const [cut] = conversation.of('playout-ended');
      expect(cut).toMatchObject({ reason: 'cut' });
      expect(cut?.heardMs).toBeGreaterThan(400);
      expect(cut?.heardMs).toBeLessThan(5000);
      expect(conversation.isOpen('microphone')).toBe(true);

      await conversation.ask(400);
      await waitUntil('the answer is there', () => conversation.of('reply-ended').length >= 1);
      expect(conversation.of('playout-started')).toHaveLength(1);
      await kiosk.reloadLoudspeaker();
      const recorder = await place.recordLoudspeaker();
      await conversation.answered();
      await recorder.stop();
      expect(conversation.of('playout-ended').at(-1)).toMatchObject({ reason: 'heard', heardMs: 400 });
      await conversation.converse();
    });
  },
);
