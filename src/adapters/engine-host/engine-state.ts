import type { VoiceError } from '../../core/errors.js';

/** How an engine in a child process is. @public */
export type EngineState =
  /** There is no child: none was needed yet, or it was not for a while. The next request starts one. */
  | { readonly type: 'cold' }
  /** A child starts and loads its model. `doing` says in words how far it is. */
  | { readonly type: 'starting'; readonly pid: number | undefined; readonly doing: string }
  | { readonly type: 'ready'; readonly pid: number | undefined }
  | { readonly type: 'busy'; readonly pid: number | undefined }
  /** The child failed or was ended for a reason. `retryInMs`: when another is tried, if there is need of it. */
  | { readonly type: 'failed'; readonly error: VoiceError; readonly retryInMs: number }
  | { readonly type: 'closed' };
