import { spawn } from 'node:child_process';
import { channelMap } from './modules.js';
import { rigClients } from './room.js';
import { type Arrival, type TimeLine, timeLine } from './time-line.js';

/** Sound with a time line. */
export interface Recording extends TimeLine {
  /** Interleaved, full scale 1. */
  readonly samples: Float32Array;
  readonly channels: number;
  readonly rateHz: number;
}

/** Records until it is stopped. */
export interface Recorder {
  /**
   * End it. Resolves with what there was; again, with the same.
   *
   * @remarks
   * Accuracy, against what the player's server says is audible: 1 ms on PulseAudio, 4 ms on PipeWire. Two recorders of the same device
   * agree within 1 ms.
   */
  stop(): Promise<Recording>;
  /** What there is so far. */
  soFar(): Recording;
}

/** What to record. */
export interface RecorderOptions {
  readonly env: Readonly<Record<string, string>>;
  readonly source: string;
  readonly channels: number;
  readonly rateHz: number;
  /** How much earlier a sample arrives than it is audible. Units: ms. */
  readonly aheadMs: number;
}

/** Asked of the server. Units: ms. A shorter one would load a small machine. */
const fragmentMs = 5;
/** Records at most this much: half an hour in stereo at 48 kHz are 690 MB. Units: bytes. */
const maxBytes = 2 ** 30;
/** For the first samples. Units: ms. */
const startTimeoutMs = 10_000;

/** Starts to record; resolves when the first samples are there. */
export async function startRecorder({
  env,
  source,
  channels,
  rateHz,
  aheadMs,
}: RecorderOptions): Promise<Recorder> {
  const child = spawn(
    'parec',
    [
      '-d',
      source,
      '--raw',
      '--format=float32le',
      `--rate=${rateHz}`,
      `--channels=${channels}`,
      `--channel-map=${channelMap(channels)}`,
      `--latency-msec=${fragmentMs}`,
      `--client-name=${rigClients.recorder}`,
    ],
    { env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'pipe'] },
  );
  const bytesPerFrame = 4 * channels;
  const pieces: Buffer[] = [];
  const arrivals: Arrival[] = [];
  let bytes = 0;
  let isFull = false;
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
      const atMs = performance.now();
      if (bytes + piece.length > maxBytes) {
        isFull = true;
        child.kill('SIGKILL');
        return;
      }
      pieces.push(piece);
      bytes += piece.length;
      arrivals.push({ frames: Math.floor(bytes / bytesPerFrame), atMs });
      clearTimeout(timer);
      resolve();
    });
    void exited.then(() => reject(new Error(`no recording of ${source}: ${complaint.trim()}`)));
  }).catch((error: unknown) => {
    child.kill('SIGKILL');
    throw error;
  });

  const soFar = (): Recording => {
    if (isFull)
      throw new Error(`the recording of ${source} is longer than ${maxBytes} bytes; stop it earlier`);
    const whole = Buffer.concat(pieces);
    const count = Math.floor(whole.length / bytesPerFrame) * channels;
    const samples = new Float32Array(count);
    for (let i = 0; i < count; i += 1) samples[i] = whole.readFloatLE(4 * i);
    return { samples, channels, rateHz, ...timeLine(arrivals, rateHz, aheadMs) };
  };
  return {
    soFar,
    async stop() {
      child.kill('SIGKILL');
      await exited;
      return soFar();
    },
  };
}
