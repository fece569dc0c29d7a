import { Observable, type OperatorFunction } from 'rxjs';
import type { Synthesizer } from '../ports/synthesizer.js';
import type { UpstreamEvent } from '../ports/upstream.js';
import { resolveSpeakTextOptions, type SpeakTextOptions } from './speak-text-options.js';
import { createSpeakingDesk } from './speaking-desk.js';

/**
 * Speaks the replies that come as text without audio.
 *
 * ```text
 * in    started  text "One. Tw" text "o."  ended
 * out   started  text "One." audio audio  text " Two." audio audio  ended
 * ```
 *
 * @remarks
 * Which replies: the audio of the service is waited for until `audioGraceMs` after the first text; a reply that has any passes untouched, what comes later is dropped and counted
 * (`speech-audio-dropped`).
 * Order: clause by clause as they were written, however long each takes to synthesise. `reply-text` comes right before the audio that says it, with `atMs`: what was heard is known
 * to the clause. A clause that nobody can say and an earcon stands for has `saysNothing` and is never heard; of several in a row the first one sounds. `reply-ended` comes behind the last audio; a lost session is told then, too, since what was received is worth hearing. `action`, `tool-call` and all else pass at once.
 * Timing: the first audio comes as soon as the first clause does. Text without an end is divided after `clauses.maxHoldMs`, or when the loudspeaker is about to run dry, whichever is later.
 * Cancellation: a reply is cut as a whole by the request `reply-cancelled`, by the `reply-started` of another reply, and by unsubscription. The syntheses under way are unsubscribed
 * at once, and nothing of it follows but its `reply-ended` with reason `cancelled`.
 * Failure: a clause that fails is asked for once more if that may help, then left out: its text is not told, and `upstream-fact` `speech-clause-failed` tells which it was. After
 * `maxFailures` in a row, or when no clause could be spoken, the reply ends with reason `failed` once the service has ended it. Of a clause that breaks off for good, what came is heard and its text is told.
 * Bound: `maxParallel` clauses at a time, and no new one with `maxAheadMs` of speech ready and not heard. Text that waits: 100000 letters; more is dropped and counted (`speech-text-dropped`).
 * Completion: when the source completes, what came is spoken to its end first. An error passes at once.
 * @throws OptionError `OPTION_INVALID`.
 * @public
 */
export function speakText(
  synthesizer: Synthesizer,
  options: Partial<SpeakTextOptions> = {},
): OperatorFunction<UpstreamEvent, UpstreamEvent> {
  const settings = resolveSpeakTextOptions(options);
  return (source$) =>
    new Observable((subscriber) => {
      const desk = createSpeakingDesk(synthesizer, settings, {
        tell: (event) => subscriber.next(event),
        done: () => subscriber.complete(),
      });
      subscriber.add(desk.close);
      subscriber.add(settings.requests$?.subscribe({ next: desk.request, error: () => {} }));
      subscriber.add(
        source$.subscribe({
          next: desk.take,
          error: (error) => {
            desk.close();
            subscriber.error(error);
          },
          complete: desk.finish,
        }),
      );
    });
}
