import {
  asyncScheduler,
  concatMap,
  defaultIfEmpty,
  defer,
  EMPTY,
  from,
  ignoreElements,
  merge,
  mergeMap,
  Observable,
  of,
  ReplaySubject,
  type SchedulerLike,
  Subject,
  Subscription,
  take,
  takeUntil,
  tap,
  throwError,
} from 'rxjs';
import type { AudioFrame, PcmFormat } from '../audio/audio-frame.js';
import { isVoiceError, OptionError, SpeechError } from '../errors.js';
import { convertTo } from '../operators/convert-to.js';
import { nonEmptyString, numberIn, resolveOptions } from '../options.js';
import type { Synthesizer } from '../ports/synthesizer.js';
import type { VoiceLadderEvent } from './voice-ladder-events.js';
import { createLadderRung, type LadderRung, type VoiceRung } from './voice-rung.js';

/** @public */
export interface VoiceLadderOptions {
  /** Layout of every frame; what a voice speaks is converted to it. @defaultValue 24 kHz mono, as Kokoro speaks */
  readonly format: PcmFormat;
  /**
   * How long a text waits for a voice that is being opened before one below speaks instead. Units: ms. Range: 0..60_000. Programs open in some 50 ms,
   * WebAssembly in less than a second; a model takes seconds, or minutes when it is downloaded. @defaultValue 1500
   */
  readonly openingGraceMs: number;
  /** The longest an opening may take at all, a download of 325 MB at 5 Mbit/s included. Units: ms. Range: 100..3_600_000. @defaultValue 600_000 */
  readonly openTimeoutMs: number;
  /**
   * From a text to its first sound; then one below speaks it instead. Units: ms. Range: 100..600_000. A clause of 3 s at real-time factor 1.1, as
   * published for two ARM cores, takes 3.3 s. @defaultValue 4000
   */
  readonly firstSoundMs: number;
  /** How long a voice that failed is left alone, doubled for each failure in a row. Units: ms. Range: 100..3_600_000. @defaultValue 10_000 */
  readonly restMs: number;
  /** The longest such rest. Units: ms. Range: 100..86_400_000. @defaultValue 600_000 */
  readonly maxRestMs: number;
  /** Measures all of that. @defaultValue asyncScheduler */
  readonly scheduler: SchedulerLike;
}

/** @public */
export const defaultVoiceLadderOptions = {
  format: { sampleRateHz: 24_000, channels: 1 },
  openingGraceMs: 1500,
  openTimeoutMs: 600_000,
  firstSoundMs: 4000,
  restMs: 10_000,
  maxRestMs: 600_000,
  scheduler: asyncScheduler,
} as const satisfies VoiceLadderOptions;

/** The best voice that works. @public */
export interface VoiceLadder extends Synthesizer {
  /** What it does. Hot; completes when it is closed. */
  readonly events$: Observable<VoiceLadderEvent>;
  /** Find a voice, from the top, before there is something to say. Completes when there is one; errors as `synthesize` does. */
  warmUp(): Observable<never>;
  /** Close every voice that was opened, at once; what is being said errors. Completes when they are closed. Idempotent. */
  close(): Observable<never>;
}

/**
 * Several voices as one `Synthesizer`: the first of them that works speaks each text.
 *
 * @remarks
 * Order: `rungs` has the best first. A voice is opened when it is needed: the second when the first is not ready in time, and so on. One that becomes
 * ready later, after a download, say, speaks from the next text on.
 *
 * A voice that fails before its first sound hands the text down; one that fails later errors, so that nothing is said twice. After a failure it rests; then
 * one word is tried aloud to nobody, while the ones below go on speaking, and it is used again when it sounds in time. A text that one voice cannot say
 * (`SYNTHESIS_FAILED`, not retryable) is no failure of the voice. When every voice rests, they are tried all the same.
 *
 * Shape: frames in `format`, contiguous from 0. `engine` is `voice-ladder` and `voice` names the rungs: what is to be kept under the name of
 * a voice, as fillers are, is rendered with that voice and not with a ladder.
 *
 * Ownership: it closes what it opened.
 *
 * `synthesize` errors with `SYNTHESIS_FAILED` when no voice can say the text; retryable if one of them may later.
 *
 * @throws OptionError `OPTION_INVALID`.
 * @public
 */
