import {
  BehaviorSubject,
  defer,
  EMPTY,
  filter,
  map,
  type Observable,
  of,
  type SchedulerLike,
  Subject,
  Subscription,
  startWith,
  switchMap,
  take,
  timeout,
  timer,
} from 'rxjs';
import { isVoiceError, SpeechError } from '../errors.js';
import { closeVoice } from './close-voice.js';
import type { ClosableSynthesizer, VoiceRung } from './voice-rung.js';

/** How a rung is. */
export type RungState =
  | { readonly type: 'untried' }
  | { readonly type: 'opening'; readonly sinceMs: number }
  | { readonly type: 'ready'; readonly voice: ClosableSynthesizer }
  /** It failed. With a voice it is tried by one word when its rest is over, else it is opened again. */
  | {
      readonly type: 'resting';
      readonly voice: ClosableSynthesizer | undefined;
      readonly untilMs: number;
      readonly error: unknown;
    }
  /** It cannot be opened, and it makes no sense to try. */
  | { readonly type: 'out'; readonly error: unknown };

export interface RungSetup {
  readonly rung: VoiceRung;
  readonly openTimeoutMs: number;
  readonly firstSoundMs: number;
  readonly restMs: number;
  readonly maxRestMs: number;
  readonly scheduler: SchedulerLike;
  readonly onReady: () => void;
  readonly onUnavailable: (error: unknown, retryInMs: number | undefined) => void;
}

/** A rung that remembers how it does. */
export interface LadderRung {
  readonly name: string;
  readonly state: RungState;
  /** Its voice, as soon as it is there; undefined when it is not within `waitMs` of its opening, or at all. Opens it when nobody did. */
  voiceWithin(waitMs: number): Observable<ClosableSynthesizer | undefined>;
  /**
   * Errors when the voice has given no sound for `firstSoundMs`, of any text: one that says a text after the other is not late as
   * long as it speaks. Emits nothing.
   */
  readonly silence$: Observable<never>;
  /** It gave a sound, or came to the end of a text. */
  sounded(): void;
  /** It spoke in time. */
  succeeded(): void;
  /** It could not say something. */
  failed(error: unknown): void;
  /** Nothing is opened any more; what is open is closed, at once. Completes when it is. */
  close(): Observable<never>;
}

/** Any word will do: it is not heard. */
const probeText = 'one';

/** Whether it is the text that cannot be said, and not the voice that cannot speak. */
const isAboutTheText = (error: unknown): boolean =>
  isVoiceError(error) && error.code === 'SYNTHESIS_FAILED' && !error.retryable;

/** Whether it can be otherwise the next time. What is no error of ours is not known to be final. */
const isWorthRetrying = (error: unknown): boolean => !isVoiceError(error) || error.retryable;

export function createLadderRung(setup: RungSetup): LadderRung {
  const { rung, openTimeoutMs, firstSoundMs, restMs, maxRestMs, scheduler } = setup;
  const state$ = new BehaviorSubject<RungState>({ type: 'untried' });
  const sounds$ = new Subject<void>();
  const work = new Subscription();
  let failures = 0;
  let isProbing = false;

  function rest(voice: ClosableSynthesizer | undefined, error: unknown): void {
    failures += 1;
    const retryInMs = Math.min(maxRestMs, restMs * 2 ** (failures - 1));
    state$.next({ type: 'resting', voice, untilMs: scheduler.now() + retryInMs, error });
    setup.onUnavailable(error, retryInMs);
  }
  function ready(voice: ClosableSynthesizer): void {
    state$.next({ type: 'ready', voice });
    setup.onReady();
  }

  function open(): void {
    const opening = new Subscription();
    work.add(opening);
    const settled = (): boolean => {
      if (opening.closed) return false;
      work.remove(opening);
      opening.unsubscribe();
      return true;
    };
    state$.next({ type: 'opening', sinceMs: scheduler.now() });
    opening.add(
      scheduler.schedule(() => {
        if (settled()) rest(undefined, unfit(`was not ready within ${openTimeoutMs} ms`));
      }, openTimeoutMs),
    );
    // Never unsubscribed: a promise would make its voice all the same, and nobody would close that.
    defer(() => rung.open())
      .pipe(take(1))
      .subscribe({
        next(voice) {
          if (settled()) ready(voice);
          else closeVoice(voice);
        },
        error(error: unknown) {
          if (!settled()) return;
          if (isWorthRetrying(error)) {
            rest(undefined, error);
            return;
          }
          state$.next({ type: 'out', error });
          setup.onUnavailable(error, undefined);
        },
        complete() {
          if (settled()) rest(undefined, unfit('opened without a voice'));
        },
      });
  }

  /** See whether it can speak again, without anybody waiting for it. */
  function probe(voice: ClosableSynthesizer): void {
    isProbing = true;
    const probing = new Subscription(() => {
      isProbing = false;
      work.remove(probing);
    });
    work.add(probing);
    let isWell = false;
    const judge = (error?: unknown): void => {
      // Meanwhile it may have spoken, because nothing else could.
      if (state$.value.type === 'resting') {
        if (isWell) ready(voice);
        else rest(voice, error ?? unfit(`gave no sound within ${firstSoundMs} ms`));
      }
      probing.unsubscribe();
    };
    probing.add(
      defer(() => voice.synthesize(probeText))
        .pipe(take(1), timeout({ first: firstSoundMs, scheduler, with: () => EMPTY }))
        .subscribe({
          next: () => {
            isWell = true;
          },
          error: judge,
          complete: () => judge(),
        }),
    );
  }

  const unfit = (what: string): SpeechError =>
    new SpeechError('SYNTHESIS_FAILED', `the voice ${rung.name} ${what}; see whether it is overloaded`, {
      retryable: true,
    });

  return {
    name: rung.name,
    get state() {
      return state$.value;
    },
    voiceWithin: (waitMs) =>
      defer(() => {
        const { value: before } = state$;
        if (before.type === 'untried') open();
        if (before.type === 'resting' && scheduler.now() >= before.untilMs && !isProbing) {
          if (before.voice === undefined) open();
          else probe(before.voice);
          return of(undefined);
        }
        const { value: now } = state$;
        if (now.type === 'ready') return of(now.voice);
        if (now.type !== 'opening') return of(undefined);
        const leftMs = now.sinceMs + waitMs - scheduler.now();
        if (leftMs <= 0) return of(undefined);
        const opened$ = state$.pipe(
          filter(({ type }) => type !== 'opening'),
          take(1),
          map((state) => (state.type === 'ready' ? state.voice : undefined)),
        );
        if (leftMs === Number.POSITIVE_INFINITY) return opened$;
        return opened$.pipe(timeout({ first: leftMs, scheduler, with: () => of(undefined) }));
      }),
    silence$: sounds$.pipe(
      startWith(undefined),
      switchMap(() => timer(firstSoundMs, scheduler)),
      map(() => {
        throw unfit(`gave no sound within ${firstSoundMs} ms`);
      }),
    ),
    sounded: () => sounds$.next(),
    succeeded() {
      failures = 0;
      const { value: state } = state$;
      if (state.type === 'resting' && state.voice !== undefined) ready(state.voice);
    },
    failed(error) {
      const { value: state } = state$;
      // Several texts may fail of one cause; it counts once.
      if (state.type === 'ready' && !isAboutTheText(error)) rest(state.voice, error);
    },
    close() {
      work.unsubscribe();
      const { value: state } = state$;
      state$.complete();
      const voice = state.type === 'ready' || state.type === 'resting' ? state.voice : undefined;
      return voice === undefined ? EMPTY : closeVoice(voice);
    },
  };
}
