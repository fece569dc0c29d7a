import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Whether this is a checkout; else it is what was built of it, in the package. */
const isSource = import.meta.url.endsWith('.ts');

/** Built, this code may be in a shared chunk anywhere under `dist`, so the package is asked where it is. */
const root = isSource
  ? fileURLToPath(new URL('../..', import.meta.url))
  : dirname(createRequire(import.meta.url).resolve('earshot/package.json'));

const folder = join(root, isSource ? 'examples/demo' : 'dist/demo');

/** A file of the demo itself, by its path below this folder. */
export const demoFile = (path: string): string => join(folder, path);

/** The sentences of the reference server that were rendered ahead. */
export const promptsFolder = isSource ? join(root, 'examples/reference-server/prompts') : demoFile('prompts');

/** The fillers that ship with the package. */
export const shippedFillers = join(root, 'assets/fillers/en');

/** The reference server as a program, and how Node runs it. Resolved from here: Node would look for `tsx` in the working directory. */
export const referenceServer = (): { readonly file: string; readonly nodeOptions: readonly string[] } =>
  isSource
    ? {
        file: join(root, 'examples/reference-server/main.ts'),
        nodeOptions: ['--import', import.meta.resolve('tsx')],
      }
    : { file: demoFile('reference-server.js'), nodeOptions: [] };

/** How the command of the package is called from here. */
export const earshotCommand = isSource ? 'npm run earshot --' : 'earshot';
