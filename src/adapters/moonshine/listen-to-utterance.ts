import { Observable, type Observer, retry, type Subscription, throwError, timer } from 'rxjs';
import { type AudioFrame, type PcmFormat, sameFormat } from '../../core/audio/audio-frame.js';
import { AudioFormatError, isVoiceError, SpeechError } from '../../core/errors.js';
import type { Transcript } from '../../core/ports/transcriber.js';
import type { MoonshinePiece, MoonshineRequest } from './engine-messages.js';
import type { MoonshineOptions } from './moonshine-options.js';
import { createPartialPace } from './partial-pace.js';
import { createUtteranceAudio } from './utterance-audio.js';

/** How partial transcripts went since the recogniser was loaded. @public */
export interface PartialCounts {
  readonly told: number;
  /** Due, but the engine was busy, or would have been for too long. */
  readonly skipped: number;
  /** Begun, and given up for a final one, or failed. */
  readonly dropped: number;
}

/** What all utterances of a recogniser have in common. */
export interface Desk {
  readonly format: PcmFormat;
  readonly engine: string;
  readonly options: MoonshineOptions;
  ask(request: MoonshineRequest): Observable<MoonshinePiece>;
  readonly partials: { told: number; skipped: number; dropped: number };
  /** Requests under way, of any utterance. While there is one, no partial transcript is asked for. */
  underWay: number;
}

/** Louder than this somewhere, or nothing was said: recognisers make words up for silence. -60 dBFS. */
const leastPeak = 0.001;
/** As many stretches may wait for the engine; then it is hopelessly slow. */
const mostWaiting = 6;

/** Turn the frames of one utterance into transcripts. */
export function listenToUtterance(desk: Desk, audio$: Observable<AudioFrame>): Observable<Transcript> {
  return new Observable<Transcript>((subscriber) => {
    const utterance = createUtterance(desk, subscriber);
    subscriber.add(utterance.stop);
    subscriber.add(
      audio$.subscribe({
        next: utterance.hear,
        error: (error: unknown) => subscriber.error(error),
        complete: utterance.end,
      }),
    );
  });
}

function createUtterance(desk: Desk, observer: Pick<Observer<Transcript>, 'next' | 'error' | 'complete'>) {
  const { format, engine, options, partials } = desk;
  const samplesOf = (ms: number) => Math.round((ms * format.sampleRateHz) / 1000);
  const msOf = (samples: number) => (samples * 1000) / format.sampleRateHz;
  const mostSamples = samplesOf(options.maxStretchMs);
  const audio = createUtteranceAudio();
  const pace = createPartialPace(options.partialEveryMs, options.maxPartialLoad);
  /** What is said for good, and what waits to be. */
  const texts: string[] = [];
  const waiting: Float32Array[] = [];
  let stretch: Subscription | undefined;
  let partial: Subscription | undefined;
  let isOver = false;
  let heardSamples = 0;
  let shown = '';

  const join = (text: string) => [...texts, text].filter(Boolean).join(' ');

  function hear(frame: AudioFrame): void {
    if (!sameFormat(frame.format, format)) {
      observer.error(unsupported(frame.format, format));
      return;
    }
    audio.append(frame.samples);
    heardSamples += frame.samplesPerChannel;
    if (audio.length >= mostSamples) {
      // A frame may be of any length.
      while (audio.length >= mostSamples && !isBehind()) {
        // Not in the first three quarters: short stretches cost more than they save.
        giveAway(audio.takeUpToQuiet(samplesOf(0.75 * options.maxStretchMs), mostSamples));
      }
    } else if (options.partials) {
      const isFree = desk.underWay === 0;
      const decision = pace.decide(msOf(heardSamples), isFree);
      if (decision === 'now') askPartial();
      else if (decision === 'skip') partials.skipped += 1;
    }
  }

  function isBehind(): boolean {
    if (waiting.length < mostWaiting) return false;
    const late = new Error(
      `the recogniser is ${(waiting.length * options.maxStretchMs) / 1000} s of speech behind; use a smaller model, or give it speech no faster than it is spoken`,
    );
    observer.error(failed(late));
    return true;
  }

  function askPartial(): void {
    const samples = audible(audio.copy());
    if (samples === undefined) return;
    const startedMs = performance.now();
    partial = ask(samples).subscribe({
      next: ({ text }) => {
        partial = undefined;
        pace.took(performance.now() - startedMs);
        const all = join(text);
        if (all === shown) return;
        shown = all;
        partials.told += 1;
        observer.next({ text: all, final: false, engine });
      },
      // The final transcript is asked for all the same, and says what is wrong if it fails too.
      error: () => {
        partial = undefined;
        partials.dropped += 1;
      },
      complete: () => {
        partial = undefined;
      },
    });
  }

  function dropPartial(): void {
    if (!partial) return;
    if (!partial.closed) partials.dropped += 1;
    partial.unsubscribe();
    partial = undefined;
  }

  function giveAway(samples: Float32Array): void {
    dropPartial();
    waiting.push(samples);
    proceed();
  }

  function proceed(): void {
    if (stretch) return;
    const samples = waiting.shift();
    if (samples === undefined) {
      if (isOver) conclude();
      return;
    }
    const heard = audible(samples);
    if (heard === undefined) {
      proceed();
      return;
    }
    stretch = ask(heard)
      .pipe(
        retry({
          count: 1,
          delay: (error: unknown) => (isRetryable(error) ? timer(0) : throwError(() => error)),
        }),
      )
      .subscribe({
        next: ({ text }) => texts.push(text),
        error: (error: unknown) => observer.error(failed(error)),
        complete: () => {
          stretch = undefined;
          proceed();
        },
      });
  }

  function conclude(): void {
    observer.next({ text: join(''), final: true, engine });
    observer.complete();
  }

  /** What goes to the model, or nothing where there are no words. */
  function audible(samples: Float32Array): Float32Array | undefined {
    if (samples.length < samplesOf(options.minUtteranceMs)) return undefined;
    if (!samples.some((sample) => Math.abs(sample) > leastPeak)) return undefined;
    const least = samplesOf(options.paddedMs);
    if (samples.length >= least) return samples;
    const padded = new Float32Array(least);
    padded.set(samples);
    return padded;
  }

  const ask = (samples: Float32Array): Observable<MoonshinePiece> =>
    new Observable((subscriber) => {
      desk.underWay += 1;
      subscriber.add(() => {
        desk.underWay -= 1;
      });
      return desk.ask({ samples }).subscribe(subscriber);
    });

  return {
    hear,
    end() {
      isOver = true;
      giveAway(audio.copy());
    },
    stop() {
      dropPartial();
      stretch?.unsubscribe();
    },
  };
}

const isRetryable = (error: unknown) => isVoiceError(error) && error.retryable;

/** The code that the port promises. */
function failed(cause: unknown): SpeechError {
  const message = cause instanceof Error ? cause.message.replace(/^\[\w+\] /, '') : String(cause);
  return new SpeechError('TRANSCRIPTION_FAILED', message, { retryable: isRetryable(cause), cause });
}

function unsupported(got: PcmFormat, wanted: PcmFormat): AudioFormatError {
  return new AudioFormatError(
    'AUDIO_FORMAT_UNSUPPORTED',
    `the recogniser takes ${wanted.sampleRateHz} Hz mono, but got ${got.sampleRateHz} Hz with ${got.channels} channel(s); convert the frames`,
  );
}
