import {
  catchError,
  EMPTY,
  ignoreElements,
  merge,
  mergeMap,
  Observable,
  of,
  Subject,
  Subscription,
  switchMap,
  tap,
  throwError,
  timer,
} from 'rxjs';
import type { AudioFrame, PcmFormat } from '../audio/audio-frame.js';
import { measureLevels } from '../operators/measure-levels.js';
import { playTo } from '../operators/play-to.js';
import type { PlayoutCommand, PlayoutEvent, PlayoutOwner } from '../playout/playout-types.js';
import type { Loudspeaker } from '../ports/audio-sink.js';
import type { UnstampedEvent } from './pipeline-event.js';
import type { PipelineSettings } from './pipeline-options.js';
import { reopening } from './reopening.js';

export type SpeakingEvent =
  | PlayoutEvent
  | { readonly type: 'loudspeaker-opened'; readonly format: PcmFormat }
  /** What was queued is gone with it. */
  | { readonly type: 'playout-lost' };

export interface Speaking {
  /** Subscribing opens the loudspeaker, and opens it again whenever it is lost. */
  readonly events$: Observable<SpeakingEvent>;
  /** What the loudspeaker renders, across losses. Hot. */
  readonly reference$: Observable<AudioFrame>;
  /** Takes effect at once; while the loudspeaker is not open, audio waits for it for a bounded time. */
  command(command: PlayoutCommand): void;
}

/** The loudspeaker and what is played on it. */
export function createSpeaking(
  loudspeaker: Loudspeaker,
  settings: PipelineSettings,
  tell: (event: UnstampedEvent) => void,
): Speaking {
  const reference$ = new Subject<AudioFrame>();
  let live$: Subject<PlayoutCommand> | undefined;
  /** Commands that wait for the loudspeaker; only of what is being played, so one reply and one filler at most. */
  let waiting: PlayoutCommand[] = [];
  let givingUp = Subscription.EMPTY;
  let opened = false;
  const out$ = new Subject<SpeakingEvent>();

  /** What waits will not be heard; each of it ends here, as at the loudspeaker. */
  const discardWaiting = () => {
    const owners: PlayoutOwner[] = [];
    for (const command of waiting) {
      if (!('owner' in command)) continue;
      const { kind, id } = command.owner;
      if (!owners.some((owner) => owner.kind === kind && owner.id === id)) owners.push(command.owner);
    }
    waiting = [];
    const atMs = settings.scheduler.now();
    for (const owner of owners) {
      out$.next({ type: 'playout-ended', owner, atMs, heardMs: 0, reason: 'cut' });
    }
  };
  const giveUp = () => {
    if (live$ || waiting.length === 0) return;
    discardWaiting();
    // Whoever speaks at the end of something else is not lost with it.
    if (waiting.length === 0) out$.next({ type: 'playout-lost' });
  };
  const wait = (command: PlayoutCommand) => {
    if (command.type === 'cut') {
      givingUp.unsubscribe();
      discardWaiting();
    } else if (command.type === 'play' || command.type === 'end') {
      if (waiting.length === 0) {
        givingUp = settings.scheduler.schedule(giveUp, settings.patience.loudspeakerTimeoutMs);
      }
      waiting.push(command);
    }
  };

  const opened$ = reopening(
    'device',
    () =>
      loudspeaker.openSink().pipe(
        // A moment later, so that `playTo` can first tell what was heard of what it was playing.
        catchError((error) => timer(0, settings.scheduler).pipe(mergeMap(() => throwError(() => error)))),
        switchMap((sink) => {
          const commands$ = new Subject<PlayoutCommand>();
          return merge(
            of({ type: 'loudspeaker-opened', format: sink.format } as const),
            sink.rendered$.pipe(
              tap((frame) => reference$.next(frame)),
              measureLevels(),
              tap((level) => tell({ type: 'level', device: 'loudspeaker', ...level })),
              ignoreElements(),
              // The loss is told by `playTo`, after what was heard.
              catchError(() => EMPTY),
            ),
            commands$.pipe(playTo(sink, settings.playout, settings.scheduler)),
            new Observable<never>(() => {
              live$ = commands$;
              opened = true;
              givingUp.unsubscribe();
              const pending = waiting;
              waiting = [];
              for (const command of pending) commands$.next(command);
              return () => {
                if (live$ === commands$) live$ = undefined;
              };
            }),
          );
        }),
      ),
    settings,
    (error, retryInMs) => {
      // What is lost is taken down only after this, and whoever hears of it may speak.
      live$ = undefined;
      tell({ type: 'device-lost', device: 'loudspeaker', error, retryInMs });
      if (!opened) return;
      opened = false;
      out$.next({ type: 'playout-lost' });
    },
  );

  return {
    events$: new Observable((subscriber) => {
      subscriber.add(out$.subscribe(subscriber));
      subscriber.add(() => givingUp.unsubscribe());
      subscriber.add(opened$.subscribe(subscriber));
    }),
    reference$,
    command: (command) => (live$ ? live$.next(command) : wait(command)),
  };
}
