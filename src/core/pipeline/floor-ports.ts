import {
  BehaviorSubject,
  combineLatest,
  distinctUntilChanged,
  map,
  type Observable,
  Subscription,
  skip,
} from 'rxjs';
import { mutedMicrophone } from './muted-microphone.js';
import type { UnstampedEvent } from './pipeline-event.js';
import type { PipelineSettings } from './pipeline-options.js';
import type { PipelinePorts } from './pipeline-ports.js';
import { createPressDetector, pressUtterances } from './press-detector.js';

/** What hears the user, given who has the floor and whether the microphone is muted. */
export interface FloorPorts {
  readonly kind: 'open' | 'push-to-talk';
  /** For `hear`: a microphone that is silent while muted, and with push-to-talk the button in the place of the detector. */
  readonly ports: PipelinePorts;
  readonly settings: PipelineSettings;
  /** Subscribes to the switch and the button. The mute is told before a press that comes with it. */
  watch(onMute: (muted: boolean) => void, onPress: (down: boolean) => void): Subscription;
}

export function floorPorts(
  given: PipelinePorts,
  settings: PipelineSettings,
  tell: (event: UnstampedEvent) => void,
): FloorPorts {
  const { scheduler, utterances } = settings;
  const { mute$, floor = { kind: 'open' } } = given;
  const muted$ = new BehaviorSubject(false);
  const pressed$ = new BehaviorSubject(false);
  // Longer than any pause inside an utterance, and one window of a detector more.
  const leastMs = Math.max(utterances.minSilenceMs, utterances.gapToleranceMs) + 100;
  const microphone = mute$ ? mutedMicrophone(given.microphone, muted$, leastMs, scheduler) : given.microphone;
  const button = floor.kind === 'push-to-talk' ? createPressDetector() : undefined;

  const inTurn = oneAfterAnother();
  const follow = (
    source$: Observable<boolean> | undefined,
    state$: BehaviorSubject<boolean>,
    failed: (error: unknown) => void,
  ) =>
    source$?.pipe(distinctUntilChanged()).subscribe({
      next: (value) =>
        inTurn(() => {
          if (value !== state$.value) state$.next(value);
        }),
      error: (error) => inTurn(() => failed(error)),
    });

  const { echoCanceller, upstreamEchoCanceller, ...rest } = given;
  const cleaner = upstreamEchoCanceller ?? echoCanceller;
  return {
    kind: floor.kind,
    ports: button
      ? // Nothing is detected, so one canceller will do: the one that cleans what is sent.
        { ...rest, microphone, detector: button, ...(cleaner && { echoCanceller: cleaner }) }
      : { ...given, microphone },
    settings: button
      ? {
          ...settings,
          utterances: pressUtterances,
          // Nothing from before the press.
          preRoll: { preRollMs: 0 },
          endpointing: { ...settings.endpointing, minSilenceMs: 100 },
        }
      : settings,
    watch(onMute, onPress) {
      const watching = new Subscription();
      watching.add(muted$.pipe(skip(1)).subscribe(onMute));
      if (button) {
        watching.add(
          combineLatest([pressed$, muted$])
            .pipe(
              map(([down, muted]) => down && !muted),
              distinctUntilChanged(),
              skip(1),
            )
            .subscribe((down) => {
              button.change(down, scheduler.now());
              onPress(down);
            }),
        );
      }
      watching.add(
        follow(mute$, muted$, (error) => {
          tell({ type: 'degraded', part: 'mute', error });
          muted$.next(true);
        }),
      );
      watching.add(
        follow(floor.kind === 'push-to-talk' ? floor.pressed$ : undefined, pressed$, (error) => {
          tell({ type: 'degraded', part: 'push-to-talk', error });
          pressed$.next(false);
        }),
      );
      return watching;
    },
  };
}

/**
 * Whoever is told of a change may make the next one within the event. It waits until all have been told of the one before, or
 * some would hear the two in the wrong order and end in the wrong state.
 */
function oneAfterAnother(): (work: () => void) => void {
  const waiting: (() => void)[] = [];
  let isBusy = false;
  return (work) => {
    waiting.push(work);
    if (isBusy) return;
    isBusy = true;
    try {
      for (let next = waiting.shift(); next; next = waiting.shift()) next();
    } finally {
      isBusy = false;
    }
  };
}
