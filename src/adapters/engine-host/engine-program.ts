import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { ModelError } from '../../core/errors.js';

/** A program that calls `serveEngine`, and how Node runs it. @public */
export interface EngineProgram {
  readonly file: string;
  /** Options of Node itself. */
  readonly nodeOptions: readonly string[];
}

/**
 * Find a program of this package.
 *
 * Built, this code may be in a shared chunk anywhere under `dist`, so the package is asked where it is. From sources, as in
 * its own tests, the program is found from this file, and tsx runs it.
 *
 * @param path - relative to `src` or `dist`, without the ending, such as `adapters/kokoro/engine`.
 * @param self - the file of this code.
 * @throws ModelError `MODEL_LOAD_FAILED` when this code was cut out of its package by a bundler.
 */
export function findEngineProgram(path: string, self: string = import.meta.url): EngineProgram {
  const require = createRequire(self);
  try {
    if (self.endsWith('.ts')) {
      const tsx = pathToFileURL(require.resolve('tsx')).href;
      return { file: fileURLToPath(new URL(`../../${path}.ts`, self)), nodeOptions: ['--import', tsx] };
    }
    const root = dirname(require.resolve('earshot/package.json'));
    return { file: join(root, `dist/${path}.js`), nodeOptions: [] };
  } catch (cause) {
    throw new ModelError(
      'MODEL_LOAD_FAILED',
      `the program ${path} was not found, as when earshot was bundled into another file; keep earshot out of the bundle`,
      { cause },
    );
  }
}
