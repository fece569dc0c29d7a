import { cpSync, mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { lastValueFrom, tap, toArray } from 'rxjs';
import { afterAll, describe, expect, it } from 'vitest';
import { startReferenceServer } from '../../../examples/reference-server/reference-server.js';
import { projectFolder } from '../../../test/support/project.js';
import { monotonicScheduler } from '../../devices/clock/index.js';
import { createVoicePipeline, type VoiceLadder } from '../../index.js';
import { composePipeline } from './compose-pipeline.js';
import type { EarshotConfig } from './earshot-config.js';
import { readConfig } from './read-config.js';
import { secretsOf } from './service-init.js';

const folder = mkdtempSync(join(tmpdir(), 'earshot-config-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
for (const name of ['wav', 'transcript.json']) {
  cpSync(`${projectFolder}examples/demo/assets/go-forward.${name}`, join(folder, `question.${name}`));
}

// A model of which nothing is loaded before somebody speaks.
mkdirSync(join(folder, 'model', 'onnx'), { recursive: true });
for (const name of ['config', 'generation_config', 'preprocessor_config', 'tokenizer', 'tokenizer_config']) {
  writeFileSync(join(folder, 'model', `${name}.json`), '{}');
}
for (const name of ['encoder_model', 'decoder_model_merged']) {
  writeFileSync(join(folder, 'model', 'onnx', `${name}.onnx`), 'weights');
}

const scheduler = monotonicScheduler();

function configOf(text: string, env: Record<string, string> = {}): EarshotConfig {
  const { config, problems } = readConfig(text, { env, readFile: () => calibration });
  expect(problems).toBeUndefined();
  return config as EarshotConfig;
}

async function composed(text: string, env?: Record<string, string>) {
  const { composed: made, errors } = await composePipeline(configOf(text, env), { scheduler, folder });
  expect(errors).toBeUndefined();
  return made as NonNullable<typeof made>;
}

const recording = `transcriber: { engine: scripted, sidecarPath: question.transcript.json }
devices: { kind: wav-file, microphone: question.wav, loudspeaker: answer.wav }
`;
const nowhere = `upstream: { target: "127.0.0.1:9", hardwareId: kiosk-1 }\n`;

describe('a pipeline composed from a config', () => {
  it('holds the conversation that the config describes, with the secret on its way to the service', async () => {
    const server = await startReferenceServer({ voice: 'prompts' });
    try {
      const text = `upstream:
  target: 127.0.0.1:${server.port}
  hardwareId: kiosk-1
  metadata: { authorization: { env: TOKEN, prefix: 'Bearer ' } }
${recording}detector: { maxBacklogMs: 60000 }
fillers: off
pipeline:
  endpointing: { minSilenceMs: 600 }
  reopenWindowMs: 100
`;
      const { ports, options, close, voice } = await composed(text, { TOKEN: 'abc' });
      expect(options).toMatchObject({ endpointing: { minSilenceMs: 600 }, reopenWindowMs: 100 });
      expect([voice, ports.fillers, ports.echoCanceller]).toEqual([undefined, undefined, undefined]);

      const events = await lastValueFrom(createVoicePipeline(ports, options).events$.pipe(toArray()));
      await close();
      await close();

      const types = events.map(({ type }) => type);
      expect(events.find(({ type }) => type === 'turn-sent')).toMatchObject({
        text: 'Go forward ten meters.',
      });
      expect(types).toContain('reply-text');
      expect(types).not.toContain('turn-failed');
      // 44 bytes are a header and no sound.
      expect(statSync(join(folder, 'answer.wav')).size).toBeGreaterThan(10_000);
    } finally {
      await server.close();
    }
  }, 60_000);

  it('has both echo cancellers, the voices in their order and the recordings that ship', async () => {
    const { ports, voice, close, notices } = await composed(`${nowhere}
transcriber: { engine: scripted, sidecarPath: question.transcript.json }
devices: { kind: wav-file, microphone: question.wav, loudspeaker: out.wav, atEnd: go-on }
echoCancellers: { linear: { tailMs: 200 }, webrtc: {} }
voice:
  ladder:
    - { engine: rendered, directory: ${projectFolder}assets/fillers/en, voice: allison }
    - { engine: service }
    - { engine: earcon, noteMs: 60 }
`);
    try {
      expect(voice?.voice).toBe('rendered>service>earcon');
      expect(ports.echoCanceller?.diagnosis$).toBeDefined();
      expect(ports.upstreamEchoCanceller).toBeDefined();
      expect(notices).toEqual([]);
      const fillers = ports.fillers?.loadFillers({ sampleRateHz: 48_000, channels: 1 });
      const clips = fillers && (await lastValueFrom(fillers));
      expect(clips?.map(({ text }) => text)).toContain('One moment, please.');
      // The first of them says what was rendered, in the layout of the ladder.
      const said: number[] = [];
      const said$ = (voice as VoiceLadder).synthesize('One moment, please.');
      await lastValueFrom(said$.pipe(tap(({ format }) => said.push(format.sampleRateHz))));
      expect(new Set(said)).toEqual(new Set([24_000]));
    } finally {
      await close();
    }
  }, 60_000);

  it('takes from a calibration what the config does not say, and doubts one of other devices', async () => {
    const { ports, notices, close } =
      await composed(`upstream: { target: "some.host:9", hardwareId: a, insecure: true }
transcriber: { engine: moonshine, warmUp: false, offline: true, model: ./model }
devices: { calibration: calibration.json, capture: { device: other } }
echoCancellers: { linear: off }
`);
    expect(ports.echoCanceller).toBeUndefined();
    expect(notices).toEqual([
      expect.stringContaining('The calibration was measured with the microphone default'),
      expect.stringContaining('No echo is cancelled'),
      expect.stringContaining('in plain text'),
    ]);
    await close();
  });

  it('that cannot be made says everything that is missing at once, each with its cure, and leaves nothing open', async () => {
    const config = configOf(`upstream: { target: "127.0.0.1:9", hardwareId: kiosk-1 }
transcriber: { engine: scripted, sidecarPath: no-script.json }
detector: { modelPath: no-model.onnx }
devices: { kind: wav-file, microphone: a.wav, loudspeaker: b.wav }
`);
    const { errors = [] } = await composePipeline(config, { scheduler, folder });
    expect(errors.map(({ code }) => code).sort()).toEqual(['MODEL_LOAD_FAILED', 'OPTION_INVALID']);
    for (const { message } of errors) expect(message).toContain(folder);
  });

  it('is given up in the middle of a download', async () => {
    const hub = createServer(() => {});
    await new Promise<void>((resolve) => hub.listen(0, '127.0.0.1', resolve));
    const { port } = hub.address() as AddressInfo;
    const stop = new AbortController();
    hub.once('request', () => stop.abort('Ctrl-C'));
    const config = configOf(`${nowhere}transcriber:
  { engine: moonshine, source: "http://127.0.0.1:${port}", store: ./store }
`);
    await expect(composePipeline(config, { scheduler, folder, stop: stop.signal })).rejects.toBe('Ctrl-C');
    hub.closeAllConnections();
    hub.close();
  });

  it('does not wait for a download to say what is missing', async () => {
    const hub = createServer(() => {});
    await new Promise<void>((resolve) => hub.listen(0, '127.0.0.1', resolve));
    const { port } = hub.address() as AddressInfo;
    const config = configOf(`${nowhere}detector: { modelPath: no-model.onnx }
transcriber:
  { engine: moonshine, source: "http://127.0.0.1:${port}", store: ./store }
`);
    const { errors } = await composePipeline(config, { scheduler, folder });
    expect(errors?.map(({ code }) => code)).toEqual(['MODEL_LOAD_FAILED']);
    hub.closeAllConnections();
    hub.close();
  });

  it('keeps what is secret for whoever writes a log', () => {
    const text = `${nowhere.replace(' }', ', metadata: { authorization: { env: TOKEN }, tenant: { public: lobby } } }')}${recording}`;
    expect(secretsOf(configOf(text, { TOKEN: 'abc-def' }))).toEqual(['abc-def']);
  });
});

const calibration = JSON.stringify({
  earshot: 'calibration',
  version: 1,
  measuredAt: '2026-03-01T12:00:00Z',
  devices: { capture: 'default', playout: 'default' },
  figures: {
    ...{
      delayMs: 40,
      delaySpreadMs: 2,
      returnLossDb: 10,
      noiseDb: -60,
      reverberationMs: 300,
      clippedShare: 0,
    },
    ...{ driftPpm: 10, driftErrorPpm: 2, wakeLossMs: 0, wakeSilenceMs: null },
  },
});
writeFileSync(join(folder, 'calibration.json'), calibration);
