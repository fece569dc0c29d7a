import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Whether this runs from the sources of a checkout. */
export const isSource = import.meta.url.endsWith('.ts');

/**
 * The folder of the package that this code belongs to.
 *
 * Built, this code may be in a shared chunk anywhere under `dist`, so the package is asked where it is.
 */
export function packageFolder(): string {
  return isSource
    ? fileURLToPath(new URL('../..', import.meta.url))
    : dirname(createRequire(import.meta.url).resolve('earshot/package.json'));
}

export function packageVersion(): string {
  const manifest: unknown = JSON.parse(readFileSync(join(packageFolder(), 'package.json'), 'utf8'));
  return (manifest as { readonly version: string }).version;
}
