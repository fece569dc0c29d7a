import { spawn } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { firstValueFrom, lastValueFrom, NEVER, Observable, of, take, toArray } from 'rxjs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { audioFrame } from '../../core/audio/audio-frame.js';
import { readWav } from '../../core/audio/wav.js';
import type { FillerLibrary } from '../../core/ports/filler-library.js';
import type { Synthesizer } from '../../core/ports/synthesizer.js';
import { toneSynthesizer } from '../../testing/tone-synthesizer.js';
import { createVirtualClock } from '../../testing/virtual-clock.js';
import { fillerCache } from './filler-cache.js';
import { fillerKey } from './filler-key.js';
import { fillerLanguages, fillerPhrases } from './phrases/phrase-lists.js';
import { renderFillers } from './render-fillers.js';

const phrases = ['One moment, please.', 'Let me check.', 'Hmm.'];
const loudspeaker = { sampleRateHz: 48_000, channels: 2 };

let directory: string;
beforeEach(async () => {
  directory = join(await mkdtemp(join(tmpdir(), 'render-fillers-')), 'cache');
});
afterEach(() => rm(join(directory, '..'), { recursive: true, force: true }));

/** The synthesizer, and what it was asked to say. */
function listening(synthesizer: Synthesizer = toneSynthesizer()) {
  const asked: string[] = [];
  const synthesize = (text: string) => {
    asked.push(text);
    return synthesizer.synthesize(text);
  };
  return { asked, synthesizer: { ...synthesizer, synthesize } };
}

const render = (options: Partial<Parameters<typeof renderFillers>[0]> = {}) =>
  renderFillers({ synthesizer: toneSynthesizer(), phrases, directory, ...options });
const renderAll = (options: Partial<Parameters<typeof renderFillers>[0]> = {}) =>
  lastValueFrom(render(options).pipe(toArray()));
const load = (library: FillerLibrary = fillerCache({ directory })) =>
  firstValueFrom(library.loadFillers(loudspeaker));
const texts = async () => (await load()).map(({ text }) => text);

