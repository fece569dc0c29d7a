import {
  catchError,
  connect,
  defer,
  finalize,
  ignoreElements,
  map,
  merge,
  NEVER,
  type Observable,
  type OperatorFunction,
  Subject,
  tap,
} from 'rxjs';
import { type AudioFrame, endMs } from '../audio/audio-frame.js';
import { combineSpeech } from '../detection/combine-speech.js';
import { createEchoRecord } from '../detection/echo-record.js';
import { joinOpinions, type Opinion, type OpinionPair } from '../detection/join-opinions.js';
import { createQuietRefresh } from '../detection/quiet-refresh.js';
import { scoreWhile } from '../detection/score-while.js';
import {
  type DetectedFrame,
  detectUtterances,
  type JudgedFrame,
  type UtteranceOptions,
} from '../operators/detect-utterances.js';
import type { ScoredFrame } from '../ports/voice-activity-detector.js';
import type { UnstampedEvent } from './pipeline-event.js';
import type { PipelineSettings } from './pipeline-options.js';
import type { PipelinePorts } from './pipeline-ports.js';
import { type SignalPath, scoreAlong } from './signal-path.js';

/**
 * How long a window waits for the second opinion, which usually is there first: the first signal is held back by 10 to
 * 20 ms in its canceller. Paid once, then it is not waited for. Units: ms.
 */
const maxSecondWaitMs = 20;
/**
 * How long the second opinion waits for the first: a canceller may hold 20 ms and wait 40 ms for its reference, and a busy
 * event loop is late by some tens. Units: ms.
 */
const maxFirstWaitMs = 150;

/**
 * The same while no echo is possible and only the first is scored. A detector that caught up with a busy machine took 300 ms; 16
 * windows may wait. Units: ms.
 */
const maxUnscoredWaitMs = 500;

export interface ListeningInput {
  readonly ports: PipelinePorts;
  readonly settings: PipelineSettings;
  /** What the loudspeaker renders. */
  readonly reference$: Observable<AudioFrame>;
  /** What counts as speech at the moment. */
  readonly profile$: Observable<Partial<UtteranceOptions>>;
  readonly tell: (event: UnstampedEvent) => void;
}

/**
 * From what was captured to speech, over one signal or two.
 *
 * ```text
 *            /- echoCanceller -------- detector -\
 * captured -<                                     >- join - combine - utterances
 *            \- upstreamEchoCanceller - detector -/
 * ```
 *
 * @remarks
 * Shape: the frames that come out are those of the second signal where there is one: they are what is sent upstream.
 * Errors: a canceller or a detector that fails or falls silent takes its signal along, and the other decides alone. With the last
 * detector this fails; without the last canceller it goes on with what was captured. An error of the source is passed on.
 */
export function listen(input: ListeningInput): OperatorFunction<AudioFrame, DetectedFrame> {
  const { settings, profile$ } = input;
  return (captured$) =>
    defer(() => {
      const reset$ = new Subject<void>();
      const { echoCanceller, upstreamEchoCanceller } = input.ports;
      const hasEcho = echoCanceller !== undefined || upstreamEchoCanceller !== undefined;
      const refresh = createQuietRefresh(hasEcho ? settings.combinedSpeech.refreshMs : 0);
      return captured$.pipe(
        connect((shared$) => {
          // A microphone that is lost is no failure of what listens to it.
          const unfailing$ = shared$.pipe(catchError(() => NEVER));
          return merge(shared$.pipe(ignoreElements()), judged(input, unfailing$, reset$));
        }),
        detectUtterances(settings.utterances, profile$),
        tap(({ frame, speechProbability, phase, edges }) => {
          const isOver = edges.some(({ type }) => type === 'speech-ended' || type === 'speech-misfired');
          const isStale = refresh.step({ speechProbability, phase, endMs: endMs(frame) });
          if (isOver || isStale) reset$.next();
        }),
      );
    });
}

