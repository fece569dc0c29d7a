import { mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'tsup';
import type { TestProject } from 'vitest/node';

declare module 'vitest' {
  export interface ProvidedContext {
    /** The program of the audio host, built. */
    audioHostFile: string;
  }
}

/**
 * The audio host as users run it. From sources tsx compiles it at each start, which keeps a core or two busy for half a second: more than
 * all that these tests ask of a failure.
 *
 * @returns what removes it again.
 */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const root = fileURLToPath(new URL('../../', import.meta.url));
  // Inside of the project, or it would not find its packages.
  const outDir = await mkdtemp(join(root, 'node_modules', '.audio-host-'));
  await build({
    entry: { 'devices/audify/host': join(root, 'src/devices/audify/host.ts') },
    outDir,
    format: ['esm'],
    target: 'node20',
    platform: 'node',
    config: false,
    silent: true,
    // A folder of packages has no type of its own.
    outExtension: () => ({ js: '.mjs' }),
  });
  project.provide('audioHostFile', join(outDir, 'devices/audify/host.mjs'));
  return () => rm(outDir, { recursive: true, force: true });
}
