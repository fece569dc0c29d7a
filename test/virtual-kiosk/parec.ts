import { spawn } from 'node:child_process';
import { rigClients } from './room.js';

/** What to listen to. */
export interface ParecCall {
  readonly env: Readonly<Record<string, string>>;
  readonly source: string;
  readonly channels: number;
  readonly rateHz: number;
  /** What is asked for beyond that. */
  readonly args?: readonly string[];
  /** Called in order, with interleaved samples of 32 bits in any pieces, and when each came. `end` lets no more come. */
  hear(piece: Buffer, atMs: number, end: () => void): void;
}

/** A `parec` that has begun to deliver. */
export interface Parec {
  readonly pid: number;
  stop(): Promise<void>;
}

/** Asked of the server. Units: ms. A shorter one would load a small machine. */
const fragmentMs = 5;
/** For the first samples. Units: ms. */
const startTimeoutMs = 10_000;

/** Resolves when the first samples were heard. */
export async function startParec({
  env,
  source,
  channels,
  rateHz,
  args = [],
  hear,
}: ParecCall): Promise<Parec> {
  const child = spawn(
    'parec',
    [
      ...['-d', source, '--raw', '--format=float32le', `--rate=${rateHz}`, `--channels=${channels}`, ...args],
      ...[`--latency-msec=${fragmentMs}`, `--client-name=${rigClients.recorder}`],
    ],
    { env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'pipe'] },
  );
  const kill = (): void => void child.kill('SIGKILL');
  let complaint = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    complaint = (complaint + text).slice(-2000);
  });
  const exited = new Promise<void>((resolve) =>
    child.once('close', () => resolve()).once('error', () => resolve()),
  );
  await new Promise<void>((resolve, reject) => {
    const timer = setTimeout(
      () => reject(new Error(`nothing from ${source} in ${startTimeoutMs} ms`)),
      startTimeoutMs,
    );
    child.stdout.on('data', (piece: Buffer) => {
      hear(piece, performance.now(), kill);
      clearTimeout(timer);
      resolve();
    });
    void exited.then(() => reject(new Error(`no recording of ${source}: ${complaint.trim()}`)));
  }).catch((error: unknown) => {
    kill();
    throw error;
  });
  return {
    pid: child.pid as number,
    async stop() {
      kill();
      await exited;
    },
  };
}
