import { availableParallelism } from 'node:os';
import { VoiceError } from '../../core/errors.js';

/** Threads of inference, when nobody says how many: one core is left to the loop. */
export const threadsFor = (given: number | undefined): number =>
  given ?? Math.max(1, availableParallelism() - 1);

/**
 * Look for the package that an engine runs on before anything is downloaded for it.
 *
 * @param find - throws when it is not there.
 * @throws VoiceError `PEER_MISSING`, with what to run.
 */
export function assertInstalled(packageName: string, version: string, find: () => unknown): void {
  try {
    find();
  } catch (cause) {
    throw new VoiceError(
      'PEER_MISSING',
      `${packageName} is not installed; run: npm install ${packageName}@${version}`,
      { cause },
    );
  }
}
