/**
 * How late microphone frames are while Kokoro speaks: with nothing else, with Kokoro in its own process as earshot runs it, and with
 * kokoro-js in the same process as its README has it.
 *
 * Run: npx tsx bench/kokoro-isolation.bench.ts
 * A window of 32 ms is due at fixed times and is scored by Silero, as in a conversation; it is late by the time from when it was due
 * to when its score is there. The model is synthetic: it computes as much as makes the real-time factor 0.5 on one core of this
 * machine. Each contender runs in a process of its own. Takes about a minute.
 */
import { fork } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { availableParallelism, cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { Subject } from 'rxjs';
import { loadKokoro } from '../src/adapters/kokoro/index.js';
import { loadSileroVad } from '../src/adapters/silero-vad/index.js';
import { type AudioFrame, audioFrame, durationMs } from '../src/core/audio/audio-frame.js';
import { noise } from '../src/testing/signals.js';
import { syntheticKokoro } from '../test/support/synthetic-models/kokoro-model.js';
import { writeModel } from '../test/support/synthetic-models/model-folder.js';
import { costOf } from '../test/support/synthetic-models/realistic-cost.js';

const contenders = ['nothing else', 'earshot', 'kokoro-js in this process'] as const;
type ContenderName = (typeof contenders)[number];

interface Measurement {
  readonly lateMs: readonly number[];
  /** From the decision to cut to when no frame of the text can come any more. */
  readonly cutMs: readonly number[];
  /** Time for each second of speech; NaN where nothing was spoken. */
  readonly realTimeFactor: number;
}

const format = { sampleRateHz: 16_000, channels: 1 };
const windowSamples = 512;
const windowMs = 32;
const measuredMs = 15_000;
const text = 'I am looking for it, and it will not take long. ';
/** Of 60 ms that a token of the synthetic model lasts. */
const msPerToken = 30;

/** Speaks all the time until it is told to stop. */
interface Speaker {
  readonly spokenMs: () => number;
  readonly cutMs: readonly number[];
  stop(): Promise<void>;
}

async function earshot(model: string): Promise<Speaker> {
  const voice = await loadKokoro({ model });
  const cutMs: number[] = [];
  let spokenMs = 0;
  let isOver = false;
  let speech = speak();
  // Cut every other second, as a person does who will not listen.
  const cuts = setInterval(() => {
    const from = performance.now();
    speech.unsubscribe();
    cutMs.push(performance.now() - from);
    speech = speak();
  }, 2000);

  function speak() {
    return voice.synthesize(text.repeat(20)).subscribe((frame) => {
      spokenMs += isOver ? 0 : durationMs(frame);
    });
  }

  return {
    spokenMs: () => spokenMs,
    cutMs,
    async stop() {
      isOver = true;
      clearInterval(cuts);
      speech.unsubscribe();
      await voice.close();
    },
  };
}

async function inThisProcess(model: string): Promise<Speaker> {
  const { KokoroTTS } = await import('kokoro-js');
  const kokoro = await KokoroTTS.from_pretrained(model, { dtype: 'fp32', device: 'cpu' });
  let spokenMs = 0;
  let isOver = false;
  const speaking = (async () => {
    while (!isOver) {
      const { audio } = await kokoro.generate(text);
      spokenMs += audio.length / 24;
      await sleep(0);
    }
  })();
  return {
    spokenMs: () => spokenMs,
    cutMs: [],
    async stop() {
      isOver = true;
      await speaking;
    },
  };
}

const silent: Speaker = { spokenMs: () => 0, cutMs: [], stop: async () => undefined };

async function measure(name: ContenderName, model: string): Promise<Measurement> {
  const vad = await loadSileroVad({ maxBacklogMs: 60_000 });
  const frames$ = new Subject<AudioFrame>();
  const lateMs: number[] = [];
  let isMeasured = false;
  frames$.pipe(vad.scoreSpeech()).subscribe(({ frame: { timestampMs } }) => {
    if (isMeasured) lateMs.push(performance.now() - timestampMs);
  });
  const speaker =
    name === 'earshot' ? await earshot(model) : name === 'nothing else' ? silent : await inThisProcess(model);
  const samples = noise({ sampleRateHz: format.sampleRateHz, durationMs: windowMs, rmsDb: -40, seed: 1 });
  const from = performance.now();
  const warmUpMs = 1000;
  let spokenBefore = 0;
  for (let due = from + windowMs; due < from + warmUpMs + measuredMs; due += windowMs) {
    await sleep(Math.max(0, due - performance.now()));
    if (!isMeasured && due > from + warmUpMs) {
      isMeasured = true;
      spokenBefore = speaker.spokenMs();
    }
    frames$.next(audioFrame(format, samples.slice(0, windowSamples), due));
  }
  await sleep(100);
  const spoken = speaker.spokenMs() - spokenBefore;
  await speaker.stop();
  await vad.close();
  return { lateMs, cutMs: speaker.cutMs, realTimeFactor: measuredMs / spoken };
}

function measureApart(name: ContenderName, model: string): Promise<Measurement> {
  return new Promise((resolve, reject) => {
    const child = fork(fileURLToPath(import.meta.url), [name, model], { serialization: 'advanced' });
    child.on('message', (measurement) => resolve(measurement as Measurement));
    child.on('error', reject);
    child.on('exit', (code) => reject(new Error(`the process for ${name} ended with ${code}`)));
  });
}

function percentile(values: readonly number[], part: number): string {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))]?.toFixed(2) ?? '-';
}

async function main(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'kokoro-isolation-'));
  try {
    writeModel(folder, syntheticKokoro({ dtypes: ['fp32'], cost: await costOf({ msPerRow: msPerToken }) }));
    console.log(
      `Node ${process.version}, ${cpus()[0]?.model}, ${availableParallelism()} cores; ${measuredMs / 1000} s each; windows of ${windowMs} ms`,
    );
    const rows: object[] = [];
    for (const contender of contenders) {
      const { lateMs, cutMs, realTimeFactor } = await measureApart(contender, folder);
      rows.push({
        Kokoro: contender,
        'late ms p50': percentile(lateMs, 0.5),
        p99: percentile(lateMs, 0.99),
        max: percentile(lateMs, 1),
        'cut ms max': percentile(cutMs, 1),
        'real-time factor': Number.isFinite(realTimeFactor) ? realTimeFactor.toFixed(2) : '-',
      });
    }
    console.table(rows);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const name = contenders.find((contender) => contender === process.argv[2]);
if (name === undefined) await main();
else {
  const measurement = await measure(name, process.argv[3] ?? '');
  process.send?.(measurement, () => process.disconnect?.());
}
