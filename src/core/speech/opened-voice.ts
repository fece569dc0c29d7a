import {
  AsyncSubject,
  defer,
  EMPTY,
  identity,
  map,
  type Observable,
  of,
  type SchedulerLike,
  Subscription,
  take,
  timeout,
} from 'rxjs';
import { SpeechError, type VoiceError } from '../errors.js';
import { closeVoice } from './close-voice.js';
import type { VoiceSource } from './fallback-speech.js';
import { asSpeechError } from './fallback-watch.js';
import type { ClosableSynthesizer, VoiceRung } from './voice-rung.js';

interface OpenedVoiceInput {
  readonly rung: VoiceRung;
  /** The longest that an opening may take. Units: ms. */
  readonly openTimeoutMs: number;
  readonly scheduler: SchedulerLike;
  readonly opened: () => void;
  readonly notOpened: (error: VoiceError) => void;
}

/** A voice that is opened when it is needed, again when that failed, and closed in the end. */
export interface OpenedVoice extends VoiceSource {
  readonly voice: ClosableSynthesizer | undefined;
  /** Nothing is opened any more; what is open is closed, at once. Completes when it is. */
  close(): Observable<never>;
}

export function openedVoice({
  rung,
  openTimeoutMs,
  scheduler,
  opened,
  notOpened,
}: OpenedVoiceInput): OpenedVoice {
  const { name } = rung;
  let voice: ClosableSynthesizer | undefined;
  let opening: { readonly sinceMs: number; readonly over$: AsyncSubject<void> } | undefined;
  let deadline = Subscription.EMPTY;

  const unfit = (what: string): SpeechError =>
    new SpeechError('SYNTHESIS_FAILED', `${name} ${what}; see whether it is overloaded`, {
      retryable: true,
    });

  function open(): void {
    const over$ = new AsyncSubject<void>();
    const own = { sinceMs: scheduler.now(), over$ };
    opening = own;
    const settle = (become: () => void): void => {
      if (opening !== own) return;
      opening = undefined;
      deadline.unsubscribe();
      become();
      over$.next();
      over$.complete();
    };
    deadline = scheduler.schedule(
      () => settle(() => notOpened(unfit(`was not ready within ${openTimeoutMs} ms`))),
      openTimeoutMs,
    );
    // Never unsubscribed: a promise would make its voice all the same, and nobody would close that.
    defer(() => rung.open())
      .pipe(take(1))
      .subscribe({
        next(made) {
          if (opening !== own) closeVoice(made);
          settle(() => {
            voice = made;
            opened();
          });
        },
        error: (error) => settle(() => notOpened(asSpeechError(error, 'SYNTHESIS_FAILED', name))),
        complete: () => settle(() => notOpened(unfit('opened without a voice'))),
      });
  }

  return {
    name,
    get voice() {
      return voice;
    },
    get isOpen() {
      return voice !== undefined;
    },
    within: (waitMs) =>
      defer(() => {
        if (voice === undefined && opening === undefined) open();
        if (opening === undefined) return of(voice);
        const leftMs = opening.sinceMs + waitMs - scheduler.now();
        if (leftMs <= 0) return of(undefined);
        return opening.over$.pipe(
          map(() => voice),
          leftMs === Number.POSITIVE_INFINITY
            ? identity
            : timeout({ first: leftMs, scheduler, with: () => of(undefined) }),
        );
      }),
    close() {
      deadline.unsubscribe();
      opening = undefined;
      const last = voice;
      voice = undefined;
      return last === undefined ? EMPTY : closeVoice(last);
    },
  };
}