function judged(
  { ports, settings, reference$, tell }: ListeningInput,
  captured$: Observable<AudioFrame>,
  reset$: Observable<void>,
): Observable<JudgedFrame> {
  const { detector, echoCanceller, upstreamEchoCanceller } = ports;
  const canceller = echoCanceller ?? upstreamEchoCanceller;
  const hasSecond = upstreamEchoCanceller !== undefined && upstreamEchoCanceller !== canceller;
  const record = createEchoRecord();
  const began$ = new Subject<void>();
  let isFirstMissing = false;

  const first: SignalPath = {
    canceller,
    cancellerName: echoCanceller ? 'echo-canceller' : 'upstream-echo-canceller',
    detectorName: 'detector',
    isDown: false,
  };
  const second: SignalPath = {
    canceller: upstreamEchoCanceller,
    cancellerName: 'upstream-echo-canceller',
    detectorName: 'upstream-detector',
    isDown: !hasSecond,
  };
  const score =
    ({ detectorName }: SignalPath, forget$: Observable<void>) =>
    (windows$: Observable<AudioFrame>) =>
      windows$.pipe(
        detector.scoreSpeech(forget$),
        tap(({ skipped }: ScoredFrame) => {
          if (!skipped) return;
          const detail = `a window was not scored by the ${detectorName}`;
          tell({ type: 'fact', fact: 'detector-overrun', detail, count: 1 });
        }),
      );
  const common = { detector, reference$, settings, tell };

  const first$ = captured$.pipe(
    scoreAlong({ ...common, path: first, isLast: () => second.isDown, score: score(first, reset$) }),
  );
  /** Without an echo both signals hold the same speech, and one detector is enough. */
  const isSecondWanted = () => record.isEchoPossible || isFirstMissing || first.isDown;
  const second$ = captured$.pipe(
    scoreAlong({
      ...common,
      path: second,
      isLast: () => first.isDown,
      score: scoreWhile(isSecondWanted, score(second, merge(reset$, began$)), () => began$.next()),
    }),
  );
  const pairs$: Observable<OpinionPair> = hasSecond
    ? first$.pipe(
        joinOpinions(second$, {
          scheduler: settings.scheduler,
          maxSecondWaitMs,
          maxFirstWaitMs,
          maxUnscoredWaitMs,
          missing: ({ side, isBack, count }) => {
            if (side === 'first') isFirstMissing = !isBack;
            const how = isBack ? 'is in time again' : 'did not come in time; the other decides alone';
            tell({ type: 'fact', fact: 'opinion-missing', detail: `the ${side} signal ${how}`, count });
          },
        }),
      )
    : first$.pipe(map((opinion) => ({ first: opinion })));

  const judge = (pair: OpinionPair): JudgedFrame => {
    // At least one of the two is there.
    const { frame } = (pair.second ?? pair.first) as Opinion;
    const startMs = frame.timestampMs;
    const opinions = {
      first: pair.first?.speechProbability,
      second: pair.second?.speechProbability,
      ...(canceller ? record.over(startMs, endMs(frame)) : { isEchoPossible: false }),
    };
    const evidence = combineSpeech(opinions, settings.combinedSpeech);
    const { speechProbability } = evidence;
    tell({
      type: 'speech-probability',
      startMs,
      endMs: endMs(frame),
      probability: speechProbability,
      detectorProbability: opinions.first ?? null,
      upstreamProbability: opinions.second ?? null,
      confidence: opinions.confidence ?? null,
    });
    return { frame, speechProbability, evidence };
  };

  return defer(() => {
    const diagnoses = canceller?.diagnosis$?.subscribe({
      next: (diagnosis) => record.add(diagnosis),
      error: (error) => {
        record.end();
        tell({ type: 'degraded', part: first.cancellerName, error });
      },
      complete: record.end,
    });
    return pairs$.pipe(
      map(judge),
      finalize(() => diagnoses?.unsubscribe()),
    );
  });
}
