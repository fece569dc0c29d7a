import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import type { KioskServer } from '../../virtual-kiosk/problem.js';
import { createVirtualKiosk } from '../../virtual-kiosk/virtual-kiosk.js';
import { grownMb, resourceUsage } from '../resource-usage.js';
import { compareEdges, type EchoFigures } from './compare-edges.js';
import { countedPeriod } from './counted-audio.js';
import { type LongRunEvent, stallEvents, unexplained } from './long-run-events.js';
import { watchStalls } from './machine-stalls.js';
import { observeRoom } from './observe-room.js';
import { type RunningDevices, runDevices } from './run-devices.js';

/** Which devices, on which server, and for how long. */
export interface LongRunOptions {
  readonly server: KioskServer;
  readonly backend: 'process' | 'audify';
  readonly api: 'pulse' | 'alsa';
  readonly durationMs: number;
}

/** What a long run showed. */
export interface LongRunFigures extends Pick<RunningDevices, 'facts' | 'driftPpm'> {
  /** By the recording of the loudspeaker, and by what was captured meanwhile. Units: ms of audio. */
  readonly playedMs: number;
  readonly capturedMs: number;
  readonly echo: EchoFigures;
  /** Samples that were silence, where the loudspeaker has an echo: of what was captured, and of the recording of the microphone. */
  readonly silentSamples: { readonly captured: number; readonly recorded: number };
  readonly events: readonly LongRunEvent[];
  /** Those that no stall of the machine explains. */
  readonly unexplained: readonly LongRunEvent[];
  /** Of this process, which also measures, and of those that devices started. Units: MB; share of one core. */
  readonly memoryMb: { readonly start: number; readonly end: number; readonly grown: number };
  readonly cpu: { readonly start: number; readonly end: number };
  /** How late timers of this process came. Units: ms. */
  readonly lagMs: { readonly p50: number; readonly p99: number; readonly max: number };
  /** How often, and how long at most, the machine let a thread wait that had nothing to do but to wake. */
  readonly stalls: { readonly count: number; readonly longestMs: number };
}

const rateHz = 48_000;
const echoDelayMs = 60;
const echoDb = -15;
/** Of the time, before programs have warmed up; and over which their share of a core is measured. */
const tenth = 0.1;
/** Timers are looked at this often. Units: ms. */
const lagEveryMs = 5;
/** What was played last is heard, and recorders know when. Units: ms. */
const afterMs = 1200;

/** Plays and captures at once through `openDevices`, and compares with recordings of the loudspeaker and the microphone. */
export async function longRun({ server, backend, api, durationMs }: LongRunOptions): Promise<LongRunFigures> {
  const kiosk = await createVirtualKiosk({ server, echoDelayMs, echoDb, rateHz });
  const stalls = watchStalls();
  let devices: RunningDevices | undefined;
  try {
    const gain = 10 ** (echoDb / 20);
    const room = await observeRoom(kiosk, gain);
    const running = await runDevices({ backend, api, env: kiosk.env }, rateHz, gain);
    devices = running;
    const weigh = async () => {
      const before = resourceUsage();
      const fromMs = performance.now();
      await running.playUntil(fromMs + durationMs * tenth);
      const after = resourceUsage();
      return { usage: after, cpu: (after.cpuMs - before.cpuMs) / (performance.now() - fromMs) };
    };

    const lag = monitorEventLoopDelay({ resolution: lagEveryMs });
    const startMs = performance.now();
    const captured = running.capturedFrames;
    await running.playUntil(startMs + durationMs * tenth);
    lag.enable();
    const first = await weigh();
    await running.playUntil(startMs + durationMs * (1 - tenth));
    const last = await weigh();
    lag.disable();
    const endMs = performance.now();
    const silentSamples = { captured: running.silentSamples, recorded: room.silentSamples };
    const capturedMs = ((running.capturedFrames - captured) * 1000) / rateHz;
    await sleep(afterMs);
    running.close();
    const seen = await room.stop();
    await stalls.stop();

    const events = [...running.told, ...seen.gaps, ...stallEvents(stalls.stalls)]
      .map((event) => ({ ...event, atMs: event.atMs - startMs }))
      .sort((a, b) => a.atMs - b.atMs);
    return {
      playedMs: seen.playedForMs,
      capturedMs,
      echo: compareEdges({
        ...seen,
        ...running,
        echoDelayMs,
        periodMs: (countedPeriod * 1000) / rateHz,
        perMs: rateHz / 1000,
        fromMs: startMs + durationMs * tenth,
        toMs: endMs,
      }),
      silentSamples,
      facts: running.facts,
      events,
      unexplained: unexplained(events),
      driftPpm: running.driftPpm,
      memoryMb: {
        start: first.usage.ownMb,
        end: last.usage.ownMb,
        grown: grownMb(first.usage, last.usage),
      },
      cpu: { start: first.cpu, end: last.cpu },
      lagMs: {
        p50: lag.percentile(50) / 1e6 - lagEveryMs,
        p99: lag.percentile(99) / 1e6 - lagEveryMs,
        max: lag.max / 1e6 - lagEveryMs,
      },
      stalls: {
        count: stalls.stalls.length,
        longestMs: stalls.stalls.reduce((most, { fromMs, toMs }) => Math.max(most, toMs - fromMs), 0),
      },
    };
  } finally {
    devices?.close();
    await stalls.stop();
    await kiosk.teardown();
  }
}
