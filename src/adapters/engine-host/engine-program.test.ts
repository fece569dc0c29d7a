import { existsSync } from 'node:fs';
import { describe, expect, it, vi } from 'vitest';
import { findEngineProgram } from './engine-program.js';

vi.unmock('./engine-program.js');

describe('findEngineProgram', () => {
  it('runs the source from sources', () => {
    const { file, nodeOptions } = findEngineProgram('adapters/engine-host/serve-engine');

    expect(file).toMatch(/src[\\/]adapters[\\/]engine-host[\\/]serve-engine\.ts$/);
    expect(existsSync(file)).toBe(true);
    expect(nodeOptions).toEqual(['--import', expect.stringContaining('tsx')]);
  });

  it('runs what was built, wherever in the package this code was put', () => {
    const chunk = import.meta.url.replace(/src[\\/].*/, 'dist/chunk-ABC.js');

    expect(findEngineProgram('adapters/kokoro/engine', chunk)).toMatchObject({
      file: expect.stringMatching(/dist[\\/]adapters[\\/]kokoro[\\/]engine\.js$/),
      nodeOptions: [],
    });
  });

  it('says what to do when it was cut out of its package by a bundler', () => {
    expect(() => findEngineProgram('adapters/kokoro/engine', 'file:///srv/app/bundle.js')).toThrowError(
      /MODEL_LOAD_FAILED.*bundled.*keep earshot out of the bundle/,
    );
  });
});
