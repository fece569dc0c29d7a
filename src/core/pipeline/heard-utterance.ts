import { defer, type Observable, ReplaySubject, share } from 'rxjs';
import type { AudioFrame } from '../audio/audio-frame.js';
import { convertTo } from '../operators/convert-to.js';
import type { Transcriber, Transcript } from '../ports/transcriber.js';

/** One utterance, kept whole so that its turn can be sent again. */
export interface HeardUtterance {
  readonly audio$: ReplaySubject<AudioFrame>;
  /**
   * What was said in it. Shared: whoever comes later gets the last transcript at once, and the recogniser runs once for all,
   * from the first subscription until the last is gone.
   */
  readonly transcripts$: Observable<Transcript> | undefined;
  heldMs: number;
  over: boolean;
  /** It belongs to more than was said in it, and its words are waited for until then only. Undefined while it stands alone. */
  dueMs: number | undefined;
}

export function heardUtterance(transcriber: Transcriber | undefined): HeardUtterance {
  const audio$ = new ReplaySubject<AudioFrame>();
  const transcripts$ =
    transcriber &&
    // A recogniser that throws when it is asked has failed like any other.
    defer(() => audio$.pipe(convertTo(transcriber.format), transcriber.transcribe())).pipe(
      share({ connector: () => new ReplaySubject(1), resetOnComplete: false, resetOnError: false }),
    );
  return { audio$, transcripts$, heldMs: 0, over: false, dueMs: undefined };
}
