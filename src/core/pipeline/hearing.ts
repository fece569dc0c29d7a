import {
  catchError,
  concatMap,
  connect,
  defer,
  ignoreElements,
  map,
  merge,
  type Observable,
  Subject,
  tap,
  throwError,
  timeout,
} from 'rxjs';
import { type AudioFrame, endMs } from '../audio/audio-frame.js';
import { DeviceError, ModelError } from '../errors.js';
import { convertTo } from '../operators/convert-to.js';
import {
  type DetectedFrame,
  detectUtterances,
  type SpeechEdge,
  type UtteranceOptions,
} from '../operators/detect-utterances.js';
import { endTurns, type TurnEnd } from '../operators/end-turns.js';
import { filterHighPass } from '../operators/filter-high-pass.js';
import { measureLevels } from '../operators/measure-levels.js';
import { reframe } from '../operators/reframe.js';
import { type UtterancePart, withPreRoll } from '../operators/with-pre-roll.js';
import type { UnstampedEvent } from './pipeline-event.js';
import type { PipelineSettings } from './pipeline-options.js';
import type { PipelinePorts } from './pipeline-ports.js';
import { reopening } from './reopening.js';

/** What is heard of the user. For one frame the order is: parts of utterances, edges, the end of a turn. */
export type HearingEvent =
  | { readonly type: 'edge'; readonly edge: SpeechEdge }
  | { readonly type: 'part'; readonly part: UtterancePart }
  | TurnEnd
  | { readonly type: 'capture-lost' };

export interface HearingInput {
  readonly ports: PipelinePorts;
  readonly settings: PipelineSettings;
  /** What the loudspeaker renders. */
  readonly reference$: Observable<AudioFrame>;
  /** What counts as speech at the moment. */
  readonly profile$: Observable<Partial<UtteranceOptions>>;
  readonly tell: (event: UnstampedEvent) => void;
}

/**
 * From the microphone to utterances and turns.
 *
 * Completes when the microphone does; opens it again when it is lost.
 */
export function hear({
  ports,
  settings,
  reference$,
  profile$,
  tell,
}: HearingInput): Observable<HearingEvent> {
  const { microphone, detector, echoCanceller } = ports;
  const { scheduler } = settings;
  const { captureStallMs } = settings.patience;
  const stalledMicrophone = () =>
    new DeviceError(
      'DEVICE_LOST',
      `the microphone delivered nothing for ${captureStallMs} ms; check the device, it will be opened again`,
      { retryable: true },
    );
  const stalledDetector = () =>
    new ModelError(
      'MODEL_INFERENCE_FAILED',
      `the detector scored nothing for ${2 * captureStallMs} ms; it will be started again`,
      { retryable: true },
    );
  const reset$ = new Subject<void>();
  const lost$ = new Subject<HearingEvent>();
  let opened = false;

  const clean = (raw$: Observable<AudioFrame>): Observable<AudioFrame> => {
    if (!echoCanceller) return raw$;
    return raw$.pipe(
      convertTo(echoCanceller.format),
      connect((near$) =>
        defer(() => near$.pipe(echoCanceller.cancelEcho(reference$))).pipe(
          timeout({ each: captureStallMs, scheduler }),
          catchError((error: unknown) => {
            tell({ type: 'degraded', part: 'echo-canceller', error });
            return near$;
          }),
        ),
      ),
    );
  };

  const score = (captured$: Observable<AudioFrame>): Observable<DetectedFrame> =>
    clean(captured$).pipe(
      convertTo(detector.format),
      filterHighPass(settings.highPass),
      reframe(detector.windowSamples),
      detector.scoreSpeech(reset$),
      tap((scored) => {
        if (scored.skipped)
          tell({ type: 'fact', fact: 'detector-overrun', detail: 'a window was not scored', count: 1 });
      }),
      detectUtterances(settings.utterances, profile$),
      tap(({ edges }) => {
        if (edges.some(({ type }) => type === 'speech-ended' || type === 'speech-misfired')) reset$.next();
      }),
    );

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
            score(captured$).pipe(
              timeout({ each: 2 * captureStallMs, scheduler, with: () => throwError(stalledDetector) }),
              tap(({ frame, speechProbability }) =>
                tell({
                  type: 'speech-probability',
                  startMs: frame.timestampMs,
                  endMs: endMs(frame),
                  probability: speechProbability,
                }),
              ),
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
