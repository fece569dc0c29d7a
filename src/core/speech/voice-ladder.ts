import {
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
  Subject,
  Subscription,
  take,
  takeUntil,
  tap,
  throwError,
} from 'rxjs';
import type { AudioFrame } from '../audio/audio-frame.js';
import { SpeechError } from '../errors.js';
import { convertTo } from '../operators/convert-to.js';
import type { Synthesizer } from '../ports/synthesizer.js';
import { createLadderRung, type LadderRung } from './ladder-rung.js';
import { type Failed, nobodyCan, shown, soundless } from './voice-ladder-errors.js';
import type { VoiceLadderEvent } from './voice-ladder-events.js';
import { checkRungs, resolveVoiceLadderOptions, type VoiceLadderOptions } from './voice-ladder-options.js';
import type { VoiceRung } from './voice-rung.js';

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
  const settings = resolveVoiceLadderOptions(options);
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
