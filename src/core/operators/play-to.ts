import { asyncScheduler, Observable, type OperatorFunction, type SchedulerLike, Subscription } from 'rxjs';
import { audioFrame } from '../audio/audio-frame.js';
import { dbToGain } from '../audio/gain.js';
import { fromMono } from '../audio/mix.js';
import { DeviceError } from '../errors.js';
import { integerIn, numberIn, resolveOptions } from '../options.js';
import { createPlayoutQueue, type Heard, type HeardAccount } from '../playout/playout-queue.js';
import type { PlayoutCommand, PlayoutEvent, PlayoutOwner } from '../playout/playout-types.js';
import type { AudioSink } from '../ports/audio-sink.js';
import { createFrameConverter } from './convert-to.js';

/** How audio is put out. @public */
export interface PlayoutOptions {
  /** Audio kept written ahead in the sink, against stalls of the event loop. Units: ms. Range: 20..5000. It delays neither duck nor cut. @defaultValue 120 */
  readonly leadMs: number;
  /** Audio that may wait to be heard. Units: ms. Range: 1000..3600000. Beyond it new audio is refused and counted. @defaultValue 300000 */
  readonly maxQueuedMs: number;
  /** Volume while ducked. Units: dB. Range: -60..0. Alexa-class devices use 20 dB. @defaultValue -20 */
  readonly duckGainDb: number;
  /** Ramp down into a duck. Units: ms. Range: 1..1000. Shorter ones click. @defaultValue 30 */
  readonly duckRampMs: number;
  /** Ramp back to full volume. Units: ms. Range: 1..5000. @defaultValue 120 */
  readonly restoreRampMs: number;
  /** Fade at a cut, so that it does not click. Units: ms. Range: 0..100. @defaultValue 8 */
  readonly cutRampMs: number;
  /** Longest a reply waits for the filler's next pause. Units: ms. Range: 0..2000. @defaultValue 300 */
  readonly maxHandOverMs: number;
  /** How often the position of the sink is read while something is heard. Units: ms. Range: 1..200. @defaultValue 10 */
  readonly pollMs: number;
  /** A sink whose position stands still for so long with audio queued is lost. Units: ms. Range: 100..60000. @defaultValue 2000 */
  readonly stallMs: number;
}

/** @public */
export const defaultPlayoutOptions = {
  leadMs: 120,
  maxQueuedMs: 300_000,
  duckGainDb: -20,
  duckRampMs: 30,
  restoreRampMs: 120,
  cutRampMs: 8,
  maxHandOverMs: 300,
  pollMs: 10,
  stallMs: 2000,
} as const satisfies PlayoutOptions;

/** @internal */
export function resolvePlayoutOptions(given: Partial<PlayoutOptions>): PlayoutOptions {
  return resolveOptions<PlayoutOptions>('playout', defaultPlayoutOptions, given, {
    leadMs: integerIn(20, 5000, 'ms'),
    maxQueuedMs: integerIn(1000, 3_600_000, 'ms'),
    duckGainDb: numberIn(-60, 0, 'dB'),
    duckRampMs: integerIn(1, 1000, 'ms'),
    restoreRampMs: integerIn(1, 5000, 'ms'),
    cutRampMs: integerIn(0, 100, 'ms'),
    maxHandOverMs: integerIn(0, 2000, 'ms'),
    pollMs: integerIn(1, 200, 'ms'),
    stallMs: integerIn(100, 60_000, 'ms'),
  });
}

/** Written in blocks of this length, so that a ramp starts on time. Units: ms. */
const blockMs = 10;
/** A filler that is left before its end fades over this. Units: ms. */
const handOverFadeMs = 40;

