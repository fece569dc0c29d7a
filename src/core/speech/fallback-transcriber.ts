import {
  defer,
  filter,
  from,
  identity,
  Observable,
  Subject,
  type Subscriber,
  Subscription,
  take,
  throwIfEmpty,
} from 'rxjs';
import { type AudioFrame, durationMs, sameFormat } from '../audio/audio-frame.js';
import { AudioFormatError, SpeechError } from '../errors.js';
import { convertTo } from '../operators/convert-to.js';
import type { Transcriber, Transcript } from '../ports/transcriber.js';
import type { FallbackOptions } from './fallback-options.js';
import {
  asSpeechError,
  createFallbackWatch,
  type FallbackWatch,
  type Miss,
  reasonFor,
} from './fallback-watch.js';
import { createSourcePatience, inTime, type SourcePatience } from './source-patience.js';
import { tryAgain } from './try-again.js';

const code = 'TRANSCRIPTION_FAILED';
/** So much of an utterance is kept for the next transcriber. Units: ms. */
const maxKeptMs = 120_000;

/** @param transcribers - at least one. */
export function transcriberWithFallback(
  transcribers: readonly Transcriber[],
  options: FallbackOptions,
): Transcriber & Pick<FallbackWatch, 'reports$'> {
  const [first] = transcribers as readonly [Transcriber, ...Transcriber[]];
  const names = transcribers.map((_, index) => options.names[index] ?? `transcriber ${index + 1}`);
  const watch = createFallbackWatch(names, code, options);
  const transcripts = (index: number, audio$: Observable<AudioFrame>): Observable<Transcript> =>
    defer(() => {
      const transcriber = transcribers[index] as Transcriber;
      const isSame = sameFormat(transcriber.format, first.format);
      return audio$.pipe(isSame ? identity : convertTo(transcriber.format), transcriber.transcribe());
    });
  const patiences = transcribers.map(() => createSourcePatience(options.scheduler));
  const parts = { format: first.format, names, watch, patiences, transcripts, options };

  return {
    format: first.format,
    ...(first.tellsPartials !== undefined && { tellsPartials: first.tellsPartials }),
    reports$: watch.reports$,
    transcribe: () => (audio$) =>
      new Observable((subscriber) => {
        const utterance = createFallbackUtterance(parts, subscriber);
        subscriber.add(utterance.stop);
        subscriber.add(
          audio$.subscribe({
            next: utterance.hear,
            error: (error) => subscriber.error(error),
            complete: utterance.end,
          }),
        );
      }),
  };
}

interface Parts {
  readonly format: Transcriber['format'];
  readonly names: readonly string[];
  readonly watch: FallbackWatch;
  /** Of each transcriber. */
  readonly patiences: readonly SourcePatience[];
  readonly transcripts: (index: number, audio$: Observable<AudioFrame>) => Observable<Transcript>;
  readonly options: FallbackOptions;
}

/** One utterance, kept until somebody has understood it. */
function createFallbackUtterance(
  { format, names, watch, patiences, transcripts, options }: Parts,
  subscriber: Subscriber<Transcript>,
) {
  const { answerMs, lastAnswerMs, scheduler } = options;
  const order = [...watch.well(), ...watch.down()];
  const kept: AudioFrame[] = [];
  let keptMs = 0;
  let isOver = false;
  const misses: Miss[] = [];
  let audio$ = new Subject<AudioFrame>();
  let current = new Subscription();
  let turn: ReturnType<SourcePatience['ask']> | undefined;
  let limit = Subscription.EMPTY;

  const patienceOf = (index: number) => patiences[index] ?? createSourcePatience(scheduler);
  const nothingFinal = (index: number) =>
    new SpeechError(code, `${names[index]} gave no final transcript; check it`);
  const missOf = (index: number, thrown: unknown): Miss => {
    const error = asSpeechError(thrown, code, names[index] ?? '');
    return { index, reason: reasonFor(error, code), error };
  };
  const stop = () => {
    limit.unsubscribe();
    current.unsubscribe();
  };
  /** Nobody waits for it. It is over by itself, when it was given the time to start. */
  const probe = () => {
    for (const index of watch.probes()) {
      const understand = (waitMs: number) =>
        transcripts(index, from([...kept])).pipe(
          filter(({ final }) => final),
          take(1),
          inTime(patienceOf(index), scheduler, waitMs, waitMs),
          throwIfEmpty(() => nothingFinal(index)),
        );
      tryAgain(understand, answerMs, lastAnswerMs, scheduler).subscribe({
        next: () => watch.probed(index, 'answered'),
        error: (thrown) => watch.probed(index, missOf(index, thrown)),
      });
    }
  };
  const askNext = (miss: Miss) => {
    stop();
    misses.push(miss);
    if (misses.length < order.length) ask();
    else subscriber.error(watch.allFailed(misses));
  };
  const ask = () => {
    const index = order[misses.length] ?? 0;
    const asked = new Subscription();
    const ownTurn = patienceOf(index).ask();
    asked.add(ownTurn.over);
    current = asked;
    turn = ownTurn;
    audio$ = new Subject();
    const own$ = audio$;
    const isCurrent = () => current === asked && !asked.closed;
    asked.add(
      transcripts(index, own$).subscribe({
        next: (transcript) => {
          if (!isCurrent()) return;
          ownTurn.sign();
          if (!transcript.final) {
            subscriber.next(transcript);
            return;
          }
          watch.answered(index, misses, false);
          stop();
          subscriber.next(transcript);
          subscriber.complete();
          probe();
        },
        error: (thrown) => isCurrent() && askNext(missOf(index, thrown)),
        complete: () => isCurrent() && askNext({ index, reason: 'failed', error: nothingFinal(index) }),
      }),
    );
    for (const frame of [...kept]) if (isCurrent()) own$.next(frame);
    if (isOver && isCurrent()) waitForFinal();
  };
  const waitForFinal = () => {
    const index = order[misses.length] ?? 0;
    const waitMs = misses.length === order.length - 1 ? Math.max(answerMs, lastAnswerMs) : answerMs;
    const late = () => {
      const said = `${names[index]} gave no final transcript within ${waitMs} ms; another one is asked`;
      askNext({ index, reason: 'late', error: new SpeechError(code, said, { retryable: true }) });
    };
    limit = turn?.limit(waitMs, late) ?? Subscription.EMPTY;
    audio$.complete();
  };
  ask();

  return {
    stop,
    hear(frame: AudioFrame) {
      // A source that gives all at once goes on after it was unsubscribed.
      if (subscriber.closed) return;
      if (!sameFormat(frame.format, format)) {
        const { sampleRateHz, channels } = frame.format;
        subscriber.error(
          new AudioFormatError(
            'AUDIO_FORMAT_UNSUPPORTED',
            `the transcribers take ${format.sampleRateHz} Hz with ${format.channels} channels, but the frame has ${sampleRateHz} Hz with ${channels}; convert it with convertTo`,
          ),
        );
        return;
      }
      kept.push(frame);
      keptMs += durationMs(frame);
      while (keptMs > maxKeptMs) keptMs -= durationMs(kept.shift() as AudioFrame);
      audio$.next(frame);
    },
    end() {
      if (subscriber.closed) return;
      isOver = true;
      waitForFinal();
    },
  };
}
