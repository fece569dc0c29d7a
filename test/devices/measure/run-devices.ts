import { setTimeout as sleep } from 'node:timers/promises';
import { Subscription } from 'rxjs';
import { monotonicScheduler } from '../../../src/devices/clock/index.js';
import { type OpenDevicesOptions, openDevices } from '../../../src/devices/index.js';
import { type AudioSink, audioFrame, type DeviceReport } from '../../../src/index.js';
import type { Edge } from './compare-edges.js';
import { countedAudio, countedPeriod } from './counted-audio.js';
import { createEdgeFinder } from './edges.js';
import type { LongRunEvent } from './long-run-events.js';

/** A loudspeaker that plays counted audio and a microphone that captures, at once. Times are ms of `performance.now()`. */
export interface RunningDevices {
  /** Where edges of the audio lie by what the devices say. */
  readonly renderedMs: readonly number[];
  readonly captured: readonly Edge[];
  readonly capturedFrames: number;
  readonly silentSamples: number;
  /** How often a device told each fact. */
  readonly facts: Readonly<Record<string, number>>;
  readonly told: readonly LongRunEvent[];
  /** The latest that was measured. Units: parts per million. */
  readonly driftPpm: { readonly playout: number | null; readonly capture: number | null };
  /** Play until then. Rejects when a device fails. */
  playUntil(ms: number): Promise<void>;
  close(): void;
}

/** Kept written ahead, in pieces. Units: ms. */
const aheadMs = 300;
const pieceMs = 50;
/** For the first sound of the microphone. Units: ms. */
const openTimeoutMs = 10_000;
/** Starting the programs or hosts of both devices is work that a machine of two cores notices for so long. Units: ms. */
const settlingMs = 1000;

/** Resolves when both devices are open, nothing was played yet and what they told on the way is forgotten. */
export async function runDevices(
  options: Partial<OpenDevicesOptions>,
  rateHz: number,
  gain: number,
): Promise<RunningDevices> {
  const running = new Subscription();
  const scheduler = { ...monotonicScheduler(), now: () => performance.now() };
  const { loudspeaker, microphone } = openDevices({ ...options, scheduler });
  const facts: Record<string, number> = {};
  const told: LongRunEvent[] = [];
  const driftPpm: { playout: number | null; capture: number | null } = { playout: null, capture: null };
  const note = (device: keyof typeof driftPpm) => (report: DeviceReport) => {
    if (report.type === 'measured') {
      driftPpm[device] = report.driftPpm;
      return;
    }
    const { fact, count, detail } = report;
    facts[fact] = (facts[fact] ?? 0) + count;
    told.push({ kind: 'fact', atMs: performance.now(), what: `${fact}: ${detail}` });
  };
  let failure: unknown;
  const failed = (error: unknown): void => {
    failure ??= error;
  };
  const renderedMs: number[] = [];
  const captured: Edge[] = [];
  const renderedFinder = createEdgeFinder(1);
  const capturedFinder = createEdgeFinder(gain);
  let capturedFrames = 0;
  let sink: AudioSink | undefined;
  let written = 0;

  running.add(loudspeaker.reports$?.subscribe(note('playout')));
  running.add(microphone.reports$?.subscribe(note('capture')));
  running.add(
    loudspeaker.openSink().subscribe({
      next(opened) {
        sink = opened;
        opened.rendered$.subscribe({
          next({ samples, timestampMs }) {
            for (const at of renderedFinder.push(samples))
              renderedMs.push(timestampMs + (at * 1000) / rateHz);
          },
          error: failed,
        });
      },
      error: failed,
    }),
  );
  running.add(
    microphone.capture().subscribe({
      next({ samples, timestampMs }) {
        for (const at of capturedFinder.push(samples)) {
          captured.push({ ms: timestampMs + (at * 1000) / rateHz, frame: capturedFrames + at });
        }
        capturedFrames += samples.length;
      },
      error: failed,
    }),
  );

  async function opened(): Promise<AudioSink> {
    const untilMs = performance.now() + openTimeoutMs;
    while (!sink || capturedFrames === 0) {
      if (failure) throw failure;
      if (performance.now() > untilMs) throw new Error(`the devices were not open in ${openTimeoutMs} ms`);
      await sleep(pieceMs);
    }
    await sleep(settlingMs);
    for (const name of Object.keys(facts)) delete facts[name];
    told.length = 0;
    return sink;
  }

  try {
    const open = await opened();
    return {
      renderedMs,
      captured,
      get capturedFrames() {
        return capturedFrames;
      },
      get silentSamples() {
        return capturedFinder.silentSamples;
      },
      facts,
      told,
      driftPpm,
      async playUntil(ms) {
        while (performance.now() < ms) {
          if (failure) throw failure;
          while (open.position().queuedMs < aheadMs) {
            const count = (pieceMs * rateHz) / 1000;
            open.write(audioFrame(open.format, countedAudio(written % countedPeriod, count, 0), 0));
            written += count;
          }
          await sleep(pieceMs / 2);
        }
      },
      close: () => running.unsubscribe(),
    };
  } catch (error) {
    running.unsubscribe();
    throw error;
  }
}
