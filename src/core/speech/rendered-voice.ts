import { defer, from, throwError } from 'rxjs';
import { type PcmFormat, sameFormat } from '../audio/audio-frame.js';
import { OptionError, SpeechError } from '../errors.js';
import type { FillerClip } from '../ports/filler-library.js';
import type { Synthesizer } from '../ports/synthesizer.js';
import { createSpeechFramer } from './speech-framer.js';

/**
 * What was rendered ahead, as a voice that can say that and nothing else: the top rung of a ladder of voices.
 *
 * @remarks
 * A text is found by its words: white space around and between them does not count, all else does. Another text errors with `SYNTHESIS_FAILED`, not retryable,
 * at once, and the next rung says it.
 *
 * Shape: `format`, frames of 20 ms, the last may be shorter. Order: all frames come synchronously on subscription.
 *
 * @param clips - as a `FillerLibrary` loads them; of two with one text the first is taken.
 * @param format - layout of every clip.
 * @throws OptionError `OPTION_INVALID` for a clip of another layout.
 * @public
 */
export function renderedVoice(clips: readonly FillerClip[], format: PcmFormat): Synthesizer {
  const byText = new Map<string, Float32Array>();
  for (const { text, audio, fillerId } of clips) {
    if (!sameFormat(audio.format, format)) {
      throw new OptionError(
        'OPTION_INVALID',
        `renderedVoice: the clip ${JSON.stringify(fillerId)} has ${audio.format.sampleRateHz} Hz and ${audio.format.channels} channels, not ` +
          `${format.sampleRateHz} Hz and ${format.channels}; load the clips in one layout`,
      );
    }
    if (!byText.has(wordsOf(text))) byText.set(wordsOf(text), audio.samples);
  }
  return {
    format,
    engine: 'rendered',
    voice: `${byText.size} texts`,
    speed: 1,
    synthesize: (text) =>
      defer(() => {
        const samples = byText.get(wordsOf(text));
        if (samples !== undefined && samples.length > 0) {
          const framer = createSpeechFramer(format);
          return from([...framer.push(samples), ...framer.end()]);
        }
        const shown = JSON.stringify(text.length > 60 ? `${text.slice(0, 60)}...` : text);
        return throwError(
          () =>
            new SpeechError(
              'SYNTHESIS_FAILED',
              `${shown} was not rendered ahead; put a voice that speaks below this one`,
            ),
        );
      }),
  };
}

const wordsOf = (text: string): string => text.normalize('NFC').trim().replace(/\s+/g, ' ');
