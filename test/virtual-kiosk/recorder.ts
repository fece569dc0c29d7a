import { spawn } from 'node:child_process';
import { channelMap } from './modules.js';
import { rigClients } from './room.js';

/** Sound with a time line. */
export interface Recording {
  /** Interleaved, full scale 1. */
  readonly samples: Float32Array;
  readonly channels: number;
  readonly rateHz: number;
  /** When its first sample was audible. Units: ms of `performance.now()` in this process. */
  readonly firstSampleMs: number;
  /** When a sample frame was audible. Units: as above. Holds also after the device had stood still for a while. */
  msAt(frame: number): number;
  /** Which sample frame was audible; fractions included. */
  frameAt(ms: number): number;
}

/** What of a recording tells when it was. */
export type TimeLine = Pick<Recording, 'firstSampleMs' | 'msAt' | 'frameAt'>;

/** Records until it is stopped. */
export interface Recorder {
  /** End it. Resolves with what there was; again, with the same. */
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
/** What a gap in the time line is, and how much has to follow it. Units: ms. Stalls of a loaded machine are made up for, a suspended device is not. */
const gapMs = 40;
const soundAfterGapMs = 100;

interface Arrival {
  /** Sample frames that had arrived. */
  readonly frames: number;
  readonly atMs: number;
}

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

/** Of a time line: from here on, a sample frame was audible at `zeroMs` + its number / rate. */
export interface Segment {
  readonly fromFrame: number;
  readonly zeroMs: number;
}

/**
 * Nothing arrives before the server mixed it, so the earliest arrival tells when that was; where all that follows arrives later,
 * the device had stood still.
 */
export function timeLine(arrivals: readonly Arrival[], rateHz: number, aheadMs: number): TimeLine {
  const perMs = rateHz / 1000;
  const segments: Segment[] = [];
  const total = arrivals.at(-1)?.frames ?? 0;
  let earliest = Infinity;
  const earliestFromHere = arrivals
    .map(({ frames, atMs }) => atMs + aheadMs - frames / perMs)
    .reduceRight<number[]>((found, zeroMs) => {
      earliest = Math.min(earliest, zeroMs);
      found.push(earliest);
      return found;
    }, [])
    .reverse();
  let before = 0;
  arrivals.forEach(({ frames }, i) => {
    const zeroMs = earliestFromHere[i] as number;
    const last = segments.at(-1);
    const isLong = total - before >= soundAfterGapMs * perMs;
    if (!last || (zeroMs - last.zeroMs > gapMs && isLong)) segments.push({ fromFrame: before, zeroMs });
    before = frames;
  });
  return lineOf(segments, perMs);
}

/** @param perMs - sample frames in a millisecond. */
export function lineOf(segments: readonly Segment[], perMs: number): TimeLine {
  const none: Segment = { fromFrame: 0, zeroMs: Number.NaN };
  const startMs = ({ fromFrame, zeroMs }: Segment): number => zeroMs + fromFrame / perMs;
  const [first = none] = segments;
  return {
    firstSampleMs: startMs(first),
    msAt: (frame) =>
      (segments.findLast(({ fromFrame }) => fromFrame <= frame) ?? first).zeroMs + frame / perMs,
    frameAt(ms) {
      const index = Math.max(
        0,
        segments.findLastIndex((segment) => startMs(segment) <= ms),
      );
      const end = segments[index + 1]?.fromFrame ?? Infinity;
      return Math.min(end, (ms - (segments[index] ?? none).zeroMs) * perMs);
    },
  };
}
