import type { Observable } from 'rxjs';
import type { GenerationOutcome } from './generation.js';
import type { Wish } from './signals.js';

/** Makes the first generation, unless somebody wishes meanwhile to stop. */
export async function startGeneration(
  wishes$: Observable<Wish>,
  create: (stop: AbortSignal) => Promise<GenerationOutcome>,
): Promise<GenerationOutcome | Exclude<Wish, 'reload'>> {
  const stopping = new AbortController();
  let stoppedBy: Exclude<Wish, 'reload'> | undefined;
  const listening = wishes$.subscribe((wish) => {
    // It is being read already.
    if (wish === 'reload') return;
    stoppedBy ??= wish;
    stopping.abort(new Error('stopped'));
  });
  try {
    const outcome = await create(stopping.signal);
    if (stoppedBy === undefined) return outcome;
    await outcome.generation?.composed.close();
    return stoppedBy;
  } catch (error) {
    if (stoppedBy !== undefined) return stoppedBy;
    throw error;
  } finally {
    listening.unsubscribe();
  }
}
