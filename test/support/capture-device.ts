import { Observable, type SchedulerAction, type SchedulerLike, type Subscriber, Subscription } from 'rxjs';
import type { PcmFormat } from '../../src/core/audio/audio-frame.js';
import { DeviceError } from '../../src/core/errors.js';
import type { CaptureDriver, CaptureDriverReport } from '../../src/core/hardware/capture-driver.js';

/** How an imagined microphone behaves. Times are milliseconds on the scheduler's clock. */
export interface CaptureDeviceScript {
  readonly scheduler: SchedulerLike;
  /** @defaultValue 48 kHz, mono */
  readonly format?: PcmFormat;
  /** How much faster than nominal its clock runs. @defaultValue 0 */
  readonly ppm?: number;
  /** What is heard by the sample with this number, counted since time 0. @defaultValue silence */
  readonly signal?: (index: number, channel: number) => number;
  /** Sizes of the blocks, in turn. @defaultValue 10 ms */
  readonly blockFrames?: readonly number[];
  /** How long after its last sample a block is delivered; blocks never overtake each other. @defaultValue 0 */
  readonly latencyMs?: (block: number) => number;
  /** What is captured in these times is never delivered. */
  readonly lost?: readonly (readonly [fromMs: number, untilMs: number])[];
  /** In these times nothing is delivered, nor captured later: it stands still. */
  readonly silentFromMs?: number;
}

/** An imagined microphone in somebody's hand. */
export interface CaptureDevice {
  readonly driver: CaptureDriver;
  /** How often it was opened. */
  readonly openings: number;
  readonly isOpen: boolean;
  /** When the sample with this number was captured, in truth. */
  msOf(index: number): number;
  /** Let the open driver tell something, now. */
  tell(report: CaptureDriverReport): void;
  vanish(error?: unknown): void;
  comeBack(): void;
  complete(): void;
}

/** A microphone with a clock of its own that keeps the rules of a driver. */
export function captureDevice(script: CaptureDeviceScript): CaptureDevice {
  const { scheduler, format = { sampleRateHz: 48_000, channels: 1 }, ppm = 0, signal = () => 0 } = script;
  const { blockFrames = [format.sampleRateHz / 100], latencyMs = () => 0, lost = [] } = script;
  const perMs = (format.sampleRateHz / 1000) * (1 + ppm * 1e-6);
  const label = 'the microphone "imagined"';
  let openings = 0;
  let current: Subscriber<CaptureDriverReport> | undefined;
  let isGone = false;

  const isLost = (index: number): boolean => {
    const ms = index / perMs;
    return lost.some(([fromMs, untilMs]) => ms >= fromMs && ms < untilMs);
  };

  function block(from: number, frames: number): Float32Array {
    const samples: number[] = [];
    for (let index = from; index < from + frames; index++) {
      if (lost.length > 0 && isLost(index)) continue;
      for (let channel = 0; channel < format.channels; channel++) samples.push(signal(index, channel));
    }
    return Float32Array.from(samples);
  }

  function run(subscriber: Subscriber<CaptureDriverReport>): Subscription {
    const timers = new Subscription();
    let next = Math.ceil(scheduler.now() * perMs);
    let blocks = 0;
    let arrivalMs = 0;
    const capture = (): void => {
      const frames = blockFrames[blocks % blockFrames.length] as number;
      const from = next;
      next += frames;
      const completeMs = next / perMs;
      arrivalMs = Math.max(arrivalMs, completeMs + latencyMs(blocks++));
      if (completeMs > (script.silentFromMs ?? Number.POSITIVE_INFINITY)) return;
      timers.add(
        scheduler.schedule(
          () => {
            const samples = block(from, frames);
            if (samples.length > 0) subscriber.next({ type: 'block', samples, atMs: scheduler.now() });
            if (!subscriber.closed) capture();
          },
          Math.max(0, arrivalMs - scheduler.now()),
        ),
      );
    };
    subscriber.next({ type: 'opened', format });
    if (!subscriber.closed) capture();
    return timers;
  }

  const driver: CaptureDriver = {
    label,
    open: () =>
      new Observable((subscriber) => {
        if (isGone) {
          subscriber.error(
            new DeviceError('DEVICE_NOT_FOUND', `${label} is not there; plug it in`, { retryable: true }),
          );
          return;
        }
        if (current) {
          subscriber.error(
            new DeviceError('DEVICE_BUSY', `${label} is held by its own driver; release it first`),
          );
          return;
        }
        openings += 1;
        current = subscriber;
        subscriber.add(() => {
          current = undefined;
        });
        subscriber.add(run(subscriber));
      }),
  };

  return {
    driver,
    get openings() {
      return openings;
    },
    get isOpen() {
      return current !== undefined;
    },
    msOf: (index) => index / perMs,
    tell: (report) => current?.next(report),
    vanish(error) {
      isGone = true;
      current?.error(
        error ?? new DeviceError('DEVICE_LOST', `${label} was unplugged; plug it in`, { retryable: true }),
      );
    },
    comeBack() {
      isGone = false;
    },
    complete: () => current?.complete(),
  };
}

/**
 * A scheduler of a process that stands still now and then: what is due meanwhile runs at the end of it.
 *
 * @param stalls - Units: ms on the clock of the scheduler.
 */
export function stallingScheduler(
  inner: SchedulerLike,
  stalls: readonly (readonly [fromMs: number, untilMs: number])[],
): SchedulerLike {
  const stretched = (delayMs: number): number => {
    const nowMs = inner.now();
    const dueMs = nowMs + delayMs;
    const stall = stalls.find(([fromMs, untilMs]) => dueMs >= fromMs && dueMs < untilMs);
    return stall ? stall[1] - nowMs : delayMs;
  };
  return {
    now: () => inner.now(),
    schedule<T>(work: (this: SchedulerAction<T>, state?: T) => void, delay = 0, state?: T): Subscription {
      let isWrapped = false;
      return inner.schedule<T>(
        function (given?: T) {
          if (!isWrapped) {
            const again = this.schedule.bind(this);
            this.schedule = (nextState, nextDelay = 0) => again(nextState, stretched(nextDelay));
            isWrapped = true;
          }
          work.call(this, given);
        },
        stretched(delay),
        state,
      );
    },
  };
}

/** Numbers in [0, 1) that are the same on every machine. */
export function randomNumbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) | 0;
    return (state >>> 0) / 2 ** 32;
  };
}
