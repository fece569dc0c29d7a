import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type KokoroSynthesizer, loadKokoro } from 'earshot/adapters/kokoro';
import { loadMoonshine, type MoonshineTranscriber } from 'earshot/adapters/moonshine';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { convertSampleRate } from '../src/core/audio/sample-rate-converter.js';
import { leaveRooms, type OnDeviceRoom, onDeviceRoom } from './support/on-device-room.js';
import { syntheticKokoro } from './support/synthetic-models/kokoro-model.js';
import { writeModel } from './support/synthetic-models/model-folder.js';
import { syntheticMoonshine } from './support/synthetic-models/moonshine-model.js';
import { lengthMs, speak } from './support/synthetic-models/speaking.js';

const sentences = ['It is noon.', 'And this one is long enough to be cut somewhere.', 'This is never heard.'];
const short = ['It is noon.', 'Or almost.'];
const answers = { tell: sentences, short, more: short, '*': ['Fine.'] };

let folder: string;
let transcriber: MoonshineTranscriber;
let kokoro: KokoroSynthesizer;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'spoken-'));
  const [ears, mouth] = [join(folder, 'ears'), join(folder, 'mouth')];
  writeModel(ears, syntheticMoonshine({ dtypes: ['fp32'] }));
  writeModel(mouth, syntheticKokoro({ dtypes: ['fp32'] }));
  [transcriber, kokoro] = await Promise.all([
    loadMoonshine({ model: ears, threads: 1 }),
    loadKokoro({ model: mouth, threads: 1 }),
  ]);
}, 30_000);
afterAll(async () => {
  await Promise.all([transcriber?.close(), kokoro?.close()]);
  rmSync(folder, { recursive: true, force: true });
});

afterEach(leaveRooms);
const visit = (faults: OnDeviceRoom['faults'] = {}) =>
  onDeviceRoom({ transcriber, answers, speaker: { onDevice: kokoro }, faults });

/** What Kokoro says, as the loudspeaker plays it. */
async function spoken(...texts: readonly string[]) {
  const clauses = [];
  for (const text of texts) clauses.push(await speak(kokoro, text));
  const samples = Float32Array.from(clauses.flat().flatMap((frame) => [...frame.samples]));
  return {
    ms: clauses.map(lengthMs),
    samples: convertSampleRate(samples, kokoro.format.sampleRateHz, 48_000),
  };
}
/** Without what is silent: on a busy machine the loudspeaker may wait for more, in between. */
const sound = (samples: Float32Array) => samples.filter((sample) => sample !== 0);
/** Where the loudspeaker waited, instants of the events are a little off. Units: ms. */
const marginMs = 30;
const largestDifference = (a: Float32Array, b: Float32Array) =>
  a.reduce((largest, sample, at) => Math.max(largest, Math.abs(sample - (b[at] ?? 0))), 0);

describe('a StreamingService without a voice, understood and spoken on the device', () => {
  it('is heard to the end, sample for sample', async () => {
    const it_ = await visit();
    it_.say('short');
    await it_.until('the end of the answer', () => it_.of('playout-ended').length === 1);

    expect(it_.prompts).toEqual(['short']);
    const { ms, samples } = await spoken(...answers.short);
    const [firstMs = 0, secondMs = 0] = ms;
    expect(it_.of('reply-ended')).toMatchObject([{ reason: 'complete', text: answers.short.join(' ') }]);
    const [ended] = it_.of('playout-ended');
    expect(ended).toMatchObject({ reason: 'heard' });
    expect(ended?.heardMs).toBeCloseTo(firstMs + secondMs, 0);
    const heard = sound(it_.heard(0, (ended?.atMs ?? 0) + marginMs));
    expect(heard.length).toBe(sound(samples).length);
    expect(largestDifference(heard, sound(samples))).toBeLessThan(1e-4);
  }, 60_000);

  it('is cut in the second sentence: what was heard is told to the word, and nothing of the rest is heard', async () => {
    const { ms, samples } = await spoken(...sentences.slice(0, 2));
    const [firstMs = 0, secondMs = 0] = ms;
    const it_ = await visit();
    it_.say('tell');
    await it_.until('the second sentence', () => (it_.of('playout-progress').at(-1)?.heardMs ?? 0) > firstMs);
    it_.say('stop');
    await it_.until('the cut', () => it_.of('barge-in').length === 1);
    await it_.until('the next answer', () => it_.of('playout-ended').length === 2);

    const [cut] = it_.of('barge-in');
    const { heardMs = 0, heardText = '' } = cut ?? {};
    const [first = '', second = ''] = sentences;
    expect(heardMs).toBeGreaterThan(firstMs);
    expect(heardMs).toBeLessThan(firstMs + secondMs);
    expect(`${first} ${second}`.startsWith(heardText)).toBe(true);
    // Whole words, and as much of the sentence as of its audio.
    expect(second.split(' ')).toEqual(
      expect.arrayContaining(heardText.slice(first.length).trim().split(' ')),
    );
    const words = (text: string) => text.split(' ').length;
    const share = (heardMs - firstMs) / secondMs;
    expect(Math.abs(words(heardText) - words(first) - share * words(second))).toBeLessThan(2);
    expect(it_.prompts).toEqual(['tell', `stop (after: ${heardText})`]);

    const [started, next] = it_.of('playout-started');
    const [ended, last] = it_.of('playout-ended');
    const fromMs = started?.atMs ?? 0;
    expect(ended).toMatchObject({ owner: { kind: 'reply' }, reason: 'cut', heardMs });
    const ducked = it_.of('speech-started').find(({ atMs }) => atMs > fromMs)?.atMs ?? 0;
    const atFullVolume = sound(it_.heard(0, ducked));
    expect(atFullVolume.length).toBeGreaterThan(0);
    expect(largestDifference(atFullVolume, sound(samples))).toBeLessThan(1e-4);
    // As much as was told left the loudspeaker, and nothing more until the next answer.
    const told = sound(samples.slice(0, Math.round(heardMs * 48))).length;
    const untilNext = sound(it_.heard(0, (next?.atMs ?? 0) - marginMs));
    expect(Math.abs(untilNext.length - told)).toBeLessThan(2 * 48);
    const fine = await spoken('Fine.');
    expect(last).toMatchObject({ reason: 'heard' });
    const answered = sound(it_.heard((next?.atMs ?? 0) - marginMs, (last?.atMs ?? 0) + marginMs));
    expect(answered.length).toBe(sound(fine.samples).length);
    expect(largestDifference(answered, sound(fine.samples))).toBeLessThan(1e-4);
    expect(it_.server.openStreams()).toBe(0);
  }, 60_000);

  it('lets what came be heard of answers that break off, and goes on', async () => {
    const it_ = await visit({ short: 'stops-in-mid-sentence', more: 'drops-connection' });
    it_.say('short');
    await it_.until('the end of what came', () => it_.of('playout-ended').length === 1);
    it_.say('more');
    await it_.until('the end of what came then', () => it_.of('playout-ended').length === 2);
    it_.say('hello');
    await it_.until('the last answer', () => it_.of('playout-ended').length === 3);

    expect(it_.prompts).toEqual(['short', 'more', 'hello']);
    expect(it_.of('reply-ended')).toMatchObject([
      { reason: 'truncated', text: expect.stringMatching(/^It/) },
      { reason: 'truncated', text: expect.stringMatching(/^It/) },
      { reason: 'complete', text: 'Fine.' },
    ]);
    expect(new Set(it_.of('playout-ended').map(({ reason }) => reason))).toEqual(new Set(['heard']));
  }, 60_000);
});
