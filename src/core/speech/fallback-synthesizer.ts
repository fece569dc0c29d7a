import { of } from 'rxjs';
import type { Synthesizer } from '../ports/synthesizer.js';
import type { FallbackOptions } from './fallback-options.js';
import { createFallbackSpeech, type VoiceSource } from './fallback-speech.js';
import { createFallbackWatch, type FallbackWatch } from './fallback-watch.js';

/** @param synthesizers - at least one. */
export function synthesizerWithFallback(
  synthesizers: readonly Synthesizer[],
  options: FallbackOptions,
): Synthesizer & Pick<FallbackWatch, 'reports$'> {
  const [first] = synthesizers as readonly [Synthesizer, ...Synthesizer[]];
  const { format, voice, speed } = first;
  const sources = synthesizers.map((one, index): VoiceSource => {
    const name = options.names[index] ?? `${one.engine}/${one.voice}`;
    return { name, isOpen: true, within: () => of(one) };
  });
  const names = sources.map(({ name }) => name);
  const watch = createFallbackWatch(names, 'SYNTHESIS_FAILED', options);
  // Each is there: nobody waits for any to be opened.
  const waits = { openingGraceMs: 0, openTimeoutMs: 0 };
  const { synthesize } = createFallbackSpeech({ sources, format, watch, options, ...waits });
  return {
    format,
    engine: [...new Set(synthesizers.map(({ engine }) => engine))].join(' or '),
    voice,
    speed,
    reports$: watch.reports$,
    synthesize,
  };
}
