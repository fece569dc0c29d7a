import { Observable, type SchedulerLike, type Subscriber } from 'rxjs';
import type { PcmFormat } from '../../src/core/audio/audio-frame.js';
import { DeviceError } from '../../src/core/errors.js';
import type { PlayoutDriver, PlayoutDriverReport } from '../../src/core/hardware/playout-driver.js';

/** How an imagined loudspeaker behaves. Times are milliseconds on the scheduler's clock. */
export interface PlayoutDeviceScript {
  /** The world's: the device does not stand still when the process does. */
  readonly scheduler: SchedulerLike;
  /** The process's: when what the device tells is delivered. @defaultValue the world's */
  readonly delivery?: SchedulerLike;
  /** @defaultValue 48 kHz, mono */
  readonly format?: PcmFormat;
  /** How much faster than nominal its clock runs. @defaultValue 0 */
  readonly ppm?: number;
  /** What the driver asks for. @defaultValue 20 */
  readonly leadMs?: number;
  /** How much is still heard of a stream that is released, and how much of that the driver tells of. @defaultValue 0 */
  readonly tailMs?: number;
  /** From being subscribed to being open; 0 is in the same breath. @defaultValue 0 */
  readonly openMs?: number;
  /** From the first samples to their being audible. @defaultValue 12 */
  readonly startMs?: (opening: number) => number;
  /** @defaultValue 50 */
  readonly reportEveryMs?: number;
  /** By how much a report is low. @defaultValue 0 */
  readonly lowMs?: () => number;
  /** Reports count whole periods. @defaultValue 0: frames */
  readonly grainMs?: number;
  /** What is further ahead of what is audible than this can be taken back. @defaultValue Infinity: nothing can */
  readonly reachMs?: number;
  /** Why it cannot be opened this time; counted from 1. @defaultValue it can */
  readonly openError?: (opening: number) => unknown;
  /** @defaultValue true */
  readonly tellsXruns?: boolean;
  /** Without a stream for so long it sleeps, and swallows what comes first after that. @defaultValue never */
  readonly sleeps?: { readonly afterMs: number; readonly swallowsMs: number };
}

/** An imagined loudspeaker on somebody's desk. */
export interface PlayoutDevice {
  readonly driver: PlayoutDriver;
  readonly openings: number;
  readonly isOpen: boolean;
  /** Times that it ran dry. */
  readonly xruns: number;
  /** Sample frames that are not silent, and that were audible by now. */
  heardFrames(): number;
  /** When each number of a ramp was audible first. */
  readonly audibleMs: ReadonlyMap<number, number>;
  /** Every sample frame that is not silent, in the order of being audible, as numbers of a ramp. */
  readonly audible: readonly number[];
  /** Everything that was audible since it was opened, silence left out, first channel; and other channels than the first that differ. */
  readonly unequalChannels: number;
  /** How much is with the device ahead of what is audible. */
  aheadMs(): number;
  /** Stand still from now on, or go on. */
  suspend(): void;
  resume(): void;
  /** Stand still for a while without saying so, then go on where it was. */
  hiccup(ms: number): void;
  /** Play into the void as fast as it can. */
  flood(): void;
  /** Reports that were told while flooding. */
  readonly flooded: number;
  vanish(error?: unknown): void;
  comeBack(): void;
  complete(): void;
  tell(report: PlayoutDriverReport): void;
}

interface Stream {
  readonly subscriber: Subscriber<PlayoutDriverReport>;
  readonly opening: number;
  blocks: { start: number; readonly samples: Float32Array }[];
  written: number;
  played: number;
  /** When it goes on; Infinity when nothing was written yet. */
  fromMs: number;
  isDry: boolean;
  swallow: number;
}

