import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { monotonicScheduler } from '../../src/devices/clock/index.js';
import { describeAudioSourceContract, describeLoudspeakerContract } from '../../src/testing/index.js';
import { type KioskServer, kioskProblem } from '../virtual-kiosk/problem.js';
import { createVirtualKiosk, type VirtualKiosk } from '../virtual-kiosk/virtual-kiosk.js';
import type { Way } from './ways.js';

/** Bound of the queue in these suites. Units: ms. */
const maxQueuedMs = 1500;

/** A fresh kiosk for each clause, in real time. */
async function setUp(way: Way, server: KioskServer) {
  const kiosk: VirtualKiosk = await createVirtualKiosk({ server });
  const scheduler = monotonicScheduler();
  const before = { ...process.env };
  if (way.inProcess) Object.assign(process.env, kiosk.env);
  const parts = { env: kiosk.env, scheduler, maxQueuedMs };
  return {
    loudspeaker: way.loudspeaker(parts),
    source: way.microphone(parts),
    now: () => scheduler.now(),
    async advance(ms: number) {
      const untilMs = scheduler.now() + ms;
      while (scheduler.now() < untilMs) await sleep(Math.ceil(untilMs - scheduler.now()));
    },
    vanish: () => kiosk.killServer(),
    comeBack: () => kiosk.restartServer(),
    async teardown() {
      for (const name of Object.keys(kiosk.env)) delete process.env[name];
      Object.assign(process.env, before);
      await kiosk.teardown();
    },
  };
}

/** Both device suites, over a real sound server. */
export function describeDevicesOnKiosk(way: Way, server: KioskServer): void {
  const problem = kioskProblem(server);
  const name = `${way.name}, on ${server}`;
  if (problem !== null) {
    console.warn(`${name}: skipped, ${problem}`);
    describe.skip(name, () => it('needs a sound server', () => {}));
    return;
  }
  const capabilities = { vanishes: true, openMs: 5000, lossMs: 500 };
  describeLoudspeakerContract(
    { describe, it, expect },
    {
      name,
      setup: () => setUp(way, server),
      capabilities: { ...capabilities, maxQueuedMs, committedMs: 150 },
    },
  );
  describeAudioSourceContract(
    { describe, it, expect },
    {
      name,
      setup: () => setUp(way, server),
      capabilities: { ...capabilities, completes: false },
    },
  );
}
