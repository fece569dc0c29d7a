import type { Subscription } from 'rxjs';
import type { AudioFrame, PcmFormat } from '../../src/core/audio/audio-frame.js';
import {
  type StreamedLoudspeaker,
  streamedLoudspeaker,
} from '../../src/core/hardware/streamed-loudspeaker.js';
import type { StreamedLoudspeakerOptions } from '../../src/core/hardware/streamed-loudspeaker-options.js';
import type { AudioSink } from '../../src/core/ports/audio-sink.js';
import type { DeviceReport } from '../../src/core/ports/device-report.js';
import { framesOf, ramp } from '../../src/testing/signals.js';
import { createVirtualClock, type VirtualClock } from '../../src/testing/virtual-clock.js';
import { stallingScheduler } from './capture-device.js';
import { type PlayoutDevice, type PlayoutDeviceScript, playoutDevice } from './playout-device.js';

/** What stands on the desk. */
export interface DeskScript {
  readonly device?: Omit<PlayoutDeviceScript, 'scheduler' | 'delivery'>;
  readonly options?: Partial<StreamedLoudspeakerOptions>;
  /** @defaultValue 48 kHz, mono */
  readonly format?: PcmFormat;
  /** When the process stands still. Units: ms on the clock. */
  readonly stalls?: readonly (readonly [fromMs: number, untilMs: number])[];
}

/** A streamed loudspeaker over an imagined device, with everybody who listens to it. */
export interface Desk {
  readonly clock: VirtualClock;
  readonly device: PlayoutDevice;
  readonly loudspeaker: StreamedLoudspeaker;
  readonly reports: DeviceReport[];
  readonly rendered: AudioFrame[];
  /** How long after its own instant each frame was emitted. */
  readonly lateMs: number[];
  /** How openings, `rendered$` and so on ended. */
  readonly ends: string[];
  readonly sink: AudioSink;
  readonly opening: Subscription;
  /** Open once more. */
  open(): Subscription;
  /** Until there is a sink. */
  openNow(): AudioSink;
  /** A ramp of so many ms, beginning with the number that follows what was written last, or with `first`. */
  write(ms: number, first?: number): void;
  facts(): string[];
  /** Numbers of ramps that were rendered, in order. */
  renderedNumbers(): number[];
}

export const mono48 = { sampleRateHz: 48_000, channels: 1 } as const;

/** Nothing is open yet; `openNow` opens. */
export function desk({
  device: script = {},
  options = {},
  format = mono48,
  stalls = [],
}: DeskScript = {}): Desk {
  const clock = createVirtualClock();
  clock.run(1000);
  const scheduler = stalls.length > 0 ? stallingScheduler(clock.scheduler, stalls) : clock.scheduler;
  const device = playoutDevice({ scheduler: clock.scheduler, delivery: scheduler, format, ...script });
  const loudspeaker = streamedLoudspeaker({ driver: device.driver, format, scheduler, ...options });
  const reports: DeviceReport[] = [];
  loudspeaker.reports$.subscribe((report) => reports.push(report));
  const rendered: AudioFrame[] = [];
  const lateMs: number[] = [];
  const ends: string[] = [];
  let sink: AudioSink | undefined;
  let opening: Subscription | undefined;
  let next = 0;

  function open(): Subscription {
    opening = loudspeaker.openSink().subscribe({
      next(opened) {
        sink = opened;
        opened.rendered$.subscribe({
          next(frame) {
            rendered.push(frame);
            lateMs.push(clock.nowMs - frame.timestampMs);
          },
          error: (error) => ends.push(`rendered ${error.code}`),
          complete: () => ends.push('rendered completed'),
        });
      },
      error: (error) => ends.push(`opening ${error.message}`),
      complete: () => ends.push('opening completed'),
    });
    return opening;
  }

  const theSink = (): AudioSink => {
    if (!sink) throw new Error(`there is no sink: ${ends.join(', ')}`);
    return sink;
  };

  return {
    clock,
    device,
    loudspeaker,
    reports,
    rendered,
    lateMs,
    ends,
    get sink() {
      return theSink();
    },
    get opening() {
      return opening as Subscription;
    },
    open,
    openNow() {
      sink = undefined;
      open();
      for (let step = 0; step < 600 && !sink; step += 1) clock.advanceBy(5);
      return theSink();
    },
    write(ms, first = next) {
      const length = Math.round((ms * format.sampleRateHz) / 1000);
      next = first + length;
      // Numbers begin again before they run out.
      for (const frame of framesOf(ramp(length, first % 100_000), format, 10)) theSink().write(frame);
    },
    facts: () => reports.flatMap((report) => (report.type === 'fact' ? [report.fact] : [])),
    renderedNumbers: () =>
      rendered.flatMap(({ samples }) =>
        Array.from(samples)
          .filter((sample, index) => sample !== 0 && index % format.channels === 0)
          .map((sample) => Math.round(sample * 2 ** 17) - 1),
      ),
  };
}
