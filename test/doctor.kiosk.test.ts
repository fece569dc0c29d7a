import { filter, lastValueFrom, map } from 'rxjs';
import { describe, expect, it } from 'vitest';
import type { AcousticFigures } from '../src/core/acoustics/acoustic-figures.js';
import { probeAcoustics } from '../src/core/acoustics/probe-acoustics.js';
import { monotonicScheduler } from '../src/devices/clock/index.js';
import { openDevices } from '../src/devices/index.js';
import { bestOf, kioskFor } from './virtual-kiosk/kiosk-test.js';
import { type KioskServer, kioskProblem } from './virtual-kiosk/problem.js';
import type { VirtualKiosk, VirtualKioskOptions } from './virtual-kiosk/virtual-kiosk.js';

/** A stall of the machine can spoil one measurement, but not every one. */
const attempts = 3;

const setUps: readonly Pick<VirtualKioskOptions, 'server' | 'echoDelayMs' | 'echoDb'>[] = [
  { server: 'pulseaudio', echoDelayMs: 20, echoDb: -6 },
  { server: 'pulseaudio', echoDelayMs: 60, echoDb: -15 },
  { server: 'pulseaudio', echoDelayMs: 110, echoDb: -24 },
  { server: 'pulseaudio', echoDelayMs: 250, echoDb: -30 },
  { server: 'pipewire', echoDelayMs: 45, echoDb: -12 },
  { server: 'pipewire', echoDelayMs: 180, echoDb: -20 },
];

function measure(kiosk: VirtualKiosk, seconds: number): Promise<AcousticFigures> {
  const scheduler = monotonicScheduler();
  const devices = openDevices({
    scheduler,
    backend: 'process',
    api: 'pulse',
    env: kiosk.env,
    capture: { driftCorrection: 'off' },
  });
  return lastValueFrom(
    probeAcoustics({ ...devices, scheduler }, { seconds }).pipe(
      filter((event) => event.type === 'measured'),
      map(({ figures }) => figures),
    ),
  );
}

const problems = new Map<KioskServer, string | null>();
for (const server of ['pulseaudio', 'pipewire'] as const) {
  problems.set(server, kioskProblem(server));
  if (problems.get(server))
    console.warn(`the acoustics of a kiosk on ${server}: skipped, ${problems.get(server)}`);
}

describe('the acoustics of a virtual kiosk', () => {
  for (const setUp of setUps) {
    const { server, echoDelayMs, echoDb } = setUp;
    it.skipIf(problems.get(server) !== null)(
      `are what was set up: ${echoDelayMs} ms, ${echoDb} dB, on ${server}`,
      async () => {
        const isRight = ({ delayMs, returnLossDb }: AcousticFigures): boolean =>
          Math.abs((delayMs ?? Number.NaN) - echoDelayMs) < 5 &&
          Math.abs((returnLossDb ?? Number.NaN) + echoDb) < 1.5;
        const figures = await bestOf(
          attempts,
          async () => {
            const kiosk = await kioskFor(setUp);
            const measured = await measure(kiosk, 4);
            await kiosk.teardown();
            if (process.env['EARSHOT_SHOW_ACOUSTICS'] !== undefined) console.info(setUp, measured);
            return measured;
          },
          isRight,
        );

        expect(figures).toSatisfy(isRight);
        expect(figures.heard).toBeGreaterThanOrEqual(figures.chirps - 1);
        expect(figures.otherEchoesMs).toEqual([]);
        expect(figures.clippedShare).toBe(0);
      },
    );
  }

  it.skipIf(problems.get('pulseaudio') !== null)(
    'have no drift, after a minute',
    { timeout: 240_000 },
    async () => {
      const figures = await bestOf(
        2,
        async () => {
          const kiosk = await kioskFor({ echoDelayMs: 60, echoDb: -15 });
          const measured = await measure(kiosk, 60);
          await kiosk.teardown();
          if (process.env['EARSHOT_SHOW_ACOUSTICS'] !== undefined) console.info(measured);
          return measured;
        },
        ({ driftPpm }) => Math.abs(driftPpm ?? Number.NaN) < 10,
      );

      expect(Math.abs(figures.driftPpm ?? Number.NaN)).toBeLessThan(10);
    },
  );
});
