import { ignoreElements, merge, type Observable, ReplaySubject, Subject, takeUntil } from 'rxjs';
import { SpeechError } from '../errors.js';
import { convertTo } from '../operators/convert-to.js';
import type { FallbackReport } from '../ports/fallback-report.js';
import type { Synthesizer } from '../ports/synthesizer.js';
import { defaultFallbackOptions, type FallbackOptions } from './fallback-options.js';
import { createFallbackSpeech } from './fallback-speech.js';
import { createFallbackWatch } from './fallback-watch.js';
import { openedVoice } from './opened-voice.js';
import { asLadderEvent, type VoiceLadderEvent } from './voice-ladder-events.js';
import { checkRungs, resolveVoiceLadderOptions, type VoiceLadderOptions } from './voice-ladder-options.js';
import type { VoiceRung } from './voice-rung.js';

/** The best voice that works. @public */
export interface VoiceLadder extends Synthesizer {
  /** What it does, as `withFallback` tells it; a pipeline tells the same on its `events$`. Hot; never completes, never errors. */
  readonly reports$: Observable<FallbackReport>;
  /** The same by the names of its rungs. */
  readonly events$: Observable<VoiceLadderEvent>;
  /** Find a voice, from the top, before there is something to say. Completes when there is one; errors as `synthesize` does. */
  warmUp(): Observable<never>;
  /** Close every voice that was opened, at once; what is being said errors. Completes when they are closed. Idempotent. */
  close(): Observable<never>;
}

/**
 * Several voices as one `Synthesizer`, each opened when it is needed: the first of them that works speaks each text.
 *
 * @remarks
 * Order: `rungs` has the best first. The second is opened when the first is not ready in time, and so on. One that becomes
 * ready later, after a download, say, speaks from the next text on. A text waits for an opening where there is no other voice, for `openTimeoutMs` at most.
 *
 * Of those that are open, all is as with `withFallback`: a voice that fails or is late before its first sound hands the text down and is passed over for `restMs`,
 * then tried again behind a text that another one said; one that fails later errors, so that nothing is said twice. A text that one voice cannot say
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
  const { format, openingGraceMs, openTimeoutMs, scheduler, firstSoundMs, restMs, maxRestMs } = settings;
  checkRungs(rungs);
  // A bad layout is told where it is given.
  convertTo(format);
  const names = rungs.map(({ name }) => name);
  const fallback: FallbackOptions = {
    ...defaultFallbackOptions,
    answerMs: firstSoundMs,
    probeAfterMs: restMs,
    maxProbeAfterMs: maxRestMs,
    names,
    scheduler,
  };
  const watch = createFallbackWatch(names, 'SYNTHESIS_FAILED', fallback);
  const sources = rungs.map((rung, index) =>
    openedVoice({
      rung,
      openTimeoutMs,
      scheduler,
      opened: () => watch.opened(index),
      notOpened: (error) => watch.notOpened(index, error),
    }),
  );
  const speech = createFallbackSpeech({
    sources,
    format,
    watch,
    options: fallback,
    openingGraceMs,
    openTimeoutMs,
  });
  /** Errors when it is closed. */
  const closed$ = new Subject<never>();
  let closing: ReplaySubject<never> | undefined;

  return {
    format,
    engine: 'voice-ladder',
    voice: names.join('>'),
    speed: 1,
    reports$: watch.reports$,
    events$: watch.reports$.pipe(asLadderEvent((index) => sources[index]?.voice)),
    warmUp: () => speech.find().pipe(ignoreElements(), takeUntil(closed$)),
    synthesize: (text) => speech.synthesize(text).pipe(takeUntil(closed$)),
    close() {
      if (closing === undefined) {
        closing = new ReplaySubject<never>(1);
        closed$.error(new SpeechError('SYNTHESIS_FAILED', 'the ladder of voices was closed; create another'));
        speech.close();
        merge(...sources.map((source) => source.close())).subscribe(closing);
      }
      return closing.asObservable();
    },
  };
}
