import { ModelError } from '../../core/errors.js';

/** The child went away while or before it worked. */
export const lost = (label: string, why: string): ModelError =>
  new ModelError('MODEL_INFERENCE_FAILED', `${label} was lost: ${why}; ask again`, { retryable: true });

/** The child went away before it was ready, or never came. */
export const notStarted = (label: string, why: string): ModelError =>
  new ModelError('MODEL_LOAD_FAILED', `${label} could not be started: ${why}; try again`, {
    retryable: true,
  });

export const unsendable = (label: string, cause: unknown): ModelError =>
  new ModelError(
    'MODEL_INFERENCE_FAILED',
    `${label} cannot be sent what was asked (${cause}); ask with plain values`,
    {
      cause,
    },
  );

export const closed = (label: string): ModelError =>
  new ModelError('MODEL_INFERENCE_FAILED', `${label} was closed; create another`);

export const tooMany = (label: string, waiting: number): ModelError =>
  new ModelError(
    'MODEL_INFERENCE_FAILED',
    `${label} has ${waiting} requests waiting, as many as maxWaiting; ask later`,
    { retryable: true },
  );
