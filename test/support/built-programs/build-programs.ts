import { copyFile, mkdtemp, rm, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { build } from 'tsup';
import type { TestProject } from 'vitest/node';
import { programs } from '../../../scripts/entry-points.mjs';
import { projectFolder } from '../project.js';

declare module 'vitest' {
  export interface ProvidedContext {
    /** Where the programs are that were built for these tests, each by its path below `src`. */
    programsFolder: string;
  }
}

/**
 * What tests start in processes of their own, built as users run it. From sources tsx compiles a program at each start, which keeps a core
 * busy for a second: more than what most tests ask of it.
 *
 * @returns what removes it again.
 */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  // Inside of the project, or they would not find its packages; and a package themselves, where one program looks for another.
  const folder = await mkdtemp(join(projectFolder, '.programs-for-tests-'));
  const outDir = join(folder, 'dist');
  await copyFile(join(projectFolder, 'package.json'), join(folder, 'package.json'));
  for (const name of ['assets', 'examples']) await symlink(join(projectFolder, name), join(folder, name));
  await build({
    entry: Object.fromEntries(
      [...programs, 'cli/main'].map((path) => [path, join(projectFolder, 'src', `${path}.ts`)]),
    ),
    outDir,
    format: ['esm'],
    target: 'node20',
    platform: 'node',
    splitting: true,
    config: false,
    silent: true,
  });
  project.provide('programsFolder', outDir);
  return () => rm(folder, { recursive: true, force: true });
}
