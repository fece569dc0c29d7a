import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

const source = fileURLToPath(new URL('./src/', import.meta.url));

export default defineConfig({
  resolve: {
    alias: [
      { find: /^earshot$/, replacement: `${source}index.ts` },
      { find: /^earshot\/(.+)$/, replacement: `${source}$1/index.ts` },
    ],
  },
  test: {
    include: ['src/**/*.test.ts', 'test/**/*.test.ts', 'examples/**/*.test.ts'],
    testTimeout: 30_000,
    // onnxruntime-node is a native addon: one process per file, never two threads of one process.
    pool: 'forks',
  },
});
