import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type AutomaticSpeechRecognitionPipeline, pipeline } from '@huggingface/transformers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { writeModel } from './model-folder.js';
import { syntheticMoonshine } from './moonshine-model.js';
import { letters, spell } from './tone-alphabet.js';

let folder: string;
let listen: AutomaticSpeechRecognitionPipeline;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'synthetic-moonshine-'));
  writeModel(folder, syntheticMoonshine());
  listen = await pipeline('automatic-speech-recognition', folder, { dtype: 'q8' });
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const textOf = async (samples: Float32Array, maxNewTokens = 100) => {
  const said = await listen(samples, { max_new_tokens: maxNewTokens } as never);
  return Array.isArray(said) ? undefined : said.text;
};

const shifted = (samples: Float32Array, by: number) => {
  const longer = new Float32Array(samples.length + by + 700);
  longer.set(samples, by);
  return longer;
};

describe('a synthetic Moonshine under the real pipeline of transformers.js', () => {
  it('reads every letter', async () => {
    const text = letters.join('');

    expect(await textOf(spell(text))).toBe(text);
  });

  it('reads the same letter twice, at any place in the audio, loud or soft', async () => {
    for (let by = 0; by < 640; by += 53) {
      expect(await textOf(shifted(spell('turn off all the lights', by % 2 ? 0.9 : 0.2), by))).toBe(
        'turn off all the lights',
      );
    }
  });

  it('reads through noise', async () => {
    const noisy = spell('what is the weather like').map((sample, n) => sample + 0.1 * Math.sin(n * n));

    expect(await textOf(noisy)).toBe('what is the weather like');
  });

  it('reads as much as has been said so far', async () => {
    const samples = spell('hello world');

    expect(await textOf(samples.subarray(0, samples.length / 2))).toMatch(/^hello ?$/);
  });

  it('writes nothing for silence', async () => {
    expect(await textOf(new Float32Array(16_000))).toBe('');
  });

  it('is cut short by the token limit that the pipeline chooses by itself, as the real one is', async () => {
    const said = await listen(spell('hi'));

    expect(said).not.toMatchObject({ text: 'hi' });
    expect(await textOf(spell('hi'), 16)).toBe('hi');
  });
});
