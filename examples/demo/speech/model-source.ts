import { statSync } from 'node:fs';
import { resolve } from 'node:path';
import type { ModelSource } from '../speech-options.js';

/**
 * Where one model comes from, for whoever loads it.
 *
 * @param name - of the folder that holds the model, where the user has put it into the folder of models. What is not there
 * is kept in that folder as it comes from the hub.
 */
export function sourceOf(
  { folder, hub, offline }: ModelSource,
  name: string,
): { readonly offline: boolean; readonly source?: string; readonly model?: string; readonly store?: string } {
  const own = folder === null ? undefined : resolve(folder, name);
  const isThere = own !== undefined && statSync(own, { throwIfNoEntry: false })?.isDirectory() === true;
  return {
    offline,
    ...(hub !== null && { source: hub }),
    ...(folder !== null && (isThere ? { model: own } : { store: resolve(folder) })),
  };
}
