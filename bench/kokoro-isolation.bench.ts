/**
 * How late microphone frames are while Kokoro speaks, and how long it takes to interrupt a reply: with nothing else, with Kokoro in its
 * own process as earshot runs it, and with kokoro-js in the same process as its README has it.
 *
 * Run: npx tsx bench/kokoro-isolation.bench.ts
 * A window of 32 ms is due at fixed times and is scored by Silero, as in a conversation; it is late by the time from when it was due
 * to when its score is there. Then a person interrupts replies, in a whole loop with Silero: from what is said to silence. The model is
 * synthetic: it computes as much as makes the real-time factor 0.5 on one core of this machine. In its own process Kokoro is cut every other
 * second besides; in the same process nobody is interrupted, because the loop is not alive enough for that. Each contender runs in a process of its own. Takes a minute and a half.
 */
import { fork } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { availableParallelism, cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { lastValueFrom, Subject, toArray } from 'rxjs';
import { loadKokoro } from '../src/adapters/kokoro/index.js';
import { loadSileroVad } from '../src/adapters/silero-vad/index.js';
import { type AudioFrame, audioFrame, durationMs } from '../src/core/audio/audio-frame.js';
import { noise } from '../src/testing/signals.js';
import { syntheticKokoro } from '../test/support/synthetic-models/kokoro-model.js';
import { writeModel } from '../test/support/synthetic-models/model-folder.js';
import { costOf } from '../test/support/synthetic-models/realistic-cost.js';
import { interruptReplies } from './kokoro-isolation-barge-ins.js';

const contenders = ['nothing else', 'earshot', 'kokoro-js in this process'] as const;
type ContenderName = (typeof contenders)[number];

interface Measurement {
  readonly lateMs: readonly number[];
  /** From what the person says to silence. */
  readonly silentMs: readonly number[];
  /** Time for each second of speech that nobody cuts; NaN where nothing was spoken. */
  readonly realTimeFactor: number;
}

const format = { sampleRateHz: 16_000, channels: 1 };
const windowSamples = 512;
const windowMs = 32;
const measuredMs = 12_000;
const interruptions = 6;
/** Of frames, with Kokoro in its own process. */
const goalLateMs = 10;
/** How much later than without Kokoro a reply may be silent; a frame of the loudspeaker and one of the detector are 42. */
const goalLaterMs = 42;
const text = 'I am looking for it, and it will not take long. ';
/** Of 60 ms that a token of the synthetic model lasts. */
const msPerToken = 30;

/** Speaks all the time until it is told to stop. */
interface Speaker {
  /** Time for each second of speech when nobody cuts it. */
  readonly realTimeFactor: number;
  stop(): Promise<void>;
}

async function earshot(model: string): Promise<Speaker> {
  const voice = await loadKokoro({ model });
  const from = performance.now();
  const frames = await lastValueFrom(voice.synthesize(text.repeat(2)).pipe(toArray()));
  const realTimeFactor =
    (performance.now() - from) / frames.reduce((sum, frame) => sum + durationMs(frame), 0);
  const speak = () => voice.synthesize(text.repeat(20)).subscribe();
  let speech = speak();
  // Cut every other second, as a person does who will not listen.
  const cuts = setInterval(() => {
    speech.unsubscribe();
    speech = speak();
  }, 2000);
  return {
    realTimeFactor,
    async stop() {
      clearInterval(cuts);
      speech.unsubscribe();
      await voice.close();
    },
  };
}

async function inThisProcess(model: string): Promise<Speaker> {
  const { KokoroTTS } = await import('kokoro-js');
  const kokoro = await KokoroTTS.from_pretrained(model, { dtype: 'fp32', device: 'cpu' });
  const from = performance.now();
  const { audio } = await kokoro.generate(text);
  const realTimeFactor = (performance.now() - from) / (audio.length / 24);
  let isOver = false;
  const speaking = (async () => {
    while (!isOver) {
      await kokoro.generate(text);
      await sleep(0);
    }
  })();
  return {
    realTimeFactor,
    async stop() {
      isOver = true;
      await speaking;
    },
  };
}

const silent: Speaker = { realTimeFactor: Number.NaN, stop: async () => undefined };

async function measure(name: ContenderName, model: string): Promise<Measurement> {
  const vad = await loadSileroVad({ maxBacklogMs: 60_000 });
  const frames$ = new Subject<AudioFrame>();
  const lateMs: number[] = [];
  let isMeasured = false;
  frames$.pipe(vad.scoreSpeech()).subscribe({
    next({ frame: { timestampMs } }) {
      if (isMeasured) lateMs.push(performance.now() - timestampMs);
    },
    // It gives up when it gets no answer for seconds, as where a model blocks its process.
    error: (error: Error) => console.log(`${name}: ${error.message}`),
  });
  const speaker =
    name === 'earshot' ? await earshot(model) : name === 'nothing else' ? silent : await inThisProcess(model);
  const samples = noise({ sampleRateHz: format.sampleRateHz, durationMs: windowMs, rmsDb: -40, seed: 1 });
  const from = performance.now();
  const warmUpMs = 1000;
  for (let due = from + windowMs; due < from + warmUpMs + measuredMs; due += windowMs) {
    // What is due already comes at once, as from a device that was not read for a while.
    const waitMs = due - performance.now();
    if (waitMs > 0) await sleep(waitMs);
    isMeasured = due > from + warmUpMs;
    frames$.next(audioFrame(format, samples.slice(0, windowSamples), due));
  }
  await sleep(100);
  const silentMs = name === 'kokoro-js in this process' ? [] : await interruptReplies(interruptions);
  await speaker.stop();
  await vad.close();
  return { lateMs, silentMs, realTimeFactor: speaker.realTimeFactor };
}

function measureApart(name: ContenderName, model: string): Promise<Measurement> {
  return new Promise((resolve, reject) => {
    const child = fork(fileURLToPath(import.meta.url), [name, model], { serialization: 'advanced' });
    child.on('message', (measurement) => resolve(measurement as Measurement));
    child.on('error', reject);
    child.on('exit', (code) => reject(new Error(`the process for ${name} ended with ${code}`)));
  });
}

function percentile(values: readonly number[], part: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? Number.NaN;
}

const shown = (value: number, digits: number): string =>
  Number.isFinite(value) ? value.toFixed(digits) : '-';

async function main(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'kokoro-isolation-'));
  try {
    writeModel(folder, syntheticKokoro({ dtypes: ['fp32'], cost: await costOf({ msPerRow: msPerToken }) }));
    console.log(
      `Node ${process.version}, ${cpus()[0]?.model}, ${availableParallelism()} cores; ${measuredMs / 1000} s each; windows of ${windowMs} ms`,
    );
    const measured = new Map<ContenderName, Measurement>();
    for (const contender of contenders) measured.set(contender, await measureApart(contender, folder));
    console.table(
      [...measured].map(([contender, { lateMs, silentMs, realTimeFactor }]) => ({
        Kokoro: contender,
        'late ms p50': shown(percentile(lateMs, 0.5), 2),
        p99: shown(percentile(lateMs, 0.99), 2),
        max: shown(percentile(lateMs, 1), 2),
        interrupted:
          contender === 'kokoro-js in this process' ? '-' : `${silentMs.length} of ${interruptions}`,
        'to silence ms p50': shown(percentile(silentMs, 0.5), 0),
        'max ms': shown(percentile(silentMs, 1), 0),
        'real-time factor': shown(realTimeFactor, 2),
      })),
    );
    const [alone, beside] = [measured.get('nothing else'), measured.get('earshot')];
    const lateMs = percentile(beside?.lateMs ?? [], 0.99);
    const laterMs = percentile(beside?.silentMs ?? [], 0.5) - percentile(alone?.silentMs ?? [], 0.5);
    const isMet = lateMs <= goalLateMs && laterMs <= goalLaterMs && beside?.silentMs.length === interruptions;
    console.log(
      `frames late p99 ${lateMs.toFixed(2)} ms, goal ${goalLateMs}; silent ${laterMs.toFixed(0)} ms later than without, goal ${goalLaterMs}: ${isMet ? 'met' : 'missed'}`,
    );
    if (!isMet) process.exitCode = 1;
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
