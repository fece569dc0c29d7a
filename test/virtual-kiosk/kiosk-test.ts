import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, onTestFinished } from 'vitest';
import { type KioskServer, kioskProblem } from './problem.js';
import { createVirtualKiosk, type VirtualKiosk, type VirtualKioskOptions } from './virtual-kiosk.js';

/** The same tests on every sound server that is installed; of the others it is told why not. */
export function describeOnServers(name: string, body: (server: KioskServer) => void): void {
  for (const server of ['pulseaudio', 'pipewire'] as const) {
    const problem = kioskProblem(server);
    if (problem !== null) console.warn(`${name} on ${server}: skipped, because ${problem}`);
    describe.skipIf(problem !== null)(`${name} on ${server}`, () => body(server));
  }
}

/** A kiosk that is gone when the test is over. */
export async function kioskFor(options: Partial<VirtualKioskOptions>): Promise<VirtualKiosk> {
  const kiosk = await createVirtualKiosk(options);
  onTestFinished(() => kiosk.teardown());
  return kiosk;
}

/** Somebody's program that plays or records. */
export interface Application {
  readonly child: ChildProcess;
  /** How many bytes came from the device. */
  readonly received: () => number;
  /** With what it ended. */
  readonly exited: Promise<number | null>;
}

/** Plays mono samples at 48 kHz to the default loudspeaker, or another one. */
export function play(kiosk: VirtualKiosk, samples: Float32Array, device?: string): Application {
  const file = join(kiosk.folder, `application-${performance.now()}.raw`);
  writeFileSync(file, Buffer.from(samples.buffer, samples.byteOffset, samples.byteLength));
  return start(kiosk, 'pacat', ['--latency-msec=100', '--channels=1', ...on(device), file]);
}

/** Records the default microphone, or another one. */
export function capture(kiosk: VirtualKiosk, device?: string): Application {
  return start(kiosk, 'parec', ['--latency-msec=20', '--channels=1', ...on(device)]);
}

const on = (device: string | undefined): readonly string[] => (device === undefined ? [] : ['-d', device]);

function start(kiosk: VirtualKiosk, program: string, args: readonly string[]): Application {
  const child = spawn(program, ['--raw', '--format=float32le', '--rate=48000', ...args], {
    env: { ...process.env, ...kiosk.env },
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  let received = 0;
  child.stdout.on('data', (piece: Buffer) => {
    received += piece.length;
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  return {
    child,
    received: () => received,
    exited: once(child, 'exit').then(([code]) => code as number | null),
  };
}

/** A sine that begins with its crest, at 48 kHz. */
export function tone(frequencyHz: number, ms: number, amplitude = 0.5): Float32Array {
  return Float32Array.from(
    { length: 48 * ms },
    (_, i) => amplitude * Math.cos((2 * Math.PI * frequencyHz * i) / 48_000),
  );
}

/** Waits until something is so, which it is in an instant unless something is wrong. */
export async function until(
  what: string,
  isSo: () => boolean | Promise<boolean>,
  timeoutMs = 15_000,
): Promise<void> {
  const untilMs = performance.now() + timeoutMs;
  while (!(await isSo())) {
    if (performance.now() > untilMs) throw new Error(`not so after ${timeoutMs} ms: ${what}`);
    await passes(20);
  }
}

/** Real time, for real devices. */
export const passes = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** What a busy machine makes wrong now and then, but not every time: the first of some attempts that is right, or the last. */
export async function bestOf<T>(
  attempts: number,
  attempt: () => Promise<T>,
  isRight: (result: T) => boolean,
): Promise<T> {
  for (let left = attempts; ; left -= 1) {
    const result = await attempt();
    if (left <= 1 || isRight(result)) return result;
  }
}

/** Processes that run with a folder in their environment or their command line, but this one. */
export function processesOf(folder: string): readonly string[] {
  return readdirSync('/proc').filter((pid) => {
    if (!/^\d+$/.test(pid) || Number(pid) === process.pid) return false;
    try {
      return ['environ', 'cmdline'].some((file) =>
        readFileSync(`/proc/${pid}/${file}`, 'utf8').includes(folder),
      );
    } catch {
      // It ended meanwhile.
      return false;
    }
  });
}