export function voiceLadder(
  rungs: readonly VoiceRung[],
  options: Partial<VoiceLadderOptions> = {},
): VoiceLadder {
  const settings = resolveOptions<VoiceLadderOptions>('voiceLadder', defaultVoiceLadderOptions, options, {
    openingGraceMs: numberIn(0, 60_000, 'ms'),
    openTimeoutMs: numberIn(100, 3_600_000, 'ms'),
    firstSoundMs: numberIn(100, 600_000, 'ms'),
    restMs: numberIn(100, 3_600_000, 'ms'),
    maxRestMs: numberIn(100, 86_400_000, 'ms'),
  });
  const { format, openingGraceMs } = settings;
  checkRungs(rungs);
  const toFormat = convertTo(format);
  const events$ = new Subject<VoiceLadderEvent>();
  /** Errors when it is closed. */
  const closed$ = new Subject<never>();
  const ladder = rungs.map((rung) =>
    createLadderRung({
      ...settings,
      rung,
      onReady: () => events$.next({ type: 'rung-ready', rung: rung.name }),
      onUnavailable: (error, retryInMs) =>
        events$.next({ type: 'rung-unavailable', rung: rung.name, error, retryInMs }),
    }),
  );
  let inUse: string | undefined;
  let closing: ReplaySubject<never> | undefined;
  let texts = 0;
  let passedOn = 0;

  function use({ name }: LadderRung, voice: Synthesizer): void {
    if (inUse === name) return;
    const before = inUse;
    inUse = name;
    const { engine, voice: voiceName } = voice;
    const saysNothing = 'saysNothing' in voice && voice.saysNothing === true;
    events$.next({ type: 'rung-in-use', rung: name, engine, voice: voiceName, saysNothing, before });
  }

  /** The first voice from the top that is there and not in `tried`; undefined when there is none. */
  function find(tried: ReadonlySet<LadderRung>): Observable<Found | undefined> {
    const left = ladder.filter((rung) => !tried.has(rung));
    const below = (at: number): Observable<Found | undefined> => {
      const rung = left[at];
      if (rung === undefined) return lastResort(left);
      return rung
        .voiceWithin(openingGraceMs)
        .pipe(concatMap((voice) => (voice === undefined ? below(at + 1) : of({ rung, voice }))));
    };
    return below(0);
  }

  /** Nothing is ready: what is being opened is waited for, whichever comes first; else what rests is woken. */
  function lastResort(left: readonly LadderRung[]): Observable<Found | undefined> {
    const opening = left.filter(({ state }) => state.type === 'opening');
    if (opening.length > 0) {
      // Every opening has a bound of its own.
      return from(opening).pipe(
        mergeMap((rung) =>
          rung
            .voiceWithin(Number.POSITIVE_INFINITY)
            .pipe(concatMap((voice) => (voice === undefined ? EMPTY : of({ rung, voice })))),
        ),
        take(1),
        defaultIfEmpty(undefined),
        concatMap((found) => (found === undefined ? lastResort(left) : of(found))),
      );
    }
    const resting = left.flatMap((rung): Found[] => {
      const { state } = rung;
      const voice = state.type === 'ready' || state.type === 'resting' ? state.voice : undefined;
      return voice === undefined ? [] : [{ rung, voice }];
    });
    return of(resting[0]);
  }

  function speak(
    text: string,
    tried: ReadonlySet<LadderRung>,
    errors: readonly Failed[],
  ): Observable<AudioFrame> {
    return find(tried).pipe(
      concatMap((found) => {
        if (found === undefined) return throwError(() => nobodyCan(`say ${shown(text)}`, ladder, errors));
        const { rung } = found;
        return sound(found, text, (error) => {
          if (errors.length === 0) passedOn += 1;
          events$.next({ type: 'text-passed-on', rung: rung.name, error, texts, passedOn });
          return speak(text, new Set([...tried, rung]), [...errors, { rung, error }]);
        });
      }),
    );
  }

  /** One voice's speech, or what `instead` gives when it fails before its first sound. */
  function sound(
    { rung, voice }: Found,
    text: string,
    instead: (error: unknown) => Observable<AudioFrame>,
  ): Observable<AudioFrame> {
    return new Observable((subscriber) => {
      const attempt = new Subscription();
      subscriber.add(attempt);
      let isHeard = false;

      function fail(error: unknown): void {
        if (attempt.closed) return;
        attempt.unsubscribe();
        rung.failed(error);
        if (isHeard) subscriber.error(error);
        else subscriber.add(instead(error).subscribe(subscriber));
      }
      function hear(frame: AudioFrame): void {
        if (!isHeard) {
          isHeard = true;
          silence.unsubscribe();
          rung.succeeded();
          use(rung, voice);
        }
        subscriber.next(frame);
      }
      const silence = rung.silence$.subscribe({ error: fail });
      attempt.add(silence);
      attempt.add(
        defer(() => voice.synthesize(text))
          .pipe(tap(rung.sounded), toFormat)
          .subscribe({
            next: hear,
            error: fail,
            complete() {
              rung.sounded();
              if (isHeard) subscriber.complete();
              else fail(soundless(rung, text));
            },
          }),
      );
    });
  }

  return {
    format,
    engine: 'voice-ladder',
    voice: rungs.map(({ name }) => name).join('>'),
    speed: 1,
    events$: events$.asObservable(),
    warmUp: () =>
      find(new Set()).pipe(
        tap((found) => {
          if (found === undefined) throw nobodyCan('find a voice', ladder, []);
          use(found.rung, found.voice);
        }),
        ignoreElements(),
        takeUntil(closed$),
      ),
    synthesize: (text) =>
      defer(() => {
        texts += 1;
        return speak(text, new Set(), []);
      }).pipe(takeUntil(closed$)),
    close() {
      if (closing === undefined) {
        closed$.error(new SpeechError('SYNTHESIS_FAILED', 'the ladder of voices was closed; create another'));
        closing = new ReplaySubject<never>(1);
        merge(...ladder.map((rung) => rung.close())).subscribe(closing);
        events$.complete();
      }
      return closing.asObservable();
    },
  };
}

