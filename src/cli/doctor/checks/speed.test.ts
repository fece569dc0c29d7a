import { describe, expect, it } from 'vitest';
import { examinationOf, neverStopped, playedMachine } from '../../../../test/support/played-machine.js';
import { ModelError, SpeechError, VoiceError } from '../../../index.js';
import type { EarshotConfig } from '../../config/earshot-config.js';
import type { HubAnswer } from '../machine.js';
import { detectorSpeed, judgeDetector } from './detector-speed.js';
import { judgeModel, model } from './model.js';
import { judgeUnopened, judgeVoice, voiceSpeeds, voicesOf } from './voice-speed.js';

const least: EarshotConfig = {
  upstream: { target: '127.0.0.1:1' },
  transcriber: { engine: 'scripted', sidecarPath: '/gone/a.json' },
};
const here = playedMachine({ steadyMs: () => performance.now() });
const missing = new VoiceError(
  'PEER_MISSING',
  'kokoro-js is not installed; run: npm install kokoro-js@1.2.1',
);
const absent = new ModelError('MODEL_LOAD_FAILED', 'the model is not whole; download it');

describe('the detector', () => {
  const took = (ms: number, slow: number): number[] =>
    Array.from({ length: 100 }, (_, at) => (at < 98 ? ms : slow));

  it.each([
    [0.2, 1, 'green', 0.0063],
    [6, 20, 'green', 0.1875],
    [7, 20, 'amber', 0.2188],
    [2, 40, 'amber', 0.0625],
    [23, 30, 'red', 0.7188],
  ])('that takes %d ms, and sometimes %d, is %s', (ms, slow, rating, realTimeFactor) => {
    expect(judgeDetector({ windowMs: 32, tookMs: took(ms, slow) })).toMatchObject({
      rating,
      figures: { realTimeFactor },
    });
  });

  it('that scored nothing is red', () => {
    expect(judgeDetector({ windowMs: 32, tookMs: [] }).rating).toBe('red');
  });

  it('is measured with the real model, in windows of 32 ms', async () => {
    const [found] = await detectorSpeed.examine(examinationOf(here), neverStopped);
    expect(found).toMatchObject({ id: 'detector-speed', figures: { windowMs: 32 } });
    expect(found?.figures['medianMs']).toBeGreaterThan(0);
  });

  it('without its model is red for a config, and amber without one', async () => {
    const config: EarshotConfig = { ...least, detector: { modelPath: 'gone.onnx' } };
    expect(await detectorSpeed.examine(examinationOf(here, { config }), neverStopped)).toMatchObject([
      { rating: 'red', figures: { code: 'MODEL_LOAD_FAILED' }, cure: expect.stringContaining('modelPath') },
    ]);
  });
});

describe('a voice', () => {
  const spoke = { engine: 'kokoro', firstSoundMs: 600, speechMs: 3000, patienceMs: 4000 };

  it.each([
    [{ tookMs: 900 }, 'green'],
    [{ tookMs: 2500 }, 'amber'],
    [{ tookMs: 3300 }, 'red'],
    [{ tookMs: 900, firstSoundMs: 700, patienceMs: 500 }, 'amber'],
    [{ tookMs: 900, speechMs: 0 }, 'red'],
  ])('%j is %s', (figures, rating) => {
    expect(judgeVoice({ ...spoke, ...figures }).rating).toBe(rating);
  });

  it('that is not installed is told elsewhere, and a model that is not here yet is no failure', () => {
    const asked = { hasConfig: true, isOffline: false, isOnlyVoice: true };
    expect(judgeUnopened('kokoro', missing, asked)).toBeUndefined();
    expect(judgeUnopened('kokoro', absent, asked)).toMatchObject({ rating: 'amber' });
    expect(judgeUnopened('kokoro', absent, { ...asked, hasConfig: false })).toBeUndefined();
    expect(judgeUnopened('kokoro', absent, { ...asked, isOffline: true })).toMatchObject({
      rating: 'red',
      cure: 'download it',
    });
    const broken = new SpeechError('SYNTHESIS_FAILED', 'it lists no voices; install its data');
    expect(judgeUnopened('espeak-ng', broken, { ...asked, isOnlyVoice: false })).toMatchObject({
      rating: 'amber',
    });
    expect(judgeUnopened('espeak-ng', broken, asked)).toMatchObject({
      rating: 'red',
      cure: 'install its data',
    });
  });

  it('is measured where it makes speech on this machine', () => {
    expect(voicesOf(undefined).map(({ engine }) => engine)).toContain('espeak-ng');
    const ladder = [{ engine: 'service' }, { engine: 'espeak-ng' }, { engine: 'earcon' }] as const;
    expect(voicesOf({ ...least, voice: { ladder } })).toEqual([{ engine: 'espeak-ng' }]);
    expect(voicesOf(least)).toEqual([]);
  });

  it('that does not open says why', async () => {
    const voice = { ladder: [{ engine: 'espeak-ng', voice: 'klingonese' }, { engine: 'earcon' }] } as const;
    const config: EarshotConfig = { ...least, voice };
    const [check] = voiceSpeeds(config);
    const found = await check?.examine(examinationOf(here, { config }), neverStopped);
    // Where the program is not installed, that is told by the check of programs.
    if (found?.length !== 0) {
      expect(found).toMatchObject([
        { rating: 'red', about: 'espeak-ng', figures: { code: 'OPTION_INVALID' } },
      ]);
    }
  });
});

