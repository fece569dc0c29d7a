import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';
import { LongestFirst } from './test/support/longest-first.js';

const source = fileURLToPath(new URL('./src/', import.meta.url));

const kioskTests = '**/*.kiosk.test.ts';

export default defineConfig({
  resolve: {
    alias: [
      { find: /^earshot$/, replacement: `${source}index.ts` },
      { find: /^earshot\/(.+)$/, replacement: `${source}$1/index.ts` },
    ],
  },
  test: {
    globalSetup: 'test/support/built-programs/build-programs.ts',
    setupFiles: 'test/support/built-programs/use-built-programs.ts',
    testTimeout: 30_000,
    sequence: { sequencer: LongestFirst },
    // onnxruntime-node is a native addon: one process per file, never two threads of one process.
    pool: 'forks',
    projects: [
      {
        extends: true,
        test: {
          name: 'main',
          include: ['src/**/*.test.ts', 'test/**/*.test.ts', 'examples/**/*.test.ts', 'bench/**/*.test.ts'],
          exclude: [kioskTests],
          // Most of these wait for programs and sockets: more workers than cores, where the usual is one fewer.
          maxWorkers: availableParallelism() + 2,
          sequence: { groupOrder: 0 },
        },
      },
      {
        // Real sound servers, in real time, when nothing else keeps the machine busy. They mostly wait, so three files at a time.
        extends: true,
        test: {
          name: 'kiosk',
          include: [kioskTests],
          exclude: ['node_modules/**', 'dist/**'],
          testTimeout: 60_000,
          hookTimeout: 60_000,
          maxWorkers: 3,
          // In real time a machine that stands still for a moment spoils what it falls on; not twice in a row.
          retry: 1,
          sequence: { groupOrder: 1 },
        },
      },
    ],
  },
});
