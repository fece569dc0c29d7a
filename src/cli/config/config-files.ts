import { createRequire } from 'node:module';
import { dirname, isAbsolute, join, resolve } from 'node:path';

/** A path of a config, which is meant from the folder of the config. */
export function pathFrom(folder: string, path: string): string {
  return isAbsolute(path) ? path : resolve(folder, path);
}

/** A model, which is a folder when it begins like one, and else a name on a hub. */
export function modelFrom(folder: string, model: string): string {
  return /^\.{1,2}[\\/]/.test(model) ? pathFrom(folder, model) : model;
}

/** The same of some of the options, where they are given. */
export function withPaths<T extends object>(folder: string, options: T, names: readonly (keyof T)[]): T {
  const changed = { ...options };
  for (const name of names) {
    const path = options[name];
    if (typeof path === 'string') changed[name] = pathFrom(folder, path) as T[typeof name];
  }
  return changed;
}

/** The English recordings that come with earshot. */
export function shippedFillers(): { readonly directory: string; readonly voice: string } {
  const manifest = createRequire(import.meta.url).resolve('earshot/package.json');
  return { directory: join(dirname(manifest), 'assets', 'fillers', 'en'), voice: 'allison' };
}
