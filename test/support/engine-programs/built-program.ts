import { mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'tsup';
import type { EngineProgram } from '../../../src/adapters/engine-host/index.js';

/** A program of an engine, built. */
export interface BuiltProgram {
  readonly program: EngineProgram;
  remove(): Promise<void>;
}

/**
 * Build a program of an engine, for tests that start it often: from its source tsx compiles it at each start, which takes longer than
 * most of these tests.
 *
 * @param source - relative to the project, such as `src/adapters/kokoro/engine.ts`.
 */
export async function buildProgram(source: string): Promise<BuiltProgram> {
  const root = fileURLToPath(new URL('../../../', import.meta.url));
  // Inside of the project, or it would not find its packages.
  const outDir = await mkdtemp(join(root, 'node_modules', '.engine-'));
  await build({
    entry: { engine: join(root, source) },
    outDir,
    format: ['esm'],
    target: 'node20',
    platform: 'node',
    config: false,
    silent: true,
    // A folder of packages has no type of its own.
    outExtension: () => ({ js: '.mjs' }),
  });
  return {
    program: { file: join(outDir, 'engine.mjs'), nodeOptions: [] },
    remove: () => rm(outDir, { recursive: true, force: true }),
  };
}
