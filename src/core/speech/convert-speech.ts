import { defer, identity, type MonoTypeOperatorFunction, map, tap } from 'rxjs';
import { type PcmFormat, sameFormat } from '../audio/audio-frame.js';
import { convertTo } from '../operators/convert-to.js';
import type { SpokenFrame } from '../ports/synthesizer.js';

/** As `convertTo`, for the speech of one voice: what says nothing in one layout says nothing in another. */
export function convertSpeech(from: PcmFormat, to: PcmFormat): MonoTypeOperatorFunction<SpokenFrame> {
  if (sameFormat(from, to)) return identity;
  const convert = convertTo(to);
  return (speech$) =>
    defer(() => {
      let saysNothing = false;
      return speech$.pipe(
        tap((frame: SpokenFrame) => {
          saysNothing = frame.saysNothing === true;
        }),
        convert,
        map((frame): SpokenFrame => (saysNothing ? { ...frame, saysNothing } : frame)),
      );
    });
}
