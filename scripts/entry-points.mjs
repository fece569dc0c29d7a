import { readFileSync } from 'node:fs';

const manifest = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'));

/** The subpaths of the package that are code, without the leading './'; '' is the package itself. */
export const subpaths = Object.entries(manifest.exports)
  .filter(([, target]) => typeof target === 'object')
  .map(([subpath]) => subpath.replace(/^\.\/?/, ''));

/** What is built: one entry for each subpath of `exports`, so that the two cannot drift apart. */
export function entryPoints() {
  return Object.fromEntries(
    subpaths.map((subpath) =>
      subpath === '' ? ['index', 'src/index.ts'] : [`${subpath}/index`, `src/${subpath}/index.ts`],
    ),
  );
}
