import { describe, expect, it } from 'vitest';
import { ModelError, SpeechError } from '../errors.js';
import { reasonFor } from './fallback-watch.js';

const speechError = (init: { readonly retryable: boolean; readonly cause?: unknown }) =>
  new SpeechError('SYNTHESIS_FAILED', 'no; see the cause', init);

describe('why another one was asked', () => {
  it.each([
    ['a text that cannot be said', speechError({ retryable: false }), 'refused'],
    ['what may work the next time', speechError({ retryable: true }), 'failed'],
    [
      'a model that cannot be loaded, which has nothing to do with the text',
      speechError({ retryable: false, cause: new ModelError('MODEL_LOAD_FAILED', 'no file; give one') }),
      'failed',
    ],
    [
      'a text that cannot be said, as something beneath it said',
      speechError({ retryable: false, cause: speechError({ retryable: false }) }),
      'refused',
    ],
    ['an error that is none of speech', new ModelError('MODEL_LOAD_FAILED', 'no file; give one'), 'failed'],
  ] as const)('%s', (_, error, reason) => {
    expect(reasonFor(error, 'SYNTHESIS_FAILED')).toBe(reason);
  });
});
