import type { Observable } from 'rxjs';
import { OptionError } from '../errors.js';
import type { FallbackReport } from '../ports/fallback-report.js';
import type { Synthesizer } from '../ports/synthesizer.js';
import type { Transcriber } from '../ports/transcriber.js';
import { type FallbackOptions, resolveFallbackOptions } from './fallback-options.js';
import { synthesizerWithFallback } from './fallback-synthesizer.js';
import { transcriberWithFallback } from './fallback-transcriber.js';

/** What somebody may watch of several that stand in for each other. @public */
export interface WithReports {
  /** Who is used, and each time it is not the first. A pipeline tells the same on its `events$`. Hot; never completes, never errors. */
  readonly reports$: Observable<FallbackReport>;
}

/**
 * Several synthesizers, or several transcribers, in the order of preference, as one: each request is answered by the first that answers in time.
 *
 * @remarks
 * Synthesizers: one that fails or gives no frame within `answerMs` is unsubscribed, and the next one speaks the text from its beginning. Once a voice has begun it is not changed:
 * what breaks off errors, and whoever asks again gets the next one.
 * Transcribers: one that fails is replaced by the next one, which gets the utterance from its beginning (of more than two minutes the last two); so is one that has not given its final
 * transcript `answerMs` after the end of the utterance. `tellsPartials` is that of the first.
 * Layout: that of the first; the audio of the others is converted.
 * Late: many can do one thing at a time only, so that a second request waits for the first. A request waits from when it was asked, or from the last sign of one that was asked of
 * the same synthesizer or transcriber before it, whichever is later; the end of that one, or its being unsubscribed, is such a sign. One that is still busy with what was unsubscribed may count
 * as late: `answerMs` should leave it the time to stop.
 * Health: one that failed `failuresUntilDown` times is passed over, and tried again with the text or the utterance of a request, after that was answered, its result thrown away. It may take
 * `lastAnswerMs` to start then, and answers once more in time; then it is as good as before.
 * What none of them can do counts against none, unless it was too late; nor does what one refuses: its own `SYNTHESIS_FAILED` or `TRANSCRIPTION_FAILED` that is not retryable. When all are down all are asked.
 * Bound: every wait has one; the last one left has `lastAnswerMs`, or `answerMs` where that is longer.
 * Errors with `SpeechError` `SYNTHESIS_FAILED` or `TRANSCRIPTION_FAILED`, which names what each of them said.
 * @throws OptionError `OPTION_INVALID`, for an empty list too.
 * @public
 */
export function withFallback(
  synthesizers: readonly Synthesizer[],
  options?: Partial<FallbackOptions>,
): Synthesizer & WithReports;
/** @public */
export function withFallback(
  transcribers: readonly Transcriber[],
  options?: Partial<FallbackOptions>,
): Transcriber & WithReports;
export function withFallback(
  all: readonly Synthesizer[] | readonly Transcriber[],
  options: Partial<FallbackOptions> = {},
): (Synthesizer | Transcriber) & WithReports {
  const settings = resolveFallbackOptions(options);
  if (all.length === 0) {
    throw new OptionError('OPTION_INVALID', 'withFallback: the list must hold at least one, but is empty');
  }
  return areSynthesizers(all)
    ? synthesizerWithFallback(all, settings)
    : transcriberWithFallback(all, settings);
}

const areSynthesizers = (
  all: readonly Synthesizer[] | readonly Transcriber[],
): all is readonly Synthesizer[] => all.every((one) => 'synthesize' in one);
