import { defineConfig } from 'tsup';
import { entryPoints } from './scripts/entry-points.mjs';

// Declarations come from tsc: tsup's own fail on current TypeScript.
export default defineConfig({
  entry: entryPoints(),
  format: ['esm'],
  target: 'node20',
  platform: 'node',
  splitting: true,
  sourcemap: true,
  clean: true,
  dts: false,
});