describe('renderFillers', () => {
  it('speaks each phrase into the cache and says how far it is', async () => {
    const rendered = await renderAll({ sampleRateHz: 16_000 });

    expect(rendered.map(({ text, outcome, done, total }) => ({ text, outcome, done, total }))).toEqual(
      phrases.map((text, index) => ({ text, outcome: 'rendered', done: index + 1, total: 3 })),
    );
    const clips = await load();
    expect(clips.map(({ text }) => text)).toEqual(phrases);
    // Three letters of 60 ms, and 40 ms of the pause of 80 ms after them.
    expect(rendered[2]?.durationMs).toBe(220);
    expect(clips[2]?.audio.samplesPerChannel).toBe(220 * 48);
  });

  it('names each filler by its text and its content address', async () => {
    const [rendered] = await renderAll({ sampleRateHz: 16_000 });
    const identity = {
      engine: 'tone',
      voice: 'tone',
      speed: 1,
      text: phrases[0] as string,
      sampleRateHz: 16_000,
    };

    expect(rendered?.key).toBe(fillerKey(identity));
    expect(rendered?.fillerId).toBe(`one-moment-please-${rendered?.key.slice(0, 16)}`);
    const stored = readWav(new Uint8Array(await readFile(join(directory, `${rendered?.fillerId}.wav`))));
    expect(stored.format).toEqual({ sampleRateHz: 16_000, channels: 1 });
  });

  it('renders only what is missing', async () => {
    const { asked, synthesizer } = listening();
    await renderAll({ synthesizer, phrases: phrases.slice(0, 2) });

    const again = await renderAll({ synthesizer });

    expect(again.map(({ outcome }) => outcome)).toEqual(['kept', 'kept', 'rendered']);
    expect(asked).toEqual(phrases);
  });

  it('renders a phrase that is given twice once', async () => {
    const rendered = await renderAll({ phrases: ['Hmm.', ' Hmm. '] });

    expect(rendered.map(({ done, total }) => [done, total])).toEqual([[1, 1]]);
  });

  it('keeps other voices, languages and rates, and renders anew for them', async () => {
    await renderAll({ language: 'en' });
    await renderAll({ synthesizer: toneSynthesizer({ voice: 'other' }), language: 'en' });
    await renderAll({ sampleRateHz: 16_000, language: 'en' });

    expect((await readdir(directory)).length).toBe(1 + 3 * phrases.length);
    expect((await load(fillerCache({ directory, voice: 'other' }))).length).toBe(3);
  });

  it('keeps with each filler what it fits, and changes that without speaking again', async () => {
    const { asked, synthesizer } = listening();
    const labelled = [
      { text: 'Hmm.', contexts: ['question'] },
      { text: 'Well.', contexts: ['question'] },
      { text: 'Well.', contexts: ['request'] },
      'Wait.',
      { text: 'Wait.', contexts: ['long-wait'] },
    ] as const;
    await renderAll({ synthesizer, phrases: labelled });
    const contexts = async () => (await load()).map(({ text, contexts: of }) => [text, of]);
    expect(await contexts()).toEqual([
      ['Hmm.', ['question']],
      ['Well.', ['question', 'request']],
      ['Wait.', []],
    ]);

    const again = await renderAll({
      synthesizer,
      phrases: [{ text: 'Hmm.', contexts: ['greeting'] }, ...labelled.slice(1)],
    });

    expect(again.map(({ outcome }) => outcome)).toEqual(['kept', 'kept', 'kept']);
    expect(asked).toEqual(['Hmm.', 'Well.', 'Wait.']);
    expect((await contexts())[0]).toEqual(['Hmm.', ['greeting']]);
  });

  it('renders every phrase that ships, in each language', async () => {
    for (const language of fillerLanguages) {
      const rendered = await renderAll({ phrases: fillerPhrases(language), language });
      expect(rendered).toHaveLength(fillerPhrases(language).length);
      const clips = await load(fillerCache({ directory, language }));
      expect(clips.map(({ text, contexts }) => ({ text, contexts }))).toEqual(fillerPhrases(language));
    }
  });

  it('renders a file again that is damaged or gone', async () => {
    const [first, second] = await renderAll();
    await writeFile(join(directory, `${first?.fillerId}.wav`), 'RIFF');
    await rm(join(directory, `${second?.fillerId}.wav`));

    const again = await renderAll();

    expect(again.map(({ outcome }) => outcome)).toEqual(['rendered', 'rendered', 'kept']);
    expect(await texts()).toEqual(phrases);
  });

  it('takes a file that was finished but not listed when the power failed, and removes half-written ones', async () => {
    await renderAll();
    await rm(join(directory, 'fillers.json'));
    const partial = '.01234567-89ab-cdef-0123-456789abcdef.partial';
    await writeFile(join(directory, partial), 'RIFF');
    const { asked, synthesizer } = listening();

    const again = await renderAll({ synthesizer });

    expect(again.map(({ outcome }) => outcome)).toEqual(['kept', 'kept', 'kept']);
    expect(asked).toEqual([]);
    expect(await readdir(directory)).not.toContain(partial);
    expect(await texts()).toEqual(phrases);
  });

  it('stops when it is unsubscribed and leaves a cache of what was done', async () => {
    const { asked, synthesizer } = listening();

    const done = await lastValueFrom(render({ synthesizer }).pipe(take(1), toArray()));

    expect(done.length).toBe(1);
    expect(asked).toEqual(phrases.slice(0, 1));
    expect(await texts()).toEqual(phrases.slice(0, 1));
    expect((await renderAll()).map(({ outcome }) => outcome)).toEqual(['kept', 'rendered', 'rendered']);
  });

  it('asks nobody and leaves nothing when it is unsubscribed at once and once more, and can begin again at once', async () => {
    const { asked, synthesizer } = listening();
    const subscription = render({ synthesizer }).subscribe();
    subscription.unsubscribe();
    const again = renderAll({ synthesizer });
    subscription.unsubscribe();

    expect((await again).map(({ outcome }) => outcome)).toEqual(['rendered', 'rendered', 'rendered']);
    expect(asked).toEqual(phrases);
    expect(await texts()).toEqual(phrases);
  });

  it('stores for a loudspeaker of 44.1 kHz what is played on both of its channels as it is', async () => {
    const [, , rendered] = await renderAll({ sampleRateHz: 44_100 });
    const stereo = { sampleRateHz: 44_100, channels: 2 };
    const clips = await firstValueFrom(fillerCache({ directory }).loadFillers(stereo));

    const bytes = await readFile(join(directory, `${rendered?.fillerId}.wav`));
    const { format, samples } = readWav(new Uint8Array(bytes));
    expect(format).toEqual({ sampleRateHz: 44_100, channels: 1 });
    expect(samples.length).toBe(220 * 44.1);
    const { audio } = clips[2] ?? {};
    expect(audio?.format).toEqual(stereo);
    for (const channel of [0, 1]) {
      expect(audio?.samples.filter((_, index) => index % 2 === channel)).toEqual(samples);
    }
  });

  it('stops the synthesizer in the middle of a phrase when it is unsubscribed', async () => {
    let stopped: () => void = () => undefined;
    const stop = new Promise<void>((resolve) => {
      stopped = resolve;
    });
    let begun: () => void = () => undefined;
    const begin = new Promise<void>((resolve) => {
      begun = resolve;
    });
    const synthesizer: Synthesizer = {
      ...toneSynthesizer(),
      synthesize: () =>
        new Observable(() => {
          begun();
          return stopped;
        }),
    };
    const subscription = render({ synthesizer }).subscribe();
    await begin;

    subscription.unsubscribe();
    await stop;

    expect(await readdir(directory)).toEqual([]);
  });

  it('leaves a sound cache when the process is killed at any moment, and goes on from there', async () => {
    const many = Array.from({ length: 30 }, (_, index) => `Phrase number ${index}.`);
    const module = (path: string) => JSON.stringify(new URL(path, import.meta.url).href);
    const program = `
      import { NEVER } from 'rxjs';
      import { renderFillers } from ${module('./render-fillers.ts')};
      import { toneSynthesizer } from ${module('../../testing/tone-synthesizer.ts')};
      const tones = toneSynthesizer();
      // The last phrase never comes, so that there is always something left to be killed.
      const synthesize = (text) => (text === 'Phrase number 29.' ? NEVER : tones.synthesize(text));
      const phrases = ${JSON.stringify(many)};
      renderFillers({ synthesizer: { ...tones, synthesize }, phrases, directory: ${JSON.stringify(directory)} })
        .subscribe(({ done }) => process.stdout.write(done + '\\n'));`;
    const child = spawn(process.execPath, ['--import', 'tsx', '--input-type=module', '--eval', program], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const exited = new Promise<NodeJS.Signals | null>((resolve) => {
      child.on('exit', (_, signal) => resolve(signal));
    });
    for await (const line of createInterface(child.stdout)) {
      // Not awaited between phrases: the kill falls into whatever the child is writing by then.
      if (line === '7') child.kill('SIGKILL');
    }
    expect(await exited).toBe('SIGKILL');

    const kept = await texts();
    expect(kept.length).toBeGreaterThanOrEqual(7);
    expect(kept).toEqual(many.slice(0, kept.length));
    const outcomes = (await renderAll({ phrases: many })).map(({ outcome }) => outcome);
    expect(outcomes.slice(0, kept.length).every((outcome) => outcome === 'kept')).toBe(true);
    expect(await texts()).toEqual(many);
    expect((await readdir(directory)).filter((name) => name.startsWith('.'))).toEqual([]);
  });

  it('passes on what the synthesizer fails with, after what worked', async () => {
    const outcomes: unknown[] = [];
    const failed = new Promise((resolve) => {
      render({ phrases: ['Hmm.', '...', 'Well.'] }).subscribe({
        next: ({ text }) => outcomes.push(text),
        error: resolve,
      });
    });

    expect(await failed).toMatchObject({ code: 'SYNTHESIS_FAILED' });
    expect(outcomes).toEqual(['Hmm.']);
    expect(await texts()).toEqual(['Hmm.']);
  });

  it.each([
    ['gives only silence', new Float32Array(24_000), /asked for "Hmm\.", gave no sound; leave/],
    ['gives nothing at all', new Float32Array(0), /gave no sound; leave/],
    ['never ends', new Float32Array(24_000 * 16).fill(0.1), /more than 15 s/],
  ])('refuses a synthesizer that %s', async (_, samples, message) => {
    const tones = toneSynthesizer();
    const synthesizer = { ...tones, synthesize: () => of(audioFrame(tones.format, samples, 0)) };

    await expect(renderAll({ synthesizer, phrases: ['Hmm.'] })).rejects.toMatchObject({
      code: 'SYNTHESIS_FAILED',
      message: expect.stringMatching(message),
    });
  });

  it('refuses a signal in the place of speech, which would be played for the phrase ever after', async () => {
    const tones = toneSynthesizer();
    const signal = {
      ...audioFrame(tones.format, new Float32Array(2400).fill(0.1), 0),
      saysNothing: true as const,
    };
    const synthesizer = { ...tones, synthesize: () => of(signal) };

    await expect(renderAll({ synthesizer, phrases: ['Hmm.'] })).rejects.toThrow(
      /SYNTHESIS_FAILED.*gave a signal in the place of speech/,
    );
    expect(await readdir(directory)).toEqual([]);
  });

  it('gives up a synthesizer that says nothing', async () => {
    const clock = createVirtualClock();
    let begun: () => void = () => undefined;
    const begin = new Promise<void>((resolve) => {
      begun = resolve;
    });
    const synthesize = () => {
      begun();
      return NEVER;
    };
    const rendered = renderAll({
      synthesizer: { ...toneSynthesizer(), synthesize },
      maxWaitMs: 5000,
      scheduler: clock.scheduler,
    });
    rendered.catch(() => undefined);
    await begin;

    clock.advanceBy(5000);

    await expect(rendered).rejects.toThrow(/SYNTHESIS_FAILED.*no sound within 5000 ms/);
  });

  it('names a folder that it cannot use', async () => {
    await mkdir(directory, { recursive: true });
    const file = join(directory, 'file');
    await writeFile(file, '');

    await expect(renderAll({ directory: file })).rejects.toMatchObject({
      code: 'FILLER_CACHE_INVALID',
      message: expect.stringContaining(`${file}: the folder cannot be made`),
    });
  });

  it('does not write over a list that it does not understand', async () => {
    await mkdir(directory, { recursive: true });
    await writeFile(join(directory, 'fillers.json'), '{"version": 7}');

    await expect(renderAll()).rejects.toThrow(/FILLER_CACHE_INVALID.*version is 7 instead of 1/);
    expect(await readFile(join(directory, 'fillers.json'), 'utf8')).toBe('{"version": 7}');
  });

  it('refuses options out of range', () => {
    expect(() => render({ phrases: [] })).toThrow(/phrases must be a list of 1 to 1000 non-empty texts/);
    expect(() => render({ phrases: [' '], sampleRateHz: 1 })).toThrow(/phrases must.*sampleRateHz must/);
    expect(() => render({ phrases: [{ text: 'Hmm.', contexts: ['wait' as 'long-wait'] }] })).toThrow(
      /contexts of question, request, greeting, long-wait, apology/,
    );
    expect(() => render({ phrases: [{ text: '', contexts: [] }] })).toThrow(/non-empty texts/);
    expect(() => render({ maxWaitMs: 0 })).toThrow(/maxWaitMs must be a number from 100/);
  });
});
