import { spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** What somebody says. */
export interface Speech {
  /** One channel, full scale 1. */
  readonly samples: Float32Array;
  readonly rateHz: number;
}

/** Somebody who speaks. */
export interface Person {
  /** When the first sample was in the room. Units: ms of `performance.now()` in this process. */
  readonly beganMs: number;
  /** When the last one will be. */
  readonly endsMs: number;
  /** Resolves when everything was said, or the speaking was cut off. */
  readonly ended: Promise<void>;
  /** Cut it off. */
  silence(): void;
}

/** Asked of the server. Units: ms. */
const latencyMs = 20;
/** Until the first sample is out. Units: ms. */
const startTimeoutMs = 10_000;
let speeches = 0;

/** Plays into a sink, and tells from the player's own position when it began. */
export async function speakInto(
  sink: string,
  { samples, rateHz }: Speech,
  folder: string,
  env: Readonly<Record<string, string>>,
): Promise<Person> {
  speeches += 1;
  const file = join(folder, `speech-${speeches}.raw`);
  const bytes = Buffer.alloc(4 * samples.length);
  for (const [i, sample] of samples.entries()) bytes.writeFloatLE(sample, 4 * i);
  writeFileSync(file, bytes);
  const child = spawn(
    'pacat',
    [
      '--verbose',
      '-d',
      sink,
      '--raw',
      '--format=float32le',
      `--rate=${rateHz}`,
      '--channels=1',
      `--latency-msec=${latencyMs}`,
      '--client-name=kiosk-person',
      file,
    ],
    { env: { ...process.env, ...env, LC_ALL: 'C.UTF-8' }, stdio: ['ignore', 'ignore', 'pipe'] },
  );
  const ended = new Promise<void>((resolve) =>
    child.once('close', () => resolve()).once('error', () => resolve()),
  );
  let said = '';
  const beganMs = await new Promise<number>((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`nobody spoke in ${startTimeoutMs} ms`)), startTimeoutMs);
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      const atMs = performance.now();
      said = (said + text).slice(-2000);
      const seconds = [...text.matchAll(/Time: (\d+\.\d+) sec/g)].map(([, digits]) => Number(digits)).at(-1);
      if (seconds === undefined || seconds === 0) return;
      clearTimeout(timer);
      resolve(atMs - 1000 * seconds);
    });
    void ended.then(() => reject(new Error(`nobody spoke into ${sink}: ${said.trim()}`)));
  }).catch((error: unknown) => {
    child.kill('SIGKILL');
    throw error;
  });
  return {
    beganMs,
    endsMs: beganMs + (1000 * samples.length) / rateHz,
    ended,
    silence: () => void child.kill('SIGKILL'),
  };
}
