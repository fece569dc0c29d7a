import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pipeline } from '@huggingface/transformers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { writeModel } from './model-folder.js';
import { letters, spell } from './tone-alphabet.js';
import { syntheticWhisper } from './whisper-model.js';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'synthetic-whisper-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

describe.each([
  [false, {}],
  [true, { language: 'ru', task: 'transcribe' }],
])(
  'a synthetic Whisper under the real pipeline of transformers.js, multilingual: %s',
  (isMultilingual, told) => {
    it('reads every letter, anywhere, and nothing in silence', async () => {
      const dir = join(folder, String(isMultilingual));
      writeModel(dir, await syntheticWhisper({ isMultilingual }));
      const listen = await pipeline('automatic-speech-recognition', dir, { dtype: 'fp32' });
      const textOf = async (samples: Float32Array) => {
        const said = await listen(samples, { max_new_tokens: 100, ...told } as never);
        return Array.isArray(said) ? undefined : said.text;
      };
      const late = new Float32Array(60_000);
      late.set(spell('turn on the light'), 777);

      expect(await textOf(spell(letters.join('')))).toBe(letters.join(''));
      expect(await textOf(late)).toBe('turn on the light');
      expect(await textOf(new Float32Array(16_000))).toBe('');
    });
  },
);
