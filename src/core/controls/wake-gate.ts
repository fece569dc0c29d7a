import { asyncScheduler, Observable, type SchedulerLike, Subscription } from 'rxjs';
import { exchangeStart, followExchange, untilQuietMs } from '../operation/exchange-state.js';
import { integerIn, resolveOptions } from '../options.js';
import type { PipelineEvent } from '../pipeline/pipeline-event.js';
import type { Mute } from '../ports/floor.js';
import type { WakeWordHeard } from '../ports/wake-word.js';

/** How long a wake word opens the floor. @public */
export interface WakeGateOptions {
  /** How long it stays open without anybody speaking: after the word, and after each exchange. Units: ms. Range: 500..600000. Home assistants listen for some 8 s. @defaultValue 8000 */
  readonly openMs: number;
  /** Clock and timers, the one of the pipeline. @defaultValue asyncScheduler */
  readonly scheduler: SchedulerLike;
}

/** @public */
export const defaultWakeGateOptions = {
  openMs: 8000,
  scheduler: asyncScheduler,
} as const satisfies WakeGateOptions;

/**
 * A `Mute` that a wake word lifts, for as long as the conversation goes on.
 *
 * ```text
 * heard  ------w----------------------------------
 * state  idle-----listening--replying--idle--------
 * out    m-----o--------------------------------m--   m: muted, o: open; openMs after the floor was free again
 * ```
 *
 * @remarks
 * Muted at once. Nothing that was said before the word was told is heard by the loop: say the word, then ask. A word while it is open counts anew.
 * It never mutes in the middle of anything: neither a turn, an answer nor somebody who has begun to speak.
 * Completion: when `heard$` does and it is muted. An error of `heard$` passes on, and mutes for good: let it listen again, with `retry`, where a microphone can be lost.
 * @param heard$ - from the microphone itself, which is not muted, such as `frames$.pipe(wakeWord.listen())`; share the capture with the pipeline.
 * @param events$ - of the pipeline that this mutes. Subscribed as long as this is; its end changes nothing.
 * @throws OptionError `OPTION_INVALID`
 * @public
 */
export function wakeGate(
  heard$: Observable<WakeWordHeard>,
  events$: Observable<PipelineEvent>,
  options: Partial<WakeGateOptions> = {},
): Mute {
  const { openMs, scheduler } = resolveOptions<WakeGateOptions>('wakeGate', defaultWakeGateOptions, options, {
    openMs: integerIn(500, 600_000, 'ms'),
  });
  return new Observable((subscriber) => {
    let exchange = exchangeStart(scheduler.now());
    let openedAtMs: number | undefined;
    let isLast = false;
    let closing = Subscription.EMPTY;

    const look = () => {
      closing.unsubscribe();
      if (openedAtMs === undefined) return;
      const nowMs = scheduler.now();
      const quietMs = untilQuietMs(exchange, nowMs, openMs);
      if (quietMs === null) return;
      const leftMs = Math.max(quietMs, openedAtMs + openMs - nowMs);
      if (leftMs > 0) {
        closing = scheduler.schedule(look, leftMs);
        return;
      }
      openedAtMs = undefined;
      subscriber.next(true);
      if (isLast) subscriber.complete();
    };
    subscriber.next(true);
    subscriber.add(() => closing.unsubscribe());
    subscriber.add(
      events$.subscribe({
        next: (event) => {
          const before = exchange;
          exchange = followExchange(before, event, scheduler.now());
          if (exchange !== before) look();
        },
        error: () => {},
      }),
    );
    subscriber.add(
      heard$.subscribe({
        next: () => {
          const wasOpen = openedAtMs !== undefined;
          openedAtMs = scheduler.now();
          if (!wasOpen) subscriber.next(false);
          look();
        },
        error: (error) => subscriber.error(error),
        complete: () => {
          isLast = true;
          if (openedAtMs === undefined) subscriber.complete();
        },
      }),
    );
  });
}
