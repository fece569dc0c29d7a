import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { transformersOf } from './kokoro-library.js';

describe('the transformers.js that is imported for kokoro-js', () => {
  let folder: string;
  beforeAll(() => {
    folder = realpathSync(mkdtempSync(join(tmpdir(), 'kokoro-library-')));
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it('trap: two copies would load two versions of onnxruntime into one process; it is the copy of kokoro-js', () => {
    const nested = install('@huggingface/transformers', 'node_modules/kokoro-js', {
      node: { import: { types: './t.d.ts', default: './dist/node.mjs' }, require: './dist/node.cjs' },
      default: './dist/web.js',
    });
    install('@huggingface/transformers', '.', './other.js');

    expect(fileURLToPath(transformersOf(join(folder, 'node_modules/kokoro-js/dist/kokoro.js')))).toBe(
      join(nested, 'dist/node.mjs'),
    );
  });

  it('trap: the twins for CommonJS and for modules have settings of their own; it is the one that kokoro-js imports', async () => {
    const file = createRequire(import.meta.url).resolve('kokoro-js');

    expect(transformersOf(file)).toMatch(/transformers[\\/]dist[\\/]transformers\.node\.mjs$/);
  });

  function install(name: string, inFolder: string, exports: unknown): string {
    const place = join(folder, inFolder, 'node_modules', name);
    mkdirSync(join(place, 'dist'), { recursive: true });
    writeFileSync(join(place, 'package.json'), JSON.stringify({ name, exports }));
    for (const file of ['dist/node.mjs', 'dist/node.cjs', 'dist/web.js', 'other.js'])
      writeFileSync(join(place, file), '');
    return place;
  }
});
