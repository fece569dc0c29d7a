import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { monotonicScheduler } from 'earshot/devices/clock';
import { EMPTY, lastValueFrom, toArray } from 'rxjs';
import { afterAll, describe, expect, it } from 'vitest';
import { writeModel } from '../../../test/support/synthetic-models/model-folder.js';
import { startModelHub } from '../../../test/support/synthetic-models/model-hub.js';
import { syntheticMoonshine } from '../../../test/support/synthetic-models/moonshine-model.js';
import type { Screen } from '../screen.js';
import type { ModelSource, SpeechOptions } from '../speech-options.js';
import { sourceOf } from './model-source.js';
import { openFillers } from './open-fillers.js';
import { openSpeech } from './open-speech.js';

const folder = mkdtempSync(join(tmpdir(), 'demo-speech-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const nothing: SpeechOptions = {
  listen: null,
  speak: null,
  models: { folder: null, hub: null, offline: false },
  fillers: { folder: null, voice: 'allison' },
};
function record() {
  const told: string[] = [];
  const shares: (number | null)[] = [];
  const screen: Screen = {
    tell: (sentence) => told.push(sentence),
    progress: (_, share) => shares.push(share),
    show() {},
    close() {},
  };
  return { told, shares, screen };
}
const open = (options: Partial<SpeechOptions>, screen: Screen, stop = new AbortController().signal) =>
  openSpeech({ ...nothing, ...options }, monotonicScheduler(), screen, stop);

describe('what listens and speaks in the demo', () => {
  it('is nothing of this machine unless it is asked for', async () => {
    const { told, screen } = record();
    const { ear, voice, fillers } = await open({}, screen);

    expect({ ear, voice, told }).toEqual({ ear: undefined, voice: undefined, told: [] });
    expect(fillers.map(({ text }) => text)).toContain('One moment, please.');
  });

  it('is downloaded from the hub that was named: size and source first, then per cent; and kept', async () => {
    const files = syntheticMoonshine({ dtypes: ['fp32'] });
    const hub = await startModelHub({ repo: 'onnx-community/moonshine-base-ONNX', files });
    const { told, shares, screen } = record();
    const models: ModelSource = { folder: join(folder, 'kept'), hub: hub.source, offline: false };
    const speech = await open({ listen: 'moonshine-base', models }, screen);
    await speech.close();
    await hub.close();

    const bytes = Object.values(files).reduce((sum, file) => sum + file.length, 0);
    expect(told).toEqual([
      `moonshine-base: downloading onnx-community/moonshine-base-ONNX, ${(bytes / 1e6).toFixed(1)} MB, from ${hub.source} into ${join(folder, 'kept', 'onnx-community/moonshine-base-ONNX/main')}`,
      'moonshine-base listens on this machine, in English: prompts are what it understands.',
    ]);
    expect(shares.length).toBeGreaterThan(1);
    expect(shares).toEqual(shares.toSorted());
    expect(shares.at(-1)).toBe(1);

    const again = record();
    const kept = await open(
      { listen: 'moonshine-base', models: { ...models, hub: null, offline: true } },
      again.screen,
    );
    await kept.close();
    expect(again.told).toEqual([expect.stringContaining('moonshine-base listens')]);
  });

  it('is a folder of the name of the model, where there is one', () => {
    const models: ModelSource = { folder, hub: null, offline: true };
    writeModel(join(folder, 'kokoro'), { 'config.json': new Uint8Array(2) });

    expect(sourceOf(models, 'kokoro')).toEqual({ offline: true, model: join(folder, 'kokoro') });
    expect(sourceOf(models, 'moonshine-tiny')).toEqual({ offline: true, store: folder });
    expect(sourceOf({ ...models, folder: null, hub: 'http://a' }, 'kokoro')).toEqual({
      offline: true,
      source: 'http://a',
    });
  });

  it('is what cannot be had and what takes its place, a sentence each', async () => {
    const { told, screen } = record();
    const models: ModelSource = { folder: join(folder, 'empty'), hub: null, offline: true };
    const speak = { engine: 'kokoro', voice: null } as const;
    const speech = await open({ listen: 'whisper-tiny.en', speak, models }, screen);
    await speech.close();

    expect(speech.ear).toBeUndefined();
    expect(told.slice(0, 2)).toEqual([
      expect.stringMatching(
        /^whisper-tiny.en does not listen here: .* is not whole in .*; download it once .*\.$/,
      ),
      expect.stringMatching(/^kokoro does not speak here: .* is not whole in .*; download it once .*\.$/),
    ]);
    // The program where it is installed, else the package.
    expect(speech.voice?.engine).toMatch(/^(espeak-ng|flite)$/);
    expect(told.join('\n')).toMatch(/^(espeak-ng|flite) speaks on this machine what the service writes/m);
  });

  it('refuses a voice that the engine does not have, since somebody is there to name another', async () => {
    const speak = { engine: 'kokoro', voice: 'alice' } as const;
    await expect(open({ speak }, record().screen)).rejects.toMatchObject({
      code: 'OPTION_INVALID',
      message: expect.stringContaining('af_heart'),
    });
  });

  it('speaks at the rate of the loudspeaker, and a signal where nothing but that was asked for', async () => {
    for (const engine of ['flite', 'earcon'] as const) {
      const { told, screen } = record();
      const speech = await open({ speak: { engine, voice: null } }, screen);
      const speaking$ = speech.voice?.ladder.synthesize('Hello.') ?? EMPTY;
      const frames = await lastValueFrom(speaking$.pipe(toArray()));
      await speech.close();

      expect(new Set(frames.map(({ format }) => format.sampleRateHz))).toEqual(new Set([48_000]));
      expect(speech.voice?.engine).toBe(engine);
      expect(told[0]).toMatch(
        engine === 'flite' ? /^flite speaks .* in the voice slt\.$/ : /^A signal sounds/,
      );
    }
  });

  it('does not open what nobody waits for any more', async () => {
    const stop = new AbortController();
    const opening = open({ speak: { engine: 'flite', voice: null } }, record().screen, stop.signal);
    stop.abort('SIGINT');

    await expect(opening).rejects.toBe('SIGINT');
  });
});

describe('the fillers of the demo', () => {
  const speak = { engine: 'kokoro', voice: null } as const;
  const speaker = { engine: 'kokoro', voice: 'af_heart' } as const;

  it('are the recordings where none are rendered in the voice that speaks, with the command that renders them', async () => {
    const { told, screen } = record();
    const clips = await openFillers(
      { ...nothing, speak, fillers: { folder: join(folder, 'none'), voice: undefined } },
      speaker,
      screen,
    );

    expect(clips.length).toBeGreaterThan(1);
    expect(told).toEqual([
      expect.stringMatching(
        /^The fillers are the recordings that ship, since there is no fillers.json in .*none; .*; they are made by: npm run earshot -- fillers render --out .*none --engine kokoro --voice af_heart\.$/,
      ),
    ]);
  });

  it('are the recordings, too, where the service speaks since no voice could', async () => {
    const { told, screen } = record();
    const clips = await openFillers({ ...nothing, speak }, undefined, screen);

    expect(clips.map(({ text }) => text)).toContain('One moment, please.');
    expect(told).toEqual([]);
  });

  it('that were named and are not there are refused where no voice was asked for', async () => {
    const fillers = { folder: join(folder, 'none'), voice: undefined };
    await expect(openFillers({ ...nothing, fillers }, undefined, record().screen)).rejects.toMatchObject({
      code: 'FILLER_CACHE_INVALID',
    });
  });
});