/** A loudspeaker with a clock of its own that keeps the rules of a driver, and knows what was audible when. */
export function playoutDevice(script: PlayoutDeviceScript): PlayoutDevice {
  const { scheduler, delivery = scheduler, format = { sampleRateHz: 48_000, channels: 1 }, ppm = 0 } = script;
  const {
    leadMs = 20,
    tailMs = 0,
    openMs = 0,
    startMs = () => 12,
    reportEveryMs = 50,
    lowMs = () => 0,
  } = script;
  const { grainMs = 0, reachMs = Infinity, openError = () => undefined, tellsXruns = true, sleeps } = script;
  const perMs = (format.sampleRateHz / 1000) * (1 + ppm * 1e-6);
  const nominalPerMs = format.sampleRateHz / 1000;
  const label = 'the loudspeaker "imagined"';
  const audibleMs = new Map<number, number>();
  const audible: number[] = [];
  let openings = 0;
  let xruns = 0;
  let heard = 0;
  let unequalChannels = 0;
  let current: Stream | undefined;
  let flooded = 0;
  let isGone = false;
  let isSuspended = false;
  let isFlooding = false;
  let closedAtMs = Number.NEGATIVE_INFINITY;
  let isAwake = false;

  /** Let the samples up to this one be heard; the first of them at `ms`. */
  function play(stream: Stream, until: number, ms: number): void {
    const from = stream.played;
    while (stream.blocks.length > 0) {
      const block = stream.blocks[0] as (typeof stream.blocks)[number];
      const frames = block.samples.length / format.channels;
      const first = Math.max(Math.ceil(from), block.start);
      for (let frame = first; frame < Math.min(until, block.start + frames); frame += 1) {
        const at = (frame - block.start) * format.channels;
        const sample = block.samples[at] as number;
        for (let channel = 1; channel < format.channels; channel += 1) {
          if (block.samples[at + channel] !== sample) unequalChannels += 1;
        }
        if (sample === 0 || frame < stream.swallow) continue;
        heard += 1;
        const number = Math.round(sample * 2 ** 17) - 1;
        audible.push(number);
        if (!audibleMs.has(number)) audibleMs.set(number, ms + (frame - from) / perMs);
      }
      if (block.start + frames > until) break;
      stream.blocks.shift();
    }
    stream.played = until;
  }

  function catchUp(stream: Stream): void {
    const nowMs = scheduler.now();
    if (isSuspended || nowMs <= stream.fromMs) return;
    const until = stream.played + (nowMs - stream.fromMs) * perMs;
    play(stream, Math.min(until, stream.written), stream.fromMs);
    stream.fromMs = nowMs;
    if (until <= stream.written || stream.isDry) return;
    stream.isDry = true;
    xruns += 1;
    if (tellsXruns) deliver(stream, () => ({ type: 'xrun', detail: 'underrun' }));
  }

  function deliver(stream: Stream, report: () => PlayoutDriverReport): void {
    stream.subscriber.add(
      delivery.schedule(() => {
        if (!stream.subscriber.closed) stream.subscriber.next(report());
      }, 0),
    );
  }

  function tellPosition(stream: Stream): void {
    catchUp(stream);
    const low = Math.max(0, stream.played - lowMs() * perMs);
    const grain = grainMs * nominalPerMs;
    const playedFrames = grain > 0 ? Math.floor(low / grain) * grain : Math.floor(low);
    deliver(stream, () => ({ type: 'position', atMs: delivery.now(), playedFrames }));
  }

  function runOpen(stream: Stream): void {
    const { subscriber } = stream;
    subscriber.next({
      type: 'opened',
      stream: {
        format,
        leadMs,
        ...(tailMs > 0 && { tailMs }),
        write(samples) {
          if (subscriber.closed) throw new Error('written after it was released');
          if (samples.some((sample) => !(sample >= -1 && sample <= 1))) throw new Error('not clipped');
          catchUp(stream);
          if (stream.fromMs === Infinity) stream.fromMs = scheduler.now() + startMs(stream.opening);
          if (stream.isDry) stream.fromMs = scheduler.now();
          stream.isDry = false;
          stream.blocks.push({ start: stream.written, samples });
          stream.written += samples.length / format.channels;
        },
        recall() {
          catchUp(stream);
          const kept = Math.min(stream.written, Math.ceil(stream.played + reachMs * perMs));
          const recalled = stream.written - kept;
          if (!(recalled > 0)) return 0;
          stream.written = kept;
          stream.blocks = stream.blocks.flatMap(({ start, samples }) => {
            const part = samples.subarray(0, Math.max(0, kept - start) * format.channels);
            return part.length > 0 ? [{ start, samples: part }] : [];
          });
          return recalled;
        },
      },
    });
    subscriber.add(
      scheduler.schedule(function () {
        if (isFlooding) return;
        tellPosition(stream);
        if (!subscriber.closed) this.schedule(undefined, reportEveryMs);
      }, reportEveryMs),
    );
  }

  const driver: PlayoutDriver = {
    label,
    open: () =>
      new Observable((subscriber) => {
        if (isGone) {
          const message = `${label} is not there; plug it in`;
          subscriber.error(new DeviceError('DEVICE_NOT_FOUND', message, { retryable: true }));
          return;
        }
        if (current) {
          subscriber.error(
            new DeviceError('DEVICE_BUSY', `${label} is held by its own driver; release it first`),
          );
          return;
        }
        openings += 1;
        const error = openError(openings);
        if (error) {
          subscriber.error(error);
          return;
        }
        const hasSlept = sleeps && (!isAwake || scheduler.now() - closedAtMs >= sleeps.afterMs);
        isAwake = true;
        const stream: Stream = {
          subscriber,
          opening: openings,
          blocks: [],
          written: 0,
          played: 0,
          fromMs: Infinity,
          isDry: false,
          swallow: hasSlept ? sleeps.swallowsMs * nominalPerMs : 0,
        };
        current = stream;
        subscriber.add(() => {
          catchUp(stream);
          if (!isSuspended && stream.fromMs <= scheduler.now()) {
            play(stream, Math.min(stream.played + tailMs * perMs, stream.written), scheduler.now());
          }
          current = undefined;
          closedAtMs = scheduler.now();
        });
        if (openMs === 0) runOpen(stream);
        else subscriber.add(delivery.schedule(() => runOpen(stream), openMs));
      }),
  };

  return {
    driver,
    audibleMs,
    audible,
    get openings() {
      return openings;
    },
    get isOpen() {
      return current !== undefined;
    },
    get xruns() {
      return xruns;
    },
    get unequalChannels() {
      return unequalChannels;
    },
    get flooded() {
      return flooded;
    },
    heardFrames() {
      if (current) catchUp(current);
      return heard;
    },
    aheadMs() {
      if (!current) return 0;
      catchUp(current);
      return (current.written - current.played) / perMs;
    },
    suspend() {
      if (current) catchUp(current);
      isSuspended = true;
    },
    resume() {
      if (current && current.fromMs !== Infinity) current.fromMs = scheduler.now();
      isSuspended = false;
    },
    hiccup(ms) {
      if (!current) return;
      catchUp(current);
      current.fromMs = Math.max(current.fromMs, scheduler.now()) + ms;
    },
    flood() {
      const stream = current;
      if (!stream) return;
      catchUp(stream);
      isFlooding = true;
      let { played } = stream;
      stream.subscriber.add(
        delivery.schedule(function () {
          // Some 40 times real time, in many reports.
          for (let i = 0; i < 200 && !stream.subscriber.closed; i += 1) {
            played += nominalPerMs / 5;
            flooded += 1;
            stream.subscriber.next({
              type: 'position',
              atMs: delivery.now(),
              playedFrames: Math.floor(played),
            });
          }
          if (!stream.subscriber.closed) this.schedule(undefined, 1);
        }, 1),
      );
    },
    vanish(error) {
      isGone = true;
      current?.subscriber.error(
        error ?? new DeviceError('DEVICE_LOST', `${label} was unplugged; plug it in`, { retryable: true }),
      );
    },
    comeBack() {
      isGone = false;
    },
    complete: () => current?.subscriber.complete(),
    tell: (report) => current?.subscriber.next(report),
  };
}
