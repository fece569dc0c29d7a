import { defer, map, merge, type Observable, Subject, Subscription, take, throwError } from 'rxjs';
import { type AudioFrame, audioFrame, type PcmFormat } from '../audio/audio-frame.js';
import { createSampleQueue } from '../audio/sample-queue.js';
import type { DeviceError } from '../errors.js';
import { numberIn, resolveOptions } from '../options.js';
import type { AudioSink, PlayoutPosition } from '../ports/audio-sink.js';
import { requirePcmFormat, requireTimeBase } from './checks.js';
import { clipInPlace } from './clip.js';
import { closedError, lostError, refuseOtherFormat } from './device-errors.js';
import { sameInstantMs, type TimeBase } from './time-base.js';

/** What a paced sink is made of. @public */
export interface PacedSinkOptions {
  /** The layout it takes. */
  readonly format: PcmFormat;
  readonly timeBase: TimeBase;
  /**
   * Bound of the queue. What does not fit is not taken, and counted in `droppedMs`. Units: milliseconds.
   * Range: 100..3_600_000, and never more than 1 GiB. @defaultValue 600_000: longer than any reply; at 48 kHz mono
   * 115 MB at the worst, and taken only as it fills.
   */
  readonly maxQueuedMs?: number | undefined;
  /** Emits when the device vanishes. */
  readonly lost$?: Observable<unknown> | undefined;
}

/** A sink that counts what went wrong. @public */
export interface PacedSink extends AudioSink {
  /**
   * Gaps inside a stream: the queue ran dry, and more was written although nobody had asked for `drain` or `flush` in
   * between. Silence before the first write and after the last is none.
   */
  readonly underruns: number;
  /** What was not taken because the queue was full. Units: milliseconds of audio. */
  readonly droppedMs: number;
}

/** Default of `PacedSinkOptions.maxQueuedMs`. @public */
export const defaultMaxQueuedMs = 600_000;

/**
 * A loudspeaker made of a clock: at the start of each period it takes one period of samples from its queue, and from
 * then on these are out of reach.
 *
 * @remarks
 * Timing: whatever looks at the sink or changes it first renders the periods that the clock says have begun, so a late
 * timer never makes audio unheard that a loudspeaker would have played.
 * Range: what is rendered is clipped to [-1, 1]; NaN becomes 0.
 * Cancellation: runs until `close` or until the device vanishes.
 * @throws OptionError `OPTION_INVALID`
 * @public
 */