/**
 * Plays audio on a sink, in order, so that it can be ducked and cut at once.
 *
 * ```text
 * in    play(a) play(a) end(a)            duck       cut
 * out        started(a)             ended(a)  ducked     silenced
 * ```
 *
 * @remarks
 * Order: owners are heard one after the other, in the order of their first audio; nothing overlaps. Audio of a reply
 * lets a filler end at its next pause, or after `maxHandOverMs`; the reply's own samples are never altered but by ducking.
 * Timing: a duck or a cut takes effect at the loudspeaker within one period of the device, whatever is queued: the
 * sink is flushed and what was not heard is written again with the new gain.
 * Bound: `maxQueuedMs`. Completion: when the source completes and all that waited was heard.
 * Cancellation: unsubscribing flushes the sink. The sink is not closed: who opened it closes it.
 *
 * Errors with `DeviceError` `DEVICE_LOST` when the sink fails or its position stands still.
 * @param scheduler - reads the position of the sink and stamps the events.
 * @throws OptionError `OPTION_INVALID`.
 * @public
 */
export function playTo(
  sink: AudioSink,
  options: Partial<PlayoutOptions> = {},
  scheduler: SchedulerLike = asyncScheduler,
): OperatorFunction<PlayoutCommand, PlayoutEvent> {
  const settings = resolvePlayoutOptions(options);
  const { sampleRateHz, channels } = sink.format;
  const samplesOf = (ms: number) => Math.round((ms * sampleRateHz) / 1000);
  const msOf = (samples: number) => (samples * 1000) / sampleRateHz;

  return (commands$) =>
    new Observable((subscriber) => {
      const heardSample = () => Math.round((sink.position().heardMs * sampleRateHz) / 1000);
      const queue = createPlayoutQueue(sampleRateHz, samplesOf(settings.maxQueuedMs), heardSample());
      const converters = new Map<string, ReturnType<typeof createFrameConverter>>();
      const poll = new Subscription();
      let polling = false;
      let completed = false;
      let starved: PlayoutOwner | undefined;
      /** Nothing was there to be heard when the sink was looked at last. */
      let resting = true;
      let progress = { sample: heardSample(), atMs: scheduler.now() };

      /** `sample` leaves the loudspeaker at `sampleMs`; earlier ones left it earlier. */
      const tell = (heard: readonly Heard[], sample: number, sampleMs: number) => {
        for (const item of heard) {
          const atMs = sampleMs - msOf(sample - item.sample);
          if (item.type === 'started') {
            subscriber.next({ type: 'playout-started', owner: item.owner, atMs });
          } else {
            const reason = item.account.handedOver ? 'handed-over' : 'heard';
            const heardMs = msOf(item.account.heard);
            subscriber.next({ type: 'playout-ended', owner: item.owner, atMs, heardMs, reason });
          }
        }
      };

      const tellCut = (cut: readonly HeardAccount[], atMs: number) => {
        for (const { owner, heard } of cut) {
          subscriber.next({ type: 'playout-ended', owner, atMs, heardMs: msOf(heard), reason: 'cut' });
        }
      };

      const write = (mono: Float32Array) => {
        const dueMs = scheduler.now() + sink.position().queuedMs;
        sink.write(audioFrame(sink.format, channels === 1 ? mono : fromMono(mono, channels), dueMs));
      };
      const fill = () => {
        while (sink.position().queuedMs < settings.leadMs) {
          const block = queue.take(samplesOf(blockMs));
          if (!block) return;
          write(block);
        }
      };

      const tellStarved = () => {
        const current = queue.current;
        if (queue.unheard > 0 || !current || current.heard === 0 || starved === current.owner) return;
        starved = current.owner;
        subscriber.next({
          type: 'playout-starved',
          owner: starved,
          atMs: scheduler.now(),
          heardMs: msOf(current.heard),
        });
      };
      const checkProgress = (sample: number) => {
        const nowMs = scheduler.now();
        if (sample !== progress.sample || resting) progress = { sample, atMs: nowMs };
        else if (nowMs - progress.atMs >= settings.stallMs) {
          throw new DeviceError(
            'DEVICE_LOST',
            `the loudspeaker took no audio for ${settings.stallMs} ms; check the device, it will be opened again`,
            { retryable: true },
          );
        }
      };

      /** Everything that depends on where the loudspeaker is. */
      const advance = () => {
        const sample = heardSample();
        tell(queue.markHeard(sample), sample, scheduler.now());
        tellStarved();
        checkProgress(sample);
        fill();
        resting = queue.unheard === 0;
        if (!resting) keepPolling();
        else if (completed) subscriber.complete();
      };
      const keepPolling = () => {
        if (polling || subscriber.closed) return;
        polling = true;
        poll.add(
          scheduler.schedule(() => {
            polling = false;
            guarded(advance);
          }, settings.pollMs),
        );
      };

      /** Take back what the sink has not played. @returns when the last sample that could not be recalled is over. */
      const rewind = () => {
        const { heardMs } = sink.position();
        const stopped = sink.flush();
        const sample = Math.round((stopped.heardMs * sampleRateHz) / 1000);
        const stoppedMs = scheduler.now() + stopped.heardMs - heardMs;
        tell(queue.markHeard(sample), sample, stoppedMs);
        queue.rewindTo(sample);
        progress = { sample, atMs: scheduler.now() };
        return stoppedMs;
      };
      const rampTo = (gain: number, rampMs: number) => {
        const fromMs = rewind();
        queue.rampTo(gain, queue.unheard > 0 ? rampMs : 0);
        return fromMs + (queue.unheard > 0 ? rampMs : 0);
      };

      const converterOf = (owner: PlayoutOwner) => {
        const key = `${owner.kind} ${owner.id}`;
        let converter = converters.get(key);
        if (!converter) {
          converter = createFrameConverter({ sampleRateHz, channels: 1 });
          converters.set(key, converter);
        }
        return { key, converter };
      };
      const append = (owner: PlayoutOwner, samples: Float32Array, pausesMs: readonly number[] = []) => {
        const taken = queue.append(owner, samples, pausesMs.map(samplesOf));
        if (taken < samples.length) {
          subscriber.next({ type: 'playout-overflow', owner, droppedMs: msOf(samples.length - taken) });
        }
        if (taken > 0) starved = undefined;
      };

      const obey = (command: PlayoutCommand) => {
        switch (command.type) {
          case 'play': {
            if (command.owner.kind === 'reply' && queue.current?.owner.kind === 'filler') {
              rewind();
              queue.handOver(samplesOf(settings.maxHandOverMs), samplesOf(handOverFadeMs));
            }
            const frames = converterOf(command.owner).converter.next(command.frame);
            if (frames.length === 0) append(command.owner, new Float32Array(0), command.pausesMs);
            for (const frame of frames) append(command.owner, frame.samples, command.pausesMs);
            return;
          }
          case 'end': {
            const { key, converter } = converterOf(command.owner);
            for (const frame of converter.end()) append(command.owner, frame.samples);
            converters.delete(key);
            const sample = heardSample();
            tell(queue.end(command.owner, sample), sample, scheduler.now());
            return;
          }
          case 'duck':
            subscriber.next({
              type: 'ducked',
              atMs: rampTo(dbToGain(settings.duckGainDb), settings.duckRampMs),
            });
            return;
          case 'restore':
            subscriber.next({ type: 'restored', atMs: rampTo(1, settings.restoreRampMs) });
            return;
          case 'cut': {
            const fromMs = rewind();
            const { tail, cut } = queue.cut(samplesOf(settings.cutRampMs));
            if (tail.length > 0) write(tail);
            converters.clear();
            starved = undefined;
            const atMs = fromMs + msOf(tail.length);
            tellCut(cut, atMs);
            subscriber.next({ type: 'silenced', atMs });
          }
        }
      };
      /** What was heard of it is known even when the sink is gone. */
      const fail = (error: unknown) => {
        const sample = heardSample();
        tell(queue.markHeard(sample), sample, scheduler.now());
        tellCut(queue.cut(0).cut, scheduler.now());
        subscriber.error(error);
      };
      const guarded = (work: () => void) => {
        try {
          work();
        } catch (error) {
          fail(error);
        }
      };

      subscriber.add(poll);
      subscriber.add(() => sink.flush());
      subscriber.add(sink.rendered$.subscribe({ error: fail }));
      subscriber.add(
        commands$.subscribe({
          next: (command) =>
            guarded(() => {
              obey(command);
              advance();
            }),
          error: (error) => subscriber.error(error),
          complete: () => {
            completed = true;
            guarded(advance);
          },
        }),
      );
    });
}
