/**
 * Makes the recorded fillers in assets/fillers/en again from the Debian package they come from.
 *
 *   npx tsx scripts/make-fillers.mjs                  fetches the package with `apt-get download`, into a temporary folder
 *   npx tsx scripts/make-fillers.mjs --from <folder>  takes it unpacked (`dpkg-deb -x package.deb <folder>`)
 *
 * Needs ffmpeg, which decodes G.722. What is done to each recording stands in the table below and in
 * assets/fillers/en/LICENSE. The cache itself is written by `renderFillers`, as for any other voice.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { defer, lastValueFrom, of, toArray } from 'rxjs';
import { renderFillers } from '../src/adapters/filler-cache/index.js';

const packageName = 'asterisk-core-sounds-en-g722';
const sounds = 'usr/share/asterisk/sounds/en_US_f_Allison';
const directory = fileURLToPath(new URL('../assets/fillers/en', import.meta.url));
const format = { sampleRateHz: 16_000, channels: 1 };

/** `fromMs` and `toMs` lie in pauses of the recording; without them it is taken whole. Without `contexts` it fits every wait. */
const clips = [
  { text: 'One moment, please.', file: 'one-moment-please.g722' },
  { text: 'Please wait a moment.', file: 'demo-abouttotry.g722', fromMs: 11_680, toMs: 12_960 },
  { text: 'Thank you.', file: 'auth-thankyou.g722' },
  { text: 'Thank you for your patience.', contexts: ['long-wait'], file: 'queue-thankyou.g722' },
  {
    text: 'Please stay on the line.',
    contexts: ['long-wait'],
    file: 'queue-periodic-announce.g722',
    fromMs: 2600,
    toMs: 4050,
  },
  {
    text: 'Please continue to hold.',
    contexts: ['long-wait'],
    file: 'vm-saveoper.g722',
    fromMs: 3410,
    toMs: 5100,
  },
];
/** The same for every clip. Sound begins where the level first comes within 40 dB of the peak. */
const shape = { edgeDb: -40, keptBeforeMs: 8, keptAfterMs: 30, fadeMs: 5, peakDb: -6 };

const samplesIn = (ms) => Math.round((ms * format.sampleRateHz) / 1000);

function decoded(path) {
  const args = [
    '-v',
    'error',
    '-nostdin',
    '-i',
    path,
    '-ar',
    `${format.sampleRateHz}`,
    '-ac',
    '1',
    '-f',
    'f32le',
    '-',
  ];
  const bytes = execFileSync('ffmpeg', args, { maxBuffer: 100_000_000 });
  return new Float32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length));
}

/** Cut to the sound, faded at both ends and scaled to the peak. */
function shaped(samples) {
  const { edgeDb, keptBeforeMs, keptAfterMs, fadeMs, peakDb } = shape;
  const peak = samples.reduce((max, sample) => Math.max(max, Math.abs(sample)), 0);
  const edge = peak * 10 ** (edgeDb / 20);
  const isSound = (sample) => Math.abs(sample) >= edge;
  const begin = Math.max(0, samples.findIndex(isSound) - samplesIn(keptBeforeMs));
  const end = Math.min(samples.length, samples.findLastIndex(isSound) + samplesIn(keptAfterMs));
  const fade = samplesIn(fadeMs);
  return samples.slice(begin, end).map((sample, index, { length }) => {
    const ramp = Math.min(1, index / fade, (length - 1 - index) / fade);
    return (sample / peak) * 10 ** (peakDb / 20) * ramp;
  });
}

/** A voice that can say what was recorded and nothing else. */
function recordedVoice(folder) {
  return {
    format,
    engine: 'recorded',
    voice: 'allison',
    speed: 1,
    synthesize: (text) =>
      defer(() => {
        const {
          file,
          fromMs = 0,
          toMs = Number.POSITIVE_INFINITY,
        } = clips.find((clip) => clip.text === text);
        const whole = decoded(join(folder, sounds, file));
        const samples = shaped(whole.slice(samplesIn(fromMs), Math.min(whole.length, samplesIn(toMs))));
        return of({ format, samples, samplesPerChannel: samples.length, timestampMs: 0 });
      }),
  };
}

function fetchPackage(folder) {
  execFileSync('apt-get', ['download', packageName], { cwd: folder, stdio: 'inherit' });
  const archive = readdirSync(folder).find((name) => name.endsWith('.deb'));
  execFileSync('dpkg-deb', ['-x', archive, 'unpacked'], { cwd: folder });
  return join(folder, 'unpacked');
}

const from = process.argv[2] === '--from' ? process.argv[3] : undefined;
const temporary = from === undefined ? mkdtempSync(join(tmpdir(), 'make-fillers-')) : undefined;
try {
  const folder = from ?? fetchPackage(temporary);
  if (!existsSync(join(folder, sounds))) {
    throw new Error(`${folder} holds no ${sounds}; give the folder into which ${packageName} was unpacked`);
  }
  // Made anew, or what is no longer in the table would stay.
  for (const name of readdirSync(directory).filter((name) => /\.(wav|json)$/.test(name))) {
    rmSync(join(directory, name));
  }
  const rendered = await lastValueFrom(
    renderFillers({
      synthesizer: recordedVoice(folder),
      phrases: clips.map(({ text, contexts = [] }) => ({ text, contexts })),
      directory,
      language: 'en',
    }).pipe(toArray()),
  );
  for (const { fillerId, durationMs } of rendered) console.log(`${fillerId}  ${Math.round(durationMs)} ms`);
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
} finally {
  if (temporary !== undefined) rmSync(temporary, { recursive: true, force: true });
}
