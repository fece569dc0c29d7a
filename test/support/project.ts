import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** The folder of the project, with a slash at its end. */
export const projectFolder = fileURLToPath(new URL('../../', import.meta.url));

/** Made by tools or by other people: not ours to judge. */
const notOurs = new Set(['node_modules', 'dist', 'demo-out', 'docs-out', 'coverage', '.git']);

/** Paths of all files with this ending below a folder of the project, relative to the project, sorted. */
export function projectFiles(ending: string, folder = ''): readonly string[] {
  return readdirSync(projectFolder + folder, { withFileTypes: true })
    .flatMap((entry) => {
      const path = folder === '' ? entry.name : `${folder}/${entry.name}`;
      if (entry.isDirectory())
        return notOurs.has(entry.name) || entry.name.startsWith('.programs-for-tests')
          ? []
          : projectFiles(ending, path);
      return path.endsWith(ending) ? [path] : [];
    })
    .sort();
}

/** A file of the project as text. */
export const readProjectFile = (path: string): string => readFileSync(projectFolder + path, 'utf8');
