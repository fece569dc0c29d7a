import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { AutoTokenizer, StyleTextToSpeech2Model } from '@huggingface/transformers';
import { KokoroTTS } from 'kokoro-js';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  kokoroRateHz,
  samplesPerToken,
  syntheticKokoro,
  tokenHz,
  tokenOf,
  voiceFactor,
} from './kokoro-model.js';
import { writeModel } from './model-folder.js';
import { costOf } from './realistic-cost.js';

let folder: string;
let kokoro: KokoroTTS;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'synthetic-kokoro-'));
  writeModel(folder, syntheticKokoro());
  kokoro = await KokoroTTS.from_pretrained(folder, { dtype: 'q8' });
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const tokenIds = (phonemes: string) =>
  kokoro.tokenizer(phonemes, { truncation: true }).input_ids as { dims: number[]; data: BigInt64Array };

describe('a synthetic Kokoro under the real kokoro-js', () => {
  it('says an English text, for as long as it has tokens', async () => {
    const { audio, sampling_rate } = await kokoro.generate('Hmm, let me see.', { voice: 'af_heart' });

    expect(sampling_rate).toBe(kokoroRateHz);
    expect(audio.length % samplesPerToken).toBe(0);
    expect(audio.length).toBeGreaterThan(10 * samplesPerToken);
    expect(rms(audio)).toBeGreaterThan(0.05);
    expect(Math.max(...audio)).toBeLessThanOrEqual(0.4);
  });

  it('makes the tone of each token, moved by the voice, and silence for punctuation', async () => {
    const ids = tokenIds('hələʊ, x');
    expect([...ids.data].map(Number)).toEqual([0, ...[...'hələʊ, x'].map((phoneme) => tokenOf(phoneme)), 0]);

    for (const voice of ['af_heart', 'am_michael'] as const) {
      const { audio } = await kokoro.generate_from_ids(ids as never, { voice });
      const factor = voiceFactor(styleOf(voice, ids.data.length - 2));
      for (const [index, id] of ids.data.entries()) {
        const piece = audio.subarray(index * samplesPerToken, (index + 1) * samplesPerToken);
        const hz = tokenHz(Number(id)) * factor;
        if (hz === 0) expect(rms(piece)).toBe(0);
        else expect(power(piece, hz)).toBeGreaterThan(5 * power(piece, hz + 100));
      }
    }
  });

  it('takes half as long at twice the speed', async () => {
    const once = await kokoro.generate('One moment, please.', { speed: 1 });
    const twice = await kokoro.generate('One moment, please.', { speed: 2 });

    expect(twice.audio.length).toBe(once.audio.length / 2);
  });

  it('cuts what is longer than 510 tokens without a word, as the real one does', async () => {
    const ids = tokenIds('a'.repeat(600));

    expect(ids.dims).toEqual([1, 512]);
    const { audio } = await kokoro.generate_from_ids(ids as never, { voice: 'af_heart' });
    expect(audio.length).toBe(512 * samplesPerToken);
  });

  it('costs what it is asked to cost, and says the same', async () => {
    const dear = join(folder, 'dear');
    writeModel(dear, syntheticKokoro({ dtypes: ['fp32'], cost: await costOf({ msPerRow: 6 }) }));
    const options = { dtype: 'fp32', session_options: { intraOpNumThreads: 1 } } as const;
    const costly = new KokoroTTS(
      await StyleTextToSpeech2Model.from_pretrained(dear, options as never),
      await AutoTokenizer.from_pretrained(dear),
    );
    const ids = tokenIds('hələʊ hələʊ hələʊ hələʊ hələʊ hələʊ');
    const cpuMs = async (tts: KokoroTTS) => {
      const before = process.cpuUsage();
      const { audio } = await tts.generate_from_ids(ids as never);
      const { user, system } = process.cpuUsage(before);
      return { audio, ms: (user + system) / 1000 };
    };
    const { audio } = await cpuMs(kokoro);
    const measured = await cpuMs(costly);

    expect(measured.audio).toEqual(audio);
    // 37 tokens of 6 ms each, in CPU time; how fast the CPU is at the moment is not ours to say.
    expect(measured.ms).toBeGreaterThan(37 * 6 * 0.4);
    expect(measured.ms).toBeLessThan(37 * 6 * 4);
  });
});

function styleOf(voice: string, spokenTokens: number): Float32Array {
  const require = createRequire(import.meta.url);
  const file = join(dirname(require.resolve('kokoro-js')), `../voices/${voice}.bin`);
  const bytes = readFileSync(file);
  const all = new Float32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4);
  return all.subarray(256 * spokenTokens, 256 * (spokenTokens + 1));
}

const rms = (samples: Float32Array) =>
  Math.sqrt(samples.reduce((sum, sample) => sum + sample * sample, 0) / samples.length);

function power(samples: Float32Array, hz: number): number {
  let [re, im] = [0, 0];
  for (const [n, sample] of samples.entries()) {
    const angle = (2 * Math.PI * hz * n) / kokoroRateHz;
    re += sample * Math.cos(angle);
    im += sample * Math.sin(angle);
  }
  return re * re + im * im;
}
