import { cpSync } from 'node:fs';
import { defineConfig } from 'tsup';
import { demoFiles, entryPoints } from './scripts/entry-points.mjs';

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
  async onSuccess() {
    for (const [target, source] of Object.entries(demoFiles))
      cpSync(source, `dist/${target}`, { recursive: true, filter: (path) => !path.endsWith('.ts') });
  },
});
