/**
 * Our linear echo canceller against WebRTC's audio processing module, in the same run: what 10 ms cost.
 *
 * Run: npx tsx bench/echo-canceller.bench.ts
 * All get the same voice-like far end with an echo of it and the noise of a room, mono at 16 kHz in frames of 10 ms, through `cancelEcho`.
 * By turns, so that whatever else the machine does hits all of them alike. Without the peer of WebRTC's module only ours is measured.
 *
 * First one of ours beside WebRTC's, as a program has it. Then ours with other options, of which several live in one program: the compiler can
 * no longer take the arrays of the one for constants, and each costs a half more. `engine` is ours without frames, time stamps
 * and the conversion of the reference. Takes about half a minute.
 */
import { cpus } from 'node:os';
import { fileURLToPath } from 'node:url';
import { Subject } from 'rxjs';
import { loadWebrtcApm } from '../src/adapters/webrtc-apm/index.js';
import { type AudioFrame, audioFrame } from '../src/core/audio/audio-frame.js';
import { createEchoEngine } from '../src/core/audio/echo/echo-engine.js';
import { linearEchoCanceller } from '../src/core/audio/echo/linear-echo-canceller.js';
import type { LinearEchoCancellerOptions } from '../src/core/audio/echo/linear-echo-options.js';
import type { EchoCanceller } from '../src/core/ports/echo-canceller.js';
import { noise } from '../src/testing/signals.js';

/** What one contender did. */
export interface EchoCancellerResult {
  readonly contender: string;
  /** Median time for 10 ms. */
  readonly microseconds: number;
  readonly p99Microseconds: number;
  /** CPU time of all threads for 10 ms. */
  readonly cpuMicroseconds: number;
}

/** Takes 10 ms of one channel each time. */
interface Contender {
  readonly name: string;
  step(near: Float32Array, far: Float32Array, index: number): void;
  close(): void;
}

const sampleRateHz = 16_000;
const format = { sampleRateHz, channels: 1 };
const blockSamples = 160;
const rounds = 15;
const warmUpRounds = 5;
const stepsPerRound = 200;

function operator(
  name: string,
  canceller: EchoCanceller,
  farHz: number,
  close: () => void = () => undefined,
): Contender {
  const near$ = new Subject<AudioFrame>();
  const far$ = new Subject<AudioFrame>();
  near$.pipe(canceller.cancelEcho(far$)).subscribe();
  const farFormat = { sampleRateHz: farHz, channels: 1 };
  const repeats = farHz / sampleRateHz;
  const upsampled = new Float32Array(blockSamples * repeats);
  // A period ahead, as a device is that writes to a buffer.
  far$.next(audioFrame(farFormat, new Float32Array(upsampled.length), 0));
  return {
    name,
    step(near, far, index) {
      for (let i = 0; i < upsampled.length; i++) upsampled[i] = far[Math.floor(i / repeats)] as number;
      far$.next(audioFrame(farFormat, upsampled, (index + 1) * 10));
      near$.next(audioFrame(format, near, index * 10));
    },
    close,
  };
}

function ours(name: string, options: Partial<LinearEchoCancellerOptions>, farHz = sampleRateHz): Contender {
  return operator(name, linearEchoCanceller(options), farHz);
}

function engine(partitions: number): Contender {
  const made = createEchoEngine(blockSamples, partitions, sampleRateHz);
  const [reference, captured] = [new Float64Array(blockSamples), new Float64Array(blockSamples)];
  return {
    name: `ours, ${partitions * 10} ms, one of five, engine`,
    step(near, far) {
      reference.set(far);
      captured.set(near);
      made.step(reference, captured);
    },
    close: () => undefined,
  };
}

