import {
  concatMap,
  connect,
  ignoreElements,
  map,
  merge,
  type Observable,
  Subject,
  tap,
  throwError,
  timeout,
} from 'rxjs';
import { DeviceError } from '../errors.js';
import type { SpeechEdge } from '../operators/detect-utterances.js';
import { endTurns, type TurnEnd } from '../operators/end-turns.js';
import { measureLevels } from '../operators/measure-levels.js';
import { type UtterancePart, withPreRoll } from '../operators/with-pre-roll.js';
import { type ListeningInput, listen } from './listening.js';
import { reopening } from './reopening.js';

/** What is heard of the user. For one frame the order is: parts of utterances, edges, the end of a turn. */
export type HearingEvent =
  | { readonly type: 'edge'; readonly edge: SpeechEdge }
  | { readonly type: 'part'; readonly part: UtterancePart }
  | TurnEnd
  | { readonly type: 'capture-lost' };

/**
 * From the microphone to utterances and turns.
 *
 * Completes when the microphone does; opens it again when it is lost.
 */
export function hear(input: ListeningInput): Observable<HearingEvent> {
  const { ports, settings, tell } = input;
  const { microphone } = ports;
  const { scheduler } = settings;
  const { captureStallMs } = settings.patience;
  const stalledMicrophone = () =>
    new DeviceError(
      'DEVICE_LOST',
      `the microphone delivered nothing for ${captureStallMs} ms; check the device, it will be opened again`,
      { retryable: true },
    );
  const lost$ = new Subject<HearingEvent>();
  let opened = false;

  const heard$ = reopening(
    'device',
    () => {
      opened = false;
      return microphone.capture().pipe(
        timeout({ each: captureStallMs, scheduler, with: () => throwError(stalledMicrophone) }),
        tap(() => {
          if (!opened) tell({ type: 'device-opened', device: 'microphone', format: microphone.format });
          opened = true;
        }),
        connect((captured$) =>
          merge(
            captured$.pipe(
              measureLevels(),
              tap((level) => tell({ type: 'level', device: 'microphone', ...level })),
              ignoreElements(),
            ),
            captured$.pipe(
              listen(input),
              connect((detected$) =>
                merge(
                  detected$.pipe(
                    withPreRoll(settings.preRoll),
                    map((part) => ({ type: 'part', part }) as const),
                  ),
                  detected$.pipe(
                    concatMap(({ edges }) => edges),
                    map((edge) => ({ type: 'edge', edge }) as const),
                  ),
                  detected$.pipe(endTurns(settings.endpointing)),
                ),
              ),
            ),
          ),
        ),
      );
    },
    settings,
    (error, retryInMs) => {
      if (error.code === 'MODEL_INFERENCE_FAILED') tell({ type: 'detector-lost', error, retryInMs });
      else tell({ type: 'device-lost', device: 'microphone', error, retryInMs });
      lost$.next({ type: 'capture-lost' });
    },
  );
  return withLost(heard$, lost$);
}

/** `lost$` lives as long as `heard$`. */
function withLost(heard$: Observable<HearingEvent>, lost$: Subject<HearingEvent>): Observable<HearingEvent> {
  return merge(lost$, heard$.pipe(tap({ complete: () => lost$.complete() })));
}
