import { ModelError } from '../../core/errors.js';
import type { OnnxSession } from './onnx-runtime.js';

/**
 * A session that may be released while it is in use: runs under way are waited for, at most `maxWaitMs`, and later
 * ones are refused. The native session must not be freed under a run.
 */
export function closableSession(session: OnnxSession, maxWaitMs: number): OnnxSession {
  const underWay = new Set<Promise<unknown>>();
  let released: Promise<void> | undefined;

  const release = async () => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const waited = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, maxWaitMs);
    });
    await Promise.race([Promise.allSettled(underWay), waited]);
    clearTimeout(timer);
    await session.release();
  };

  return {
    inputNames: session.inputNames,
    outputNames: session.outputNames,
    async run(feeds, fetches) {
      if (released !== undefined) {
        throw new ModelError('MODEL_INFERENCE_FAILED', 'the detector was closed; load it again');
      }
      const run = session.run(feeds, fetches);
      underWay.add(run);
      try {
        return await run;
      } finally {
        underWay.delete(run);
      }
    },
    release() {
      released ??= release();
      return released;
    },
  };
}
