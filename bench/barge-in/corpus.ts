import { execFileSync, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { homedir } from 'node:os';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { readWav } from '../../src/core/audio/wav.js';
import { createRandom, shuffled } from './random.js';
import { backchannels, englishVoiceOf, type Speaker, speakers, texts } from './speakers.js';
import { findSpeech, sampleRateHz } from './speech-bounds.js';

/** One recording, decoded to 32-bit floats at 16 kHz in a file of the cache. */
export interface Recording {
  readonly file: string;
  readonly use: 'far' | 'near' | 'backchannel' | 'cough';
  readonly speaker: string;
}

/** What could be got together on this machine. */
export interface Corpus {
  readonly recordings: readonly Recording[];
  /** What is not there, and how to get it. */
  readonly missing: readonly string[];
  /** Changes with what the recordings hold. */
  readonly fingerprint: string;
}

const projectFolder = fileURLToPath(new URL('../../', import.meta.url));
/** Of the prompts of one speaker: long ones over the loudspeaker, short ones in front of the microphone. */
const farSeconds = { least: 5, most: 90 };
const nearSeconds = { least: 0.7, most: 4 };
const mostNear = 60;
const bytesPerSecond = 8000;
/** Tones, animals, laughter and single letters are no barge-in. */
const notSpeech = /beep|tone|tt-|monkey|weasel|silence|ring|hello-world|privacy-blankt|digit|letter|phonetic/;

/** Where corpora and scores are kept. */
export function cacheFolder(): string {
  const base = process.env['XDG_CACHE_HOME'] || join(homedir(), '.cache');
  const folder = join(base, 'earshot-bench-barge-in');
  mkdirSync(folder, { recursive: true });
  return folder;
}

/** Run a program; whether it worked. */
function runs(program: string, args: readonly string[], cwd?: string): boolean {
  const { status } = spawnSync(program, args, {
    cwd,
    stdio: ['ignore', 'ignore', 'ignore'],
    timeout: 180_000,
  });
  return status === 0;
}

/** Fetch a package of Debian and unpack it; nothing is installed. @returns the folder, or undefined where that cannot be done. */
function unpackedPackage(name: string, folder: string): string | undefined {
  const target = join(folder, 'packages', name);
  if (existsSync(target)) return target;
  const archives = join(folder, 'archives');
  mkdirSync(archives, { recursive: true });
  const archive = () =>
    readdirSync(archives).find((file) => file.startsWith(`${name}_`) && file.endsWith('.deb'));
  if (!archive()) runs('apt-get', ['download', name], archives);
  const file = archive();
  if (!file) return undefined;
  const unfinished = `${target}.${process.pid}`;
  mkdirSync(unfinished, { recursive: true });
  if (!runs('dpkg-deb', ['-x', join(archives, file), unfinished])) return undefined;
  renameSync(unfinished, target);
  return target;
}

function writeSamples(file: string, samples: Float32Array): void {
  const unfinished = `${file}.${process.pid}`;
  writeFileSync(unfinished, Buffer.from(samples.buffer, samples.byteOffset, samples.byteLength));
  renameSync(unfinished, file);
}

/** The samples of a file of the cache. */
export function readSamples(file: string): Float32Array {
  const bytes = readFileSync(file);
  return new Float32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength));
}

/** Decode whatever ffmpeg knows. @throws Error when it cannot. */
function decode(input: readonly string[], file: string): void {
  if (existsSync(file)) return;
  const bytes = execFileSync(
    'ffmpeg',
    ['-v', 'error', ...input, '-ac', '1', '-ar', String(sampleRateHz), '-f', 'f32le', 'pipe:1'],
    { maxBuffer: 2 ** 28 },
  );
  writeSamples(
    file,
    new Float32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength)),
  );
}

function synthesize(voice: string, wordsPerMinute: number, text: string, file: string): void {
  if (existsSync(file)) return;
  const wav = execFileSync('espeak-ng', ['-v', voice, '-s', String(wordsPerMinute), '--stdout', text], {
    maxBuffer: 2 ** 26,
  });
  const plain = `${file}.wav`;
  writeFileSync(plain, wav);
  decode(['-i', plain], file);
}

