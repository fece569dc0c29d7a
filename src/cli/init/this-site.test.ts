import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { recogniserModel } from '../../adapters/moonshine/index.js';
import { thisSite } from './this-site.js';

const cache = mkdtempSync(join(tmpdir(), 'this-site-'));
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(cache, { recursive: true, force: true });
});

describe('a model', () => {
  it('is there when all its files are, for whoever runs it: a service of the system has a folder of its own', async () => {
    const model = recogniserModel();
    const download = { name: 'moonshine-tiny', model, megabytes: 115 };
    vi.stubEnv('XDG_CACHE_HOME', cache);
    const folder = join(cache, 'earshot/models', model.id, model.revision);
    expect(await thisSite(undefined).hasModel(download)).toBe(false);
    for (const file of model.files) {
      expect(await thisSite(undefined).hasModel(download)).toBe(false);
      mkdirSync(join(folder, file, '..'), { recursive: true });
      writeFileSync(join(folder, file), '{}');
    }

    expect(await thisSite(undefined).hasModel(download)).toBe(true);
    expect(await thisSite('system').hasModel(download)).toBe(false);
  });
});
