/**
 * Makes the recordings of the demo again from the Debian packages they come from.
 *
 *   node scripts/make-demo-assets.mjs                  fetches the packages with `apt-get download`, into a temporary folder
 *   node scripts/make-demo-assets.mjs --from <folder>  takes them unpacked (`dpkg-deb -x package.deb <folder>`)
 *
 * What is done to each recording stands in the table below and in examples/demo/assets/LICENSE.md.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { pcmToFloat, readWav, writeWav } from './wav.mjs';

const sampleRateHz = 16_000;
const packages = ['pocketsphinx-testdata', 'scratch'];
const sphinx = 'usr/share/pocketsphinx/test/data';
const novel = `${sphinx}/librivox/sense_and_sensibility_01_austen_64kb`;

/**
 * `fromMs` and `toMs` cut the recording, a few milliseconds before the first sound and after the last one.
 * Every clip is filtered (high-pass), faded in and out, and scaled to the peak. Times are of the sound as it plays.
 */
const clips = [
  { file: 'john-dashwood.wav', source: `${novel}-0870.wav`, fromMs: 244, toMs: 6810 },
  { file: 'not-ill-disposed.wav', source: `${novel}-0880.wav`, fromMs: 272, toMs: 2850 },
  { file: 'unless-cold-hearted.wav', source: `${novel}-0890.wav`, fromMs: 286, toMs: 5080 },
  { file: 'more-amiable-woman.wav', source: `${novel}-0920.wav`, fromMs: 325, toMs: 5850 },
  { file: 'amiable-himself.wav', source: `${novel}-0930.wav`, fromMs: 286, toMs: 2880 },
  { file: 'go-forward.wav', source: `${sphinx}/goforward.raw`, fromMs: 503, toMs: 2215 },
  {
    // The second of three coughs in a row, a little slower, and softer than the speech.
    file: 'cough.wav',
    source: 'usr/share/scratch/Media/Sounds/Human/Cough-male.wav',
    slowDown: 0.93,
    fromMs: 125,
    toMs: 345,
    fadeOutMs: 40,
    peak: 0.22,
  },
];
const speech = { highPassHz: 100, fadeInMs: 2, fadeOutMs: 20, peak: 0.5 };

/** Fourth order Butterworth high-pass: two biquads. Takes the hum and the rumble below the voice away. */
function highPass(samples, cutoffHz) {
  return [0.5412, 1.3066].reduce((input, q) => {
    const w = (2 * Math.PI * cutoffHz) / sampleRateHz;
    const alpha = Math.sin(w) / (2 * q);
    const cos = Math.cos(w);
    const a0 = 1 + alpha;
    let [x1, x2, y1, y2] = [0, 0, 0, 0];
    return input.map((x) => {
      const y = (((1 + cos) / 2) * (x - 2 * x1 + x2) + 2 * cos * y1 - (1 - alpha) * y2) / a0;
      [x2, x1, y2, y1] = [x1, x, y1, y];
      return y;
    });
  }, samples);
}

/** Read with another step than one sample: windowed sinc, 32 taps to each side, low-pass where it must be. */
function resampled(samples, step) {
  const cutoff = Math.min(1, 1 / step);
  return Float32Array.from({ length: Math.floor(samples.length / step) }, (_, i) => {
    const at = i * step;
    let sum = 0;
    for (let k = Math.max(0, Math.ceil(at - 32)); k <= at + 32 && k < samples.length; k++) {
      const x = at - k;
      const sinc = x === 0 ? 1 : Math.sin(Math.PI * x * cutoff) / (Math.PI * x * cutoff);
      sum += samples[k] * cutoff * sinc * (0.5 + 0.5 * Math.cos((Math.PI * x) / 32));
    }
    return sum;
  });
}

/** Cut, faded and scaled. */
function shaped(samples, { fromMs, toMs, fadeInMs, fadeOutMs, peak }) {
  const cut = samples.slice(Math.round(fromMs * 16), Math.round(toMs * 16));
  const faded = cut.map((sample, i) => {
    const fadeIn = Math.min(1, i / (fadeInMs * 16));
    const fadeOut = Math.min(1, (cut.length - 1 - i) / (fadeOutMs * 16));
    return sample * fadeIn * (0.5 - 0.5 * Math.cos(Math.PI * fadeOut));
  });
  const loudest = faded.reduce((most, sample) => Math.max(most, Math.abs(sample)), 0);
  return faded.map((sample) => (sample * peak) / loudest);
}

function readSource(root, { source, slowDown = 1 }) {
  const path = join(root, source);
  if (!existsSync(path))
    throw new Error(`${path} is missing: unpack the Debian packages ${packages.join(', ')} there`);
  if (source.endsWith('.raw')) return pcmToFloat(readFileSync(path));
  const wav = readWav(path);
  const step = (wav.sampleRateHz * slowDown) / sampleRateHz;
  return step === 1 ? wav.samples : resampled(wav.samples, step);
}

/** Fetch and unpack the packages into a new folder. */
function unpackPackages() {
  const folder = mkdtempSync(join(tmpdir(), 'demo-assets-'));
  execFileSync('apt-get', ['download', '-q', ...packages], {
    cwd: folder,
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  for (const name of readdirSync(folder).filter((entry) => entry.endsWith('.deb'))) {
    execFileSync('dpkg-deb', ['-x', join(folder, name), folder]);
  }
  return folder;
}

const from = process.argv.indexOf('--from');
const root = from >= 0 ? process.argv[from + 1] : unpackPackages();
if (root === undefined) throw new Error('--from needs a folder');
const assets = fileURLToPath(new URL('../examples/demo/assets/', import.meta.url));
mkdirSync(assets, { recursive: true });
for (const clip of clips) {
  const settings = { ...speech, ...clip };
  const samples = shaped(highPass(readSource(root, clip), settings.highPassHz), settings);
  writeWav(join(assets, clip.file), samples, sampleRateHz);
  console.log(`${clip.file}: ${Math.round(samples.length / 16)} ms`);
}
if (from < 0) rmSync(root, { recursive: true });
