import type { VoiceError } from '../errors.js';

/** What a button or a light tells of itself, beside what it is for. @public */
export type ControlReport =
  | { readonly type: 'opened' }
  /** It is gone, and is opened again after `retryInMs`. Units: ms. */
  | { readonly type: 'lost'; readonly error: VoiceError; readonly retryInMs: number };
