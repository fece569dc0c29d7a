/**
 * Our drift converter against libsamplerate (WebAssembly), in the same run: speed and quality.
 *
 * Run: npx tsx bench/drift-converter.bench.ts
 * Each contender converts the same noise in blocks of 10 ms, as a microphone does, by turns, so that whatever else the
 * machine does hits all of them alike. libsamplerate cannot be steered through its JavaScript interface; it converts to a rate
 * that is 1 Hz off, which costs it the same. Quality is the worst of 12 sines up to 0.9 of the lower Nyquist frequency.
 */
import { cpus } from 'node:os';
import { fileURLToPath } from 'node:url';
import { createDriftConverter } from '../src/core/audio/drift-converter.js';
import { fitSine, sine } from '../test/support/sine-fit.js';

/** What one contender did on one pair of rates. */
export interface DriftConverterResult {
  readonly fromHz: number;
  readonly toHz: number;
  readonly contender: string;
  /** Median time for a block of 10 ms. */
  readonly microsecondsPerBlock: number;
  /** How many times faster than real time. */
  readonly timesRealTime: number;
  readonly worstSinadDb: number;
}

/** Something that converts to a rate a little off the nominal one. */
interface Contender {
  readonly name: string;
  open(fromHz: number, toHz: number): Promise<Stream>;
}

interface Stream {
  /** What really comes out. */
  readonly trueHz: number;
  convert(block: Float32Array): Float32Array;
  close(): void;
}

/** The part of @alexanderolsen/libsamplerate-js that is used here. */
interface LibSampleRate {
  create(
    channels: number,
    fromHz: number,
    toHz: number,
    options: { converterType: number },
  ): Promise<{ full(samples: Float32Array): Float32Array; destroy(): void }>;
}

const peerPackage: string = '@alexanderolsen/libsamplerate-js';
const ratios = [
  [48_000, 48_000],
  [44_100, 48_000],
  [48_000, 16_000],
  [16_000, 16_000],
] as const;
const rounds = 15;
const blocksPerRound = 100;
const ppm = 60;

const ours: Contender = {
  name: 'earshot',
  async open(fromHz, toHz) {
    const converter = createDriftConverter(fromHz, toHz);
    converter.setPpm(ppm);
    return { trueHz: toHz * (1 + ppm * 1e-6), convert: converter.push, close: () => {} };
  },
};

async function peers(): Promise<Contender[]> {
  let library: LibSampleRate;
  try {
    const loaded = (await import(peerPackage)) as LibSampleRate & { default?: LibSampleRate };
    library = loaded.default ?? loaded;
  } catch {
    console.log(
      `${peerPackage} is not installed, so there is nothing to compare with; npm install it to compare`,
    );
    return [];
  }
  return ['best', 'medium', 'fastest'].map((quality, converterType) => ({
    name: `libsamplerate ${quality}`,
    async open(fromHz, toHz) {
      const converter = await library.create(1, fromHz, toHz + 1, { converterType });
      return {
        trueHz: toHz + 1,
        convert: (block) => converter.full(block),
        close: () => converter.destroy(),
      };
    },
  }));
}

async function worstSinadDb(contender: Contender, fromHz: number, toHz: number): Promise<number> {
  const highestHz = 0.45 * Math.min(fromHz, toHz);
  const block = fromHz / 100;
  let worst = Number.POSITIVE_INFINITY;
  for (let i = 0; i < 12; i++) {
    const frequencyHz = 60 + ((highestHz - 60) * i) / 11;
    const stream = await contender.open(fromHz, toHz);
    const output: number[] = [];
    const input = sine(frequencyHz, fromHz, 20 * block, 0.89);
    for (let at = 0; at < input.length; at += block) {
      output.push(...stream.convert(input.subarray(at, at + block)));
    }
    stream.close();
    const skip = Math.round(toHz * 0.03);
    worst = Math.min(worst, fitSine(Float32Array.from(output), frequencyHz, stream.trueHz, skip).sinadDb);
  }
  return worst;
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] as number;
}

/** Run everything; takes about half a minute. */
export async function benchDriftConverter(): Promise<DriftConverterResult[]> {
  const contenders = [ours, ...(await peers())];
  const results: DriftConverterResult[] = [];
  for (const [fromHz, toHz] of ratios) {
    const block = Float32Array.from({ length: fromHz / 100 }, () => Math.random() - 0.5);
    const entries: { contender: Contender; stream: Stream; times: number[] }[] = [];
    for (const contender of contenders) {
      entries.push({ contender, stream: await contender.open(fromHz, toHz), times: [] });
    }
    for (let round = -3; round < rounds; round++) {
      for (const { stream, times } of entries) {
        const start = performance.now();
        for (let i = 0; i < blocksPerRound; i++) stream.convert(block);
        // The first rounds only warm up.
        if (round >= 0) times.push(((performance.now() - start) * 1000) / blocksPerRound);
      }
    }
    for (const { contender, stream, times } of entries) {
      stream.close();
      const microsecondsPerBlock = median(times);
      results.push({
        fromHz,
        toHz,
        contender: contender.name,
        microsecondsPerBlock,
        timesRealTime: 10_000 / microsecondsPerBlock,
        worstSinadDb: await worstSinadDb(contender, fromHz, toHz),
      });
    }
  }
  return results;
}

function print(results: readonly DriftConverterResult[]): void {
  console.log(`Node ${process.version}, ${cpus()[0]?.model}, mono, 10 ms blocks, median of ${rounds} rounds`);
  console.table(
    results.map(
      ({ fromHz, toHz, contender, microsecondsPerBlock, timesRealTime, worstSinadDb: sinadDb }) => ({
        rates: `${fromHz} > ${toHz}`,
        contender,
        'us/block': Number(microsecondsPerBlock.toFixed(1)),
        'x real time': Math.round(timesRealTime),
        'worst SINAD dB': Number(sinadDb.toFixed(1)),
      }),
    ),
  );
}

if (process.argv[1] === fileURLToPath(import.meta.url)) print(await benchDriftConverter());
