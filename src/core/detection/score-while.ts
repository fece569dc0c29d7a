import { Observable, type OperatorFunction, Subject } from 'rxjs';
import type { AudioFrame } from '../audio/audio-frame.js';
import type { ScoredFrame } from '../ports/voice-activity-detector.js';
import type { Opinion } from './join-opinions.js';

/**
 * Scores the windows for which it is worth while; the others pass unscored.
 *
 * @remarks
 * Order: one output for each input, in order.
 * Completion: after the last input was scored. An error of either is passed on.
 * @param isWanted - is asked once for each window.
 * @param score - the detector; it gives one output for each input, in order.
 * @param began - is called before the first window after a stretch that was not scored: what the detector remembers is old.
 */
export function scoreWhile(
  isWanted: () => boolean,
  score: OperatorFunction<AudioFrame, ScoredFrame>,
  began: () => void,
): OperatorFunction<AudioFrame, Opinion> {
  return (windows$) =>
    new Observable((subscriber) => {
      const asked$ = new Subject<AudioFrame>();
      /** Windows that have not gone on: the first is at the detector. */
      let held: { readonly frame: AudioFrame; readonly isAsked: boolean }[] = [];
      let wasWanted = true;

      /** Whatever waited only for its turn. */
      const passOn = () => {
        const next = held.findIndex(({ isAsked }) => isAsked);
        const free = next < 0 ? held : held.slice(0, next);
        held = next < 0 ? [] : held.slice(next);
        for (const { frame } of free) subscriber.next({ frame, speechProbability: undefined });
      };

      subscriber.add(
        asked$.pipe(score).subscribe({
          next: (scored) => {
            held.shift();
            subscriber.next(scored);
            passOn();
          },
          error: (error) => subscriber.error(error),
          complete: () => subscriber.complete(),
        }),
      );
      subscriber.add(
        windows$.subscribe({
          next: (frame) => {
            const isAsked = isWanted();
            if (isAsked && !wasWanted) began();
            wasWanted = isAsked;
            held.push({ frame, isAsked });
            if (isAsked) asked$.next(frame);
            else if (held.length === 1) passOn();
          },
          error: (error) => subscriber.error(error),
          complete: () => asked$.complete(),
        }),
      );
    });
}
