import { readFileSync } from 'node:fs';

const manifest = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'));

/** The subpaths of the package that are code, without the leading './'; '' is the package itself. */
export const subpaths = Object.entries(manifest.exports)
  .filter(([, target]) => typeof target === 'object')
  .map(([subpath]) => subpath.replace(/^\.\/?/, ''));

/** The commands of the package, each with its built file, relative to `dist` and without its ending. */
export const commands = Object.entries(manifest.bin).map(([name, path]) => [
  name,
  path.replace(/^\.\/dist\/|\.js$/g, ''),
]);

/** What is built: one entry for each subpath of `exports` and each command of `bin`, so that they cannot drift apart. */
export function entryPoints() {
  return Object.fromEntries([
    ...subpaths.map((subpath) =>
      subpath === '' ? ['index', 'src/index.ts'] : [`${subpath}/index`, `src/${subpath}/index.ts`],
    ),
    ...commands.map(([, path]) => [path, `src/${path}.ts`]),
  ]);
}
