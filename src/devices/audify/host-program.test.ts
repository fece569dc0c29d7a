import { createRequire } from 'node:module';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { describe, expect, it, vi } from 'vitest';
import { findHostProgram } from './host-program.js';

vi.unmock('./host-program.js');

describe('the program of the audio host', () => {
  it('is beside this code when that is run from sources, and tsx runs it', () => {
    const program = findHostProgram();

    expect(program.file).toBe(fileURLToPath(new URL('./host.ts', import.meta.url)));
    expect(program.nodeOptions).toEqual([
      '--import',
      pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href,
    ]);
  });

  it('is where it was built in the package, wherever in there this code has come to', () => {
    const root = fileURLToPath(new URL('../../../', import.meta.url));

    for (const chunk of ['dist/chunk-ABCDEF.js', 'dist/devices/audify/index.js']) {
      expect(findHostProgram(pathToFileURL(`${root}${chunk}`).href)).toEqual({
        file: `${root}dist/devices/audify/host.js`,
        nodeOptions: [],
      });
    }
  });

  it('is not found in a bundle outside of any package, and the way out is told', () => {
    expect(() => findHostProgram('file:///nowhere/app.js')).toThrow(/DEVICE_BACKEND.*bundle.*hosted: false/);
  });
});
