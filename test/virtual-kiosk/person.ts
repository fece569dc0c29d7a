import { spawn } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { toMono } from '../../src/core/audio/mix.js';
import { readWav } from '../../src/core/audio/wav.js';
import type { KioskServer } from './problem.js';
import { rigClients } from './room.js';

/** What somebody says. */
export interface Speech {
  /** One channel, full scale 1. */
  readonly samples: Float32Array;
  readonly rateHz: number;
}

/** A recording of it, as it is or as a WAV file. */
export function loadSpeech(speech: Speech | string): Speech {
  if (typeof speech !== 'string') return speech;
  const { samples, format } = readWav(readFileSync(speech));
  return { samples: toMono(samples, format.channels), rateHz: format.sampleRateHz };
}

/** Somebody who speaks. */
export interface Person {
  /**
   * When the microphone had the first sample. Units: ms of `performance.now()` in this process.
   *
   * @remarks
   * Accuracy, against recordings of the microphone: 1 ms on PulseAudio, 2 ms on PipeWire, whose player tells its position in steps.
   */
  readonly beganMs: number;
  /** When it will have the last one. */
  readonly endsMs: number;
  /** Resolves when everything was said, or the speaking was cut off. */
  readonly ended: Promise<void>;
  /** Cut it off. */
  silence(): void;
}

/** Where somebody speaks. */
export interface SpeakOptions {
  readonly server: KioskServer;
  readonly env: Readonly<Record<string, string>>;
  /** For a file with the samples. */
  readonly folder: string;
  readonly sink: string;
}

/** Queued ahead, so that a busy machine makes no gaps; the beginning does not wait for it. Units: ms. */
const queuedMs = 400;
/** Until the first sample is out. Units: ms. */
const startTimeoutMs = 10_000;
/** The player tells its position every 50 ms; the middle one of so many is taken. */
const positions = 3;
/**
 * How much later than the microphone has a sample the player says that it is audible: the median of 16 each, on PulseAudio 16.1 from
 * 4.6 to 5.1, on PipeWire 0.3.65 from -4.2 to -1.6. Units: ms.
 */
const playerBehindMs: Readonly<Record<KioskServer, number>> = { pulseaudio: 4.8, pipewire: -3.3 };
let speeches = 0;

/** Plays into a sink, and tells from the player's own position when it began. */
export async function speakInto(
  { server, env, folder, sink }: SpeakOptions,
  { samples, rateHz }: Speech,
): Promise<Person> {
  if (samples.length === 0) throw new Error('nothing to say: the speech has no samples');
  speeches += 1;
  const file = join(folder, `speech-${speeches}.raw`);
  const bytes = Buffer.alloc(4 * samples.length);
  for (const [i, sample] of samples.entries()) bytes.writeFloatLE(sample, 4 * i);
  writeFileSync(file, bytes);
  const layout = ['--raw', '--format=float32le', `--rate=${rateHz}`, '--channels=1'];
  const child = spawn(
    'pacat',
    [
      '--verbose',
      '-d',
      sink,
      ...layout,
      `--latency-msec=${queuedMs}`,
      `--client-name=${rigClients.person}`,
      file,
    ],
    { env: { ...process.env, ...env, LC_ALL: 'C.UTF-8' }, stdio: ['ignore', 'ignore', 'pipe'] },
  );
  const ended = new Promise<void>((resolve) => {
    child.once('close', () => resolve()).once('error', () => resolve());
  });
  const began: number[] = [];
  let said = '';
  child.stderr.setEncoding('utf8');
  await new Promise<void>((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`nobody spoke in ${startTimeoutMs} ms`)), startTimeoutMs);
    const settle = (): void => {
      clearTimeout(timer);
      if (began.length > 0) resolve();
      else reject(new Error(`nobody spoke into ${sink}: ${said.trim()}`));
    };
    child.stderr.on('data', (text: string) => {
      const atMs = performance.now();
      said = (said + text).slice(-2000);
      const seconds = [...text.matchAll(/Time: (\d+\.\d+) sec/g)].map(([, digits]) => Number(digits)).at(-1);
      if (seconds !== undefined && seconds > 0) began.push(atMs - 1000 * seconds);
      if (began.length === positions) settle();
    });
    // A word may be over before that.
    void ended.then(settle);
  }).catch((error: unknown) => {
    child.kill('SIGKILL');
    throw error;
  });
  const beganMs = middle(began.slice(0, positions)) - playerBehindMs[server];
  return {
    beganMs,
    endsMs: beganMs + (1000 * samples.length) / rateHz,
    ended,
    silence: () => void child.kill('SIGKILL'),
  };
}

const middle = (values: readonly number[]): number =>
  [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