async function webrtc(noiseSuppression: boolean): Promise<Contender | undefined> {
  try {
    const apm = await loadWebrtcApm({
      sampleRateHz,
      echoCancellation: true,
      highPass: false,
      noiseSuppression,
      gainControl: false,
    });
    const name = noiseSuppression ? 'WebRTC, echo and noise' : 'WebRTC, echo';
    return operator(name, apm, sampleRateHz, apm.close);
  } catch (error) {
    if (!String(error).includes('rtc-ffi-bindings')) throw error;
    return undefined;
  }
}

function quantile(values: readonly number[], share: number): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length * share)] as number;
}

/** Bursts of noise, four each second, and their echo. */
function scene(): { readonly far: Float32Array; readonly near: Float32Array } {
  const durationMs = (rounds + warmUpRounds) * stepsPerRound * 10;
  const far = noise({ sampleRateHz, durationMs }).map(
    (sample, index) => sample * Math.sin((4 * Math.PI * index) / sampleRateHz) ** 2,
  );
  const floor = noise({ sampleRateHz, durationMs, seed: 2, rmsDb: -60 });
  const near = floor.map((sample, index) => sample + 0.3 * (far[index - 960] ?? 0));
  return { far, near };
}

/** Let contenders work by turns. */
function compete(contenders: readonly Contender[]): EchoCancellerResult[] {
  const entries = contenders.map((contender) => ({ contender, steps: [] as number[], cpu: [] as number[] }));
  const { far, near } = scene();
  const frameOf = (signal: Float32Array, index: number) =>
    signal.slice(index * blockSamples, (index + 1) * blockSamples);
  for (let round = 0; round < warmUpRounds + rounds; round++) {
    const indices = Array.from({ length: stepsPerRound }, (_, i) => round * stepsPerRound + i);
    const frames = indices.map((index) => ({ index, near: frameOf(near, index), far: frameOf(far, index) }));
    for (const { contender, steps, cpu } of entries) {
      const from = process.cpuUsage();
      for (const frame of frames) {
        const start = performance.now();
        contender.step(frame.near, frame.far, frame.index);
        if (round >= warmUpRounds) steps.push((performance.now() - start) * 1000);
      }
      const { user, system } = process.cpuUsage(from);
      if (round >= warmUpRounds) cpu.push((user + system) / stepsPerRound);
    }
  }
  return entries.map(({ contender, steps, cpu }) => {
    contender.close();
    return {
      contender: contender.name,
      microseconds: quantile(steps, 0.5),
      p99Microseconds: quantile(steps, 0.99),
      cpuMicroseconds: quantile(cpu, 0.5),
    };
  });
}

/** Run everything. */
export async function benchEchoCancellers(): Promise<EchoCancellerResult[]> {
  const beside = [await webrtc(false), await webrtc(true)].filter((contender) => contender !== undefined);
  return [
    ...compete([ours('ours, 320 ms', {}), ...beside]),
    ...compete([
      ours('ours, 320 ms, one of five', {}),
      ours('ours, 320 ms, one of five, reference at 48 kHz', {}, 48_000),
      ours('ours, 320 ms, one of five, one clock', { followsDrift: false }),
      ours('ours, 160 ms, one of five', { tailMs: 160 }),
      engine(32),
    ]),
  ];
}

function print(results: readonly EchoCancellerResult[]): void {
  console.log(
    `Node ${process.version}, ${cpus()[0]?.model}, 10 ms of one channel at 16 kHz, median of ${rounds} rounds of ${stepsPerRound} by turns`,
  );
  console.table(
    results.map(({ contender, microseconds, p99Microseconds, cpuMicroseconds }) => ({
      contender,
      'us/10 ms': Number(microseconds.toFixed(1)),
      p99: Number(p99Microseconds.toFixed(0)),
      'CPU us/10 ms': Number(cpuMicroseconds.toFixed(1)),
      '% of a core': Number((cpuMicroseconds / 100).toFixed(2)),
    })),
  );
}

if (process.argv[1] === fileURLToPath(import.meta.url)) print(await benchEchoCancellers());
