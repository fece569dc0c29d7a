import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, describe, expect, it } from 'vitest';
import { monotonicScheduler } from '../../src/devices/clock/index.js';
import { describeAudioSourceContract, describeLoudspeakerContract } from '../../src/testing/index.js';
import { type KioskServer, kioskProblem } from '../virtual-kiosk/problem.js';
import { createVirtualKiosk, type VirtualKiosk } from '../virtual-kiosk/virtual-kiosk.js';
import type { Way } from './ways.js';

/** Bound of the queue in these suites. Units: ms. */
const maxQueuedMs = 1500;

/** One kiosk for all clauses of a suite; a clause that kills its server starts it again, or the next one does. */
function sharedKiosk(server: KioskServer) {
  let kiosk: VirtualKiosk | undefined;
  let isDead = false;
  return {
    async get(): Promise<VirtualKiosk> {
      kiosk ??= await createVirtualKiosk({ server });
      if (isDead) await this.restart();
      return kiosk;
    },
    async kill(): Promise<void> {
      isDead = true;
      await kiosk?.killServer();
    },
    async restart(): Promise<void> {
      await kiosk?.restartServer();
      isDead = false;
    },
    async close(): Promise<void> {
      await kiosk?.teardown();
      kiosk = undefined;
    },
  };
}

/** A device of the kiosk, in real time. */
async function setUp(way: Way, shared: ReturnType<typeof sharedKiosk>) {
  const { env } = await shared.get();
  const scheduler = monotonicScheduler();
  const before = { ...process.env };
  if (way.inProcess) Object.assign(process.env, env);
  const parts = { env, scheduler, maxQueuedMs };
  return {
    loudspeaker: way.loudspeaker(parts),
    source: way.microphone(parts),
    now: () => scheduler.now(),
    async advance(ms: number) {
      const untilMs = scheduler.now() + ms;
      while (scheduler.now() < untilMs) await sleep(Math.ceil(untilMs - scheduler.now()));
    },
    vanish: () => shared.kill(),
    comeBack: () => shared.restart(),
    teardown() {
      for (const name of Object.keys(env)) delete process.env[name];
      Object.assign(process.env, before);
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
  const shared = sharedKiosk(server);
  afterAll(() => shared.close());
  const capabilities = { vanishes: true, openMs: 8000, lossMs: 500 };
  describeLoudspeakerContract(
    { describe, it, expect },
    {
      name,
      setup: () => setUp(way, shared),
      capabilities: { ...capabilities, maxQueuedMs, committedMs: 150, tailMs: 10 },
    },
  );
  describeAudioSourceContract(
    { describe, it, expect },
    {
      name,
      setup: () => setUp(way, shared),
      capabilities: { ...capabilities, completes: false },
    },
  );
}