function promptsOf(
  speaker: Speaker,
  source: { readonly package: string; readonly folder: string },
  folder: string,
): Recording[] | undefined {
  const unpacked = unpackedPackage(source.package, folder);
  if (!unpacked) return undefined;
  const sounds = join(unpacked, 'usr/share/asterisk/sounds', source.folder);
  const prompts = readdirSync(sounds)
    .filter((name) => name.endsWith('.g722') && !notSpeech.test(name))
    .sort()
    .map((name) => ({ name, seconds: statSync(join(sounds, name)).size / bytesPerSecond }));
  const within = ({ least, most }: { readonly least: number; readonly most: number }) =>
    prompts.filter(({ seconds }) => seconds >= least && seconds <= most);
  const take = (use: 'far' | 'near', chosen: readonly { readonly name: string }[]) =>
    chosen.map(({ name }): Recording => {
      const file = join(folder, 'decoded', `${speaker.name}-${basename(name, '.g722')}.f32`);
      decode(['-f', 'g722', '-i', join(sounds, name)], file);
      return { file, use, speaker: speaker.name };
    });
  return [
    ...take('far', within(farSeconds)),
    ...take('near', shuffled(createRandom(1), within(nearSeconds)).slice(0, mostNear)),
  ];
}

function recordingsOf(speaker: Speaker, folder: string): Recording[] | undefined {
  const { source, name } = speaker;
  const place = (id: string) => join(folder, 'decoded', `${name}-${id}.f32`);
  switch (source.kind) {
    case 'package':
      return promptsOf(speaker, source, folder);
    case 'synthesis': {
      const said = texts[source.language];
      return (['long', 'short'] as const).flatMap((length) =>
        said[length].map((text, index) => {
          const file = place(`${length}-${index}`);
          synthesize(source.voice, source.wordsPerMinute, text, file);
          return { file, use: length === 'long' ? 'far' : 'near', speaker: name } as const;
        }),
      );
    }
    case 'files':
      return source.files.map((path) => {
        const file = place(basename(path, '.wav'));
        if (!existsSync(file))
          writeSamples(file, readWav(new Uint8Array(readFileSync(join(projectFolder, path)))).samples);
        return { file, use: 'near', speaker: name } as const;
      });
  }
}

function backchannelsOf(speaker: Speaker, folder: string): Recording[] {
  const { source, name } = speaker;
  if (source.kind !== 'synthesis') return [];
  return backchannels.map((text, index) => {
    const file = join(folder, 'decoded', `${name}-hum-${index}.f32`);
    synthesize(englishVoiceOf(source.voice), source.wordsPerMinute, text, file);
    return { file, use: 'backchannel', speaker: name } as const;
  });
}

const howToGet = (speaker: Speaker): string => {
  switch (speaker.source.kind) {
    case 'package':
      return `${speaker.source.package}: needs apt-get, dpkg-deb and ffmpeg, and a package index (apt-get update)`;
    case 'synthesis':
      return `the voice ${speaker.source.voice}: needs espeak-ng and ffmpeg (apt-get install espeak-ng ffmpeg)`;
    case 'files':
      return `${speaker.source.files[0]} and others of the demo`;
  }
};

/** Get together what there is, fetching what can be fetched. Decoded files stay in the cache: nothing of it belongs to the project. */
export function gatherCorpus(folder = cacheFolder()): Corpus {
  mkdirSync(join(folder, 'decoded'), { recursive: true });
  const recordings: Recording[] = [];
  const missing: string[] = [];
  for (const speaker of speakers) {
    try {
      const found = recordingsOf(speaker, folder);
      if (!found) missing.push(howToGet(speaker));
      else recordings.push(...found, ...backchannelsOf(speaker, folder));
    } catch (error) {
      missing.push(`${howToGet(speaker)} (${String(error).split('\n')[0]})`);
    }
  }
  const cough = join(folder, 'decoded', 'cough.f32');
  if (!existsSync(cough)) {
    const wav = readFileSync(join(projectFolder, 'examples/demo/assets/cough.wav'));
    writeSamples(cough, readWav(new Uint8Array(wav)).samples);
  }
  recordings.push({ file: cough, use: 'cough', speaker: 'cough' });
  const speaking = recordings.filter(
    ({ use, file }) => use === 'cough' || findSpeech(readSamples(file)) !== undefined,
  );
  const hash = createHash('sha256');
  for (const { file, use, speaker } of speaking)
    hash.update(`${use} ${speaker} ${basename(file)} ${statSync(file).size}\n`);
  return { recordings: speaking, missing, fingerprint: hash.digest('hex').slice(0, 16) };
}
