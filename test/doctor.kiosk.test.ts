import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { filter, lastValueFrom, map, NEVER, timer } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { explain } from '../src/cli/command-error.js';
import type { Console } from '../src/cli/console.js';
import { doctor } from '../src/cli/doctor/doctor.js';
import type { AcousticFigures } from '../src/core/acoustics/acoustic-figures.js';
import { parseCalibration } from '../src/core/acoustics/calibration.js';
import { probeAcoustics } from '../src/core/acoustics/probe-acoustics.js';
import { monotonicScheduler } from '../src/devices/clock/index.js';
import { openDevices } from '../src/devices/index.js';
import { inEnvironment } from './support/audify-kiosk.js';
import { bestOf, kioskFor, until } from './virtual-kiosk/kiosk-test.js';
import { type KioskServer, kioskProblem } from './virtual-kiosk/problem.js';
import { applicationStreams } from './virtual-kiosk/streams.js';
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
    'have no drift, after a quarter of a minute',
    { timeout: 120_000 },
    async () => {
      const figures = await bestOf(
        // A machine that stands still moves the streams of a sound server, which looks like drift.
        3,
        async () => {
          const kiosk = await kioskFor({ echoDelayMs: 60, echoDb: -15 });
          const measured = await measure(kiosk, 15);
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

describe.skipIf(problems.get('pulseaudio') !== null)('earshot doctor, on a virtual kiosk', () => {
  const ways = ['--acoustics', '--seconds', '2', '--backend', 'process', '--api', 'pulse'];

  function listener(stop$: Console['stop$'] = NEVER): Console & { readonly printed: string[] } {
    const printed: string[] = [];
    const print = (text: string): unknown => printed.push(text);
    return { printed, print, printWords: print, endWords() {}, say: print, isTerminal: false, stop$ };
  }

  async function examined<T>(kiosk: VirtualKiosk, work: () => Promise<T>): Promise<T> {
    const leave = inEnvironment(kiosk.env);
    try {
      return await work();
    } finally {
      leave();
    }
  }

  it('tells figures and judgements, and writes a calibration that can be read', async () => {
    const kiosk = await kioskFor({ echoDelayMs: 80, echoDb: -18 });
    const path = join(kiosk.folder, 'room.json');
    const console = listener();
    const date = new Date('2026-03-01T12:00:00Z');
    const code = await examined(kiosk, () =>
      doctor([...ways, '--write', path], console, { now: () => date }),
    );

    const printed = console.printed.join('');
    expect(printed).toMatch(/(good|fair) {2}echo +the echo is 1\d\.\d dB below what is played/);
    // A busy machine makes delays move, which is bad indeed.
    expect(code).toBe(printed.includes('\nbad: ') ? 1 : 0);
    expect(printed).toMatch(/loudspeaker: open, .*\nchirps for 6 s; keep quiet\n/);
    const { measuredAt, devices, figures } = parseCalibration(readFileSync(path, 'utf8'));
    expect([measuredAt, devices]).toEqual([date.toISOString(), { capture: 'default', playout: 'default' }]);
    expect(Math.abs(figures.delayMs - 80)).toBeLessThan(10);
    expect(Math.abs(figures.returnLossDb - 18)).toBeLessThan(1.5);
  });

  it('says so where there is no echo at all, and writes nothing', async () => {
    const kiosk = await kioskFor({ echoDb: -Infinity });
    const path = join(kiosk.folder, 'room.json');
    const console = listener();
    const code = await examined(kiosk, () => doctor([...ways, '--json', '--write', path], console));

    expect(code).toBe(1);
    expect(JSON.parse(console.printed[0] ?? '')).toMatchObject({
      ok: false,
      figures: { heard: 0, delayMs: null },
      judgements: [
        { finding: 'nothing of the chirp was heard: the microphone delivers digital silence' },
        {},
      ],
    });
    expect(() => readFileSync(path)).toThrow(/ENOENT/);
  });

  it('closes both devices when it is told to stop', async () => {
    const kiosk = await kioskFor({});
    const startedMs = performance.now();
    await examined(kiosk, () => doctor(ways, listener(timer(4000).pipe(map(() => 'signal' as const)))));
    expect(performance.now() - startedMs).toBeLessThan(6000);
    await until('nobody plays or captures', async () => {
      const streams = await Promise.all(
        (['playout', 'capture'] as const).map((direction) => applicationStreams(kiosk.pactl, direction)),
      );
      return streams.flat().length === 0;
    });
  });

  it('ends with 5 for a device that is not there', async () => {
    const kiosk = await kioskFor({});
    const refused = examined(kiosk, () => doctor([...ways, '--playout', 'alsa_output.usb-gone'], listener()));
    await expect(refused.catch(explain)).resolves.toMatchObject({ exitCode: 5 });
  });
});
