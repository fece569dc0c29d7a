import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { audifyKioskProblem, inEnvironment } from '../../../test/support/audify-kiosk.js';
import { createVirtualKiosk, type VirtualKiosk } from '../../../test/virtual-kiosk/virtual-kiosk.js';
import { describeAudioSourceContract, describeLoudspeakerContract } from '../../testing/index.js';
import { monotonicScheduler } from '../clock/index.js';
import { audifyLoudspeaker, audifyMicrophone } from './index.js';

const problem = audifyKioskProblem();

describe.skipIf(problem !== null)(
  `audify on a virtual kiosk${problem === null ? '' : ` (${problem})`}`,
  () => {
    let kiosk: VirtualKiosk;
    let leave: () => void;
    beforeAll(async () => {
      kiosk = await createVirtualKiosk();
      leave = inEnvironment(kiosk.env);
    });
    afterAll(async () => {
      leave();
      await kiosk.teardown();
    });

    const scheduler = monotonicScheduler();
    const time = { now: () => scheduler.now(), advance: (ms: number) => sleep(Math.ceil(ms)) };
    const patience = { openMs: 10_000, lossMs: 2000 };

    for (const api of ['pulse', 'alsa'] as const) {
      for (const hosted of [true, false]) {
        const name = `audify on ${api}, ${hosted ? 'hosted' : 'in process'}`;
        // In process the environment is this process's own. A server that is killed floods it, which is tried elsewhere.
        const options = { scheduler, api, hosted, openTimeoutMs: 10_000, ...(hosted && { lingerMs: 300 }) };
        const where = () => ({ ...options, ...(hosted && { env: kiosk.env }) });

        describeLoudspeakerContract(
          { describe, it, expect },
          {
            name: `the loudspeaker of ${name}`,
            setup: () => ({
              ...time,
              loudspeaker: audifyLoudspeaker({ ...where(), maxQueuedMs: 2000 }),
              vanish: () => kiosk.killServer(),
              comeBack: () => kiosk.restartServer(),
            }),
            capabilities: {
              ...patience,
              vanishes: hosted,
              maxQueuedMs: 2000,
              committedMs: api === 'pulse' ? 80 : 110,
            },
          },
        );

        describeAudioSourceContract(
          { describe, it, expect },
          {
            name: `the microphone of ${name}`,
            setup: () => ({
              ...time,
              source: audifyMicrophone(where()),
              vanish: () => kiosk.killServer(),
              comeBack: () => kiosk.restartServer(),
            }),
            capabilities: { ...patience, vanishes: hosted, completes: false },
            clockToleranceMs: 60,
          },
        );
      }
    }
  },
);
