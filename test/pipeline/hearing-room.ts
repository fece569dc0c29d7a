import {
  type AudioFrame,
  audioFrame,
  type EchoCanceller,
  type ScoredFrame,
  type VoiceActivityDetector,
} from 'earshot';
import {
  knownEchoCanceller,
  levelDetector,
  passThroughEchoCanceller,
  type Script,
  spokenSentence,
} from 'earshot/testing';
import { finalize, type MonoTypeOperatorFunction, map, Observable, Subject, tap } from 'rxjs';
import type { EchoDiagnosis } from '../../src/core/ports/echo-diagnosis.js';

/** From the loudspeaker to the microphone: 60 ms, 6 dB weaker. */
const echo = { delayMs: 60, gain: 0.5 };
/** How long the loudspeaker is silent until no echo can be left. */
const echoEndsMs = 400;

/** An answer that a level detector takes for speech when it comes back as an echo. */
export const spokenAnswer = (ms: number): Script => [
  ...spokenSentence({
    text: 'Hello there.',
    audio: audioFrame(
      { sampleRateHz: 48_000, channels: 1 },
      Float32Array.from({ length: ms * 48 }, (_, n) => {
        const syllables = 0.55 - 0.45 * Math.cos((2 * Math.PI * 4 * n) / 48_000);
        let voice = 0;
        for (let harmonic = 1; harmonic <= 9; harmonic++) {
          voice += Math.sin((2 * Math.PI * 170 * harmonic * n) / 48_000 + harmonic) / harmonic;
        }
        return 0.25 * syllables * voice;
      }),
      0,
    ),
    afterMs: 500,
    deliveryRate: 10,
  }),
  { type: 'end' },
];

/** What the microphone of an open kiosk hears is what is said, and the echo: a canceller that removes the opposite adds it. */
const room = knownEchoCanceller({ ...echo, gain: -echo.gain });

/** Removes the echo to the last bit. */
export const exactCanceller = () => inRoom(knownEchoCanceller(echo));
/** Leaves all of it. */
export const uselessCanceller = () => inRoom(passThroughEchoCanceller());

/** A canceller on a microphone that hears the loudspeaker. */
export function inRoom(canceller: EchoCanceller): EchoCanceller {
  return {
    ...canceller,
    cancelEcho: (reference$) => (near$) =>
      near$.pipe(room.cancelEcho(reference$), canceller.cancelEcho(reference$)),
  };
}

/** The same canceller, which says how sure it is while the loudspeaker plays, and that there is no echo otherwise. */
export function saying(canceller: EchoCanceller, confidence: () => number): EchoCanceller {
  const diagnosis$ = new Subject<EchoDiagnosis>();
  return {
    ...canceller,
    diagnosis$,
    cancelEcho: (reference$) => (near$) => {
      let soundMs = Number.NEGATIVE_INFINITY;
      const heard$ = reference$.pipe(
        tap(({ samples, timestampMs }) => {
          if (samples.some((sample) => Math.abs(sample) > 0.001)) soundMs = timestampMs;
        }),
      );
      return near$.pipe(
        canceller.cancelEcho(heard$),
        tap((frame) => {
          const { timestampMs } = frame;
          const isEchoPossible = timestampMs - soundMs < echoEndsMs;
          diagnosis$.next({
            timestampMs,
            durationMs: (frame.samplesPerChannel * 1000) / frame.format.sampleRateHz,
            state: isEchoPossible ? 'ready' : 'no-echo',
            confidence: isEchoPossible ? confidence() : 1,
          } as EchoDiagnosis);
        }),
      );
    },
  };
}

/** The same canceller, with something done to what it gives. */
export function andThen(
  canceller: EchoCanceller,
  ...then: MonoTypeOperatorFunction<AudioFrame>[]
): EchoCanceller {
  return {
    ...canceller,
    cancelEcho: (reference$) => (near$) =>
      then.reduce(
        (frames$, operator) => frames$.pipe(operator),
        near$.pipe(canceller.cancelEcho(reference$)),
      ),
  };
}

/** Frames that an operator lets pass until it is told to fail, or to fall silent. */
export function breakable() {
  const told$ = new Subject<{ error?: unknown }>();
  let isSilent = false;
  let used = 0;
  let open = 0;
  const operator: MonoTypeOperatorFunction<AudioFrame> = (frames$) =>
    new Observable<AudioFrame>((subscriber) => {
      used += 1;
      open += 1;
      subscriber.add(
        told$.subscribe(({ error }) => {
          subscriber.error(error);
        }),
      );
      subscriber.add(
        frames$.subscribe({
          next: (frame) => {
            if (!isSilent) subscriber.next(frame);
          },
          error: (error) => subscriber.error(error),
          complete: () => subscriber.complete(),
        }),
      );
    }).pipe(
      finalize(() => {
        open -= 1;
      }),
    );
  return {
    operator,
    fail: (error: unknown) => told$.next({ error }),
    fallSilent: (silent = true) => {
      isSilent = silent;
    },
    /** How often it was begun. */
    get used() {
      return used;
    },
    /** How often it is running. */
    get open() {
      return open;
    },
  };
}

/** Times samples by a factor. */
export const louder = (factor: number) =>
  map((frame: AudioFrame) =>
    audioFrame(
      frame.format,
      frame.samples.map((sample) => sample * factor),
      frame.timestampMs,
    ),
  );

/** A level detector each of whose sessions can be looked at and told to fail. The first session is the one of the second signal. */
export function watchedDetector() {
  const inner = levelDetector();
  const sessions: { scored: number; fail: (error: unknown) => void; fallSilent: () => void }[] = [];
  const detector: VoiceActivityDetector = {
    ...inner,
    scoreSpeech: () => (frames$) =>
      new Observable<ScoredFrame>((subscriber) => {
        let isSilent = false;
        const session = {
          scored: 0,
          fail: (error: unknown) => subscriber.error(error),
          fallSilent: () => {
            isSilent = true;
          },
        };
        sessions.push(session);
        subscriber.add(
          frames$.pipe(inner.scoreSpeech()).subscribe({
            next: (scored) => {
              session.scored += 1;
              if (!isSilent) subscriber.next(scored);
            },
            error: (error) => subscriber.error(error),
            complete: () => subscriber.complete(),
          }),
        );
      }),
  };
  return { detector, sessions };
}