export function pacedSink(options: PacedSinkOptions): PacedSink {
  const { format, timeBase, lost$ } = options;
  requirePcmFormat('pacedSink', format);
  requireTimeBase('pacedSink', timeBase);
  const { maxQueuedMs } = resolveOptions(
    'pacedSink',
    { maxQueuedMs: defaultMaxQueuedMs },
    { maxQueuedMs: options.maxQueuedMs },
    { maxQueuedMs: numberIn(100, 3_600_000, 'ms') },
  );

  // All counts are sample frames; milliseconds appear only at the surface.
  const rateHz = format.sampleRateHz;
  const toMs = (sampleFrames: number): number => (sampleFrames * 1000) / rateHz;
  const maxQueued = Math.min(
    Math.floor((maxQueuedMs * rateHz) / 1000),
    Math.floor(2 ** 28 / format.channels),
  );
  const queue = createSampleQueue(maxQueued * format.channels);
  const queued = (): number => queue.length / format.channels;
  const rendered$ = new Subject<AudioFrame>();
  /** Emits when everything written so far became unheard for good; errors when the device vanishes. */
  const emptied$ = new Subject<void>();

  let nextPeriod = timeBase.periodFrom(timeBase.now());
  let isRendering = false;
  /** Written and handed to the hardware, the period under way included. */
  let committed = 0;
  /** The period under way: when it began, and how much of it was written by somebody. */
  let current = { startMs: timeBase.startOfPeriodMs(nextPeriod), written: 0 };
  /** The most that was ever reported as heard: neither a flush nor a clock set back may take it back. */
  let heard = 0;
  let stream: 'none' | 'flowing' | 'dry' = 'none';
  let underruns = 0;
  let state: 'open' | 'closed' | DeviceError = 'open';
  const isOpen = (): boolean => state === 'open';

  function renderPeriod(period: number): void {
    const firstSample = timeBase.firstSampleOf(period, rateHz);
    const samplesPerChannel = timeBase.firstSampleOf(period + 1, rateHz) - firstSample;
    const samples = new Float32Array(samplesPerChannel * format.channels);
    const fromQueue = queue.shift(samples.length);
    samples.set(fromQueue);
    const written = fromQueue.length / format.channels;
    clipInPlace(samples);
    current = { startMs: timeBase.sampleMs(firstSample, rateHz), written };
    committed += written;
    if (written < samplesPerChannel && stream === 'flowing') stream = 'dry';
    rendered$.next(audioFrame(format, samples, current.startMs));
  }

  /** Render every period that `isDue`, unless this is a subscriber of `rendered$` calling back in. */
  function renderWhile(isDue: (period: number) => boolean): void {
    if (isRendering) return;
    isRendering = true;
    while (isOpen() && isDue(nextPeriod)) {
      nextPeriod += 1;
      renderPeriod(nextPeriod - 1);
    }
    isRendering = false;
  }

  /** Periods that began before this instant are the hardware's. One that begins just now can still be written to. */
  function catchUp(): void {
    const now = timeBase.now();
    renderWhile((period) => timeBase.startOfPeriodMs(period) < now - sameInstantMs);
  }

  function measureHeard(): void {
    const elapsedMs = Math.max(0, timeBase.now() - current.startMs);
    const isOver = elapsedMs + sameInstantMs >= toMs(current.written);
    const heardOfCurrent = isOver ? current.written : (elapsedMs * rateHz) / 1000;
    heard = Math.max(heard, committed - current.written + heardOfCurrent);
  }

  function position(): PlayoutPosition {
    catchUp();
    if (isOpen()) measureHeard();
    return { heardMs: toMs(heard), queuedMs: toMs(committed + queued() - heard) };
  }

  function discardQueue(): void {
    queue.clear();
    stream = 'none';
    // The period under way cannot be recalled: it counts as heard from here on.
    heard = committed;
  }

  function flush(): PlayoutPosition {
    catchUp();
    if (isOpen()) {
      discardQueue();
      emptied$.next();
    }
    return position();
  }

  function drain(): Observable<PlayoutPosition> {
    return defer(() => {
      catchUp();
      if (state === 'closed') return [position()];
      if (state !== 'open') {
        const lost = state;
        return throwError(() => lost);
      }
      // The end of a stream was announced: running dry after this is no underrun.
      stream = 'none';
      // Until the queue is empty every period is full, so the instant of its last sample is known now.
      const allHeardMs =
        queue.length > 0
          ? timeBase.sampleMs(timeBase.firstSampleOf(nextPeriod, rateHz) + queued(), rateHz)
          : heard === committed
            ? timeBase.now()
            : current.startMs + toMs(current.written);
      return merge(emptied$, timeBase.at(allHeardMs)).pipe(take(1), map(position));
    });
  }

  function write(frame: AudioFrame): void {
    if (state !== 'open') throw closedError(state === 'closed' ? undefined : state);
    refuseOtherFormat(format, frame);
    catchUp();
    const accepted = queue.push(frame.samples);
    if (accepted === 0) return;
    if (stream === 'dry') underruns += 1;
    stream = 'flowing';
  }

  function close(): void {
    catchUp();
    if (!isOpen()) return;
    discardQueue();
    state = 'closed';
    device.unsubscribe();
    emptied$.next();
    rendered$.complete();
  }

  function lose(cause: unknown): void {
    catchUp();
    if (!isOpen()) return;
    measureHeard();
    const lost = lostError('the loudspeaker', cause);
    state = lost;
    queue.clear();
    // What the hardware still held went with it: nothing is queued any more.
    committed = heard;
    device.unsubscribe();
    emptied$.error(lost);
    rendered$.error(lost);
  }

  const device = new Subscription();
  device.add(timeBase.schedulePeriods((due) => renderWhile((period) => period <= due)));
  if (lost$) device.add(lost$.pipe(take(1)).subscribe({ next: () => lose(undefined), error: lose }));

  return {
    format,
    isSeamless: true,
    write,
    flush,
    drain,
    position,
    rendered$: rendered$.asObservable(),
    close,
    get underruns() {
      return underruns;
    },
    get droppedMs() {
      return toMs(queue.droppedSamples / format.channels);
    },
  };
}
