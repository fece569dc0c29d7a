import { setTimeout as sleep } from 'node:timers/promises';
import { Subscription } from 'rxjs';
import { monotonicScheduler } from '../../../src/devices/clock/index.js';
import type { AudioSink, Loudspeaker } from '../../../src/index.js';
import type { KioskServer } from '../../virtual-kiosk/problem.js';
import { kioskDevices, periodMs } from '../../virtual-kiosk/room.js';
import { createVirtualKiosk } from '../../virtual-kiosk/virtual-kiosk.js';
import type { Way } from '../ways.js';
import { createCountedReader } from './counted-audio.js';
import { type HeardTrial, type JudgedClaim, judgeTrials } from './judge-trials.js';
import { listen } from './listen.js';
import { longestStallMs, type Stall, watchStalls } from './machine-stalls.js';
import { playTrials, type Trial } from './play-trials.js';

/** One trial and what was claimed meanwhile. */
export interface MeasuredTrial extends HeardTrial {
  readonly claims: readonly JudgedClaim[];
  /**
   * The machine let programs wait, or a recorder; or the recording has a gap, because the device ran dry, which it takes a second to get
   * over: what was measured tells of that.
   */
  readonly isDisturbed: boolean;
}

/** Everything that one opening of a loudspeaker showed. */
export interface MeasuredPlayout {
  readonly trials: readonly MeasuredTrial[];
  /** Sounds that nothing can have made that was done. */
  readonly strangers: number;
}

const rateHz = 48_000;
/** How long a stall, or the lateness of a recording, has to be to count. Units: ms. Devices are kept 40 ms ahead, servers 20. */
const stallMs = 8;
const latenessMs = 12;
/** A stall shows for so long. Units: ms. */
const stallShowsMs = 300;
/** Where a device ran dry and nobody says so, its clock takes this long to find out. Units: ms. */
const gapShowsMs = 1000;

/** Twelve hard flushes, five soft ones, two ends: with something written in the same breath or after a rest, after play of any length. */
export function usualTrials(): readonly Trial[] {
  const hard = Array.from(
    { length: 12 },
    (_, i): Trial => ({
      endsBy: 'hard',
      playMs: 110 + ((i * 37) % 70),
      restMs: i % 2 ? 0 : 50 + ((i * 23) % 50),
    }),
  );
  const soft = Array.from(
    { length: 5 },
    (_, i): Trial => ({ endsBy: 'soft', playMs: 110 + ((i * 37) % 70), restMs: i % 2 ? 90 : 0 }),
  );
  const end: Trial = { endsBy: 'end', playMs: 120, restMs: 110 };
  return [end, ...hard, ...soft, end];
}

/** Plays on a fresh kiosk and compares it with the recording of what the loudspeaker played. */
export async function measurePlayout(way: Way, server: KioskServer): Promise<MeasuredPlayout> {
  const kiosk = await createVirtualKiosk({ server });
  const before = { ...process.env };
  if (way.inProcess) Object.assign(process.env, kiosk.env);
  const opened = new Subscription();
  const stalls = watchStalls();
  try {
    const reader = createCountedReader();
    const recorder = await listen({
      env: kiosk.env,
      source: kioskDevices.monitor,
      rateHz,
      channels: 2,
      aheadMs: periodMs(server, rateHz),
      hear: reader.push,
    });
    const sink = await open(way.loudspeaker({ env: kiosk.env, scheduler: monotonicScheduler() }), opened);
    const { played, claims } = await playTrials(sink, usualTrials());
    // What is still under way, and enough behind it for the time line.
    await sleep(300);
    opened.unsubscribe();
    await recorder.stop();
    await stalls.stop();
    const line = recorder.timeLine();
    const judged = judgeTrials(played, claims, reader.runs, line, rateHz);
    const late = (fromMs: number, toMs: number): boolean => line.latenessMs(fromMs, toMs) > latenessMs;
    return {
      strangers: judged.strangers.length,
      trials: markDisturbed(judged.trials, stalls.stalls, late).map((trial, i) => ({
        ...trial,
        claims: judged.claims.filter((claim) => claim.trial === i),
      })),
    };
  } finally {
    opened.unsubscribe();
    await stalls.stop();
    for (const name of Object.keys(kiosk.env)) delete process.env[name];
    Object.assign(process.env, before);
    await kiosk.teardown();
  }
}

function open(loudspeaker: Loudspeaker, opened: Subscription): Promise<AudioSink> {
  return new Promise((resolve, reject) => {
    opened.add(loudspeaker.openSink().subscribe({ next: resolve, error: reject }));
  });
}

function markDisturbed(
  trials: readonly HeardTrial[],
  stalls: readonly Stall[],
  isLate: (fromMs: number, toMs: number) => boolean,
): readonly Omit<MeasuredTrial, 'claims'>[] {
  let untilMs = -Infinity;
  return trials.map((trial) => {
    const { writtenAtMs, overAtMs } = trial.played;
    const fromMs = writtenAtMs - stallShowsMs;
    const isStalled = longestStallMs(stalls, fromMs, overAtMs) > stallMs || isLate(fromMs, overAtMs);
    if (trial.gaps > 0) untilMs = overAtMs + gapShowsMs;
    return { ...trial, isDisturbed: isStalled || writtenAtMs < untilMs };
  });
}