interface Found {
  readonly rung: LadderRung;
  readonly voice: Synthesizer;
}

interface Failed {
  readonly rung: LadderRung;
  readonly error: unknown;
}

const soundless = ({ name }: LadderRung, text: string): SpeechError =>
  new SpeechError('SYNTHESIS_FAILED', `the voice ${name} gave no sound for ${shown(text)}; leave it out`);

/** Every rung with its reason. */
function nobodyCan(what: string, ladder: readonly LadderRung[], errors: readonly Failed[]): SpeechError {
  const reasons = ladder.map((rung) => {
    const { state } = rung;
    const error =
      errors.find((failed) => failed.rung === rung)?.error ?? ('error' in state ? state.error : undefined);
    return { rung, error };
  });
  const sentences = reasons.map(({ rung, error }) => `${rung.name}: ${reasonOf(error)}`);
  return new SpeechError(
    'SYNTHESIS_FAILED',
    `cannot ${what} (${sentences.join('; ')}); add an earcon as the last rung`,
    {
      retryable: reasons.some(({ error }) => isVoiceError(error) && error.retryable),
      cause: reasons[0]?.error,
    },
  );
}

/** What happened, without its code and without what to do. */
function reasonOf(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  return text.replace(/^\[\w+\] /, '').split('; ', 1)[0] ?? text;
}

const shown = (text: string): string => JSON.stringify(text.length > 60 ? `${text.slice(0, 60)}...` : text);

function checkRungs(rungs: readonly VoiceRung[]): void {
  const names = rungs.map(({ name }) => name);
  const isFit =
    names.every((name) => nonEmptyString(name) === undefined) && new Set(names).size === names.length;
  if (rungs.length >= 1 && rungs.length <= 16 && isFit) return;
  throw new OptionError(
    'OPTION_INVALID',
    `voiceLadder: rungs must be 1 to 16 voices with names of their own, but are ${JSON.stringify(names)}`,
  );
}
