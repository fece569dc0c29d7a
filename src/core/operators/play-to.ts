import { asyncScheduler, Observable, type OperatorFunction, type SchedulerLike } from 'rxjs';
import { createPlayer } from '../playout/player.js';
import { type PlayoutOptions, resolvePlayoutOptions } from '../playout/playout-options.js';
import type { PlayoutCommand, PlayoutEvent } from '../playout/playout-types.js';
import type { AudioSink } from '../ports/audio-sink.js';

/**
 * Plays audio on a sink, in order, so that it can be ducked and cut at once.
 *
 * ```text
 * in    play(a) play(a) end(a)            duck       cut
 * out        started(a)             ended(a)  ducked     silenced
 * ```
 *
 * @remarks
 * Order: owners are heard one after the other, in the order of their first audio. Audio of a reply lets a filler end at its next pause, or
 * after `maxHandOverMs`; what the filler has left after that fades beneath the first 40 ms of the reply, whose own samples are
 * heard from the first, at full volume. Nothing else overlaps, and nothing else alters a reply but ducking.
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
  const resolved = resolvePlayoutOptions(options);
  return (commands$) =>
    new Observable((subscriber) => {
      const player = createPlayer({
        sink,
        options: resolved,
        scheduler,
        tell: (event) => subscriber.next(event),
        finished: () => subscriber.complete(),
        failed: (error) => subscriber.error(error),
      });
      subscriber.add(player.stop);
      subscriber.add(sink.rendered$.subscribe({ error: player.fail }));
      subscriber.add(
        commands$.subscribe({
          next: player.obey,
          error: (error) => subscriber.error(error),
          complete: player.finish,
        }),
      );
    });
}