describe('the model of a transcriber', () => {
  it('is here, or will be downloaded, or must not be', () => {
    expect(judgeModel({ engine: 'moonshine' }).rating).toBe('green');
    expect(judgeModel({ engine: 'moonshine', error: absent })).toMatchObject({
      rating: 'red',
      cure: 'download it',
    });
    const hub = {
      ...{ source: 'https://hub', id: 'owner/ear', revision: 'main', files: ['config.json'] },
      folder: '/models/owner/ear/main',
    };
    const told = (answer: HubAnswer) =>
      judgeModel({ engine: 'moonshine', error: absent, hub: { ...hub, answer } });
    for (const status of [200, 302, 405]) expect(told({ status }).rating).toBe('amber');
    for (const answer of [{ status: 404 }, { status: 503 }, { why: 'ENOTFOUND' }]) {
      expect(told(answer)).toMatchObject({
        rating: 'red',
        cure: expect.stringContaining(
          'bring config.json by hand, from https://hub/owner/ear/tree/main into /models/owner/ear/main',
        ),
      });
    }
    expect(told({ why: 'ENOTFOUND' }).finding).toContain('(ENOTFOUND)');
  });

  it('is looked for on this machine, and its hub is asked whether it would give it', async () => {
    const transcriber = { engine: 'moonshine', store: '/gone', source: 'http://127.0.0.1:1/' } as const;
    const config: EarshotConfig = { ...least, transcriber };
    const asked: string[] = [];
    const online = playedMachine({
      async askHub(url) {
        asked.push(url);
        return { status: 307 };
      },
    });
    expect(await model.examine(examinationOf(online, { config }), neverStopped)).toMatchObject([
      { id: 'model', about: 'moonshine', rating: 'amber' },
    ]);
    expect(asked).toEqual(['http://127.0.0.1:1/onnx-community/moonshine-tiny-ONNX/resolve/main/config.json']);
    const folder = '/gone/onnx-community/moonshine-tiny-ONNX/main';
    expect(await model.examine(examinationOf(here, { config }), neverStopped)).toMatchObject([
      { rating: 'red', finding: expect.stringContaining('there is no network'), figures: { folder } },
    ]);
    // One that must not be downloaded, or is a folder, is not asked for.
    for (const own of [{ offline: true }, { model: './ear' }]) {
      const [found] = await model.examine(
        examinationOf(online, { config: { ...least, transcriber: { ...transcriber, ...own } } }),
        neverStopped,
      );
      expect(found).toMatchObject({ rating: 'red', figures: { code: 'MODEL_LOAD_FAILED' } });
      // What loads it means the same folder.
      if ('offline' in own) expect(found?.finding).toContain(folder);
    }
    expect(asked).toHaveLength(1);
    expect(await model.examine(examinationOf(here, { config: least }), neverStopped)).toMatchObject([
      { about: 'scripted', rating: 'red' },
    ]);
    expect(await model.examine(examinationOf(here), neverStopped)).toEqual([]);
  });
});
