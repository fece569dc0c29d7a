import { defer, Subject, tap } from 'rxjs';
import type { Synthesizer } from '../ports/synthesizer.js';
import type { Upstream, UpstreamRequest } from '../ports/upstream.js';
import { speakText } from './speak-text.js';
import type { SpeakTextOptions } from './speak-text-options.js';

/**
 * An upstream whose text replies are spoken on the device: `speakText` with the requests of each session wired to it, so that a barge-in cuts, and what was
 * heard bounds what is synthesised ahead. Which of several voices speaks is told on the pipeline's `events$`.
 *
 * @param options - as of `speakText`, without `requests$`.
 * @throws OptionError `OPTION_INVALID`.
 * @public
 */
export function withSpeech(
  upstream: Upstream,
  synthesizer: Synthesizer,
  options: Partial<Omit<SpeakTextOptions, 'requests$'>> = {},
): Upstream {
  // A bad option is told where it is given.
  speakText(synthesizer, options);
  const reports$ = synthesizer.reports$ ?? upstream.reports$;
  return {
    accepts: upstream.accepts,
    ...(upstream.acceptsPartials !== undefined && { acceptsPartials: upstream.acceptsPartials }),
    format: upstream.format,
    ...(reports$ && { reports$ }),
    openSession: (requests$) =>
      defer(() => {
        const taken$ = new Subject<UpstreamRequest>();
        return upstream
          .openSession(requests$.pipe(tap((request) => taken$.next(request))))
          .pipe(speakText(synthesizer, { ...options, requests$: taken$ }));
      }),
  };
}
