/**
 * Our sample-rate converter against libsamplerate (WebAssembly), in the same run: speed and quality.
 *
 * Run: npx tsx bench/sample-rate-converter.bench.ts
 * Each contender converts the same noise in blocks of 20 ms, by turns, so that whatever else the machine does hits
 * all of them alike. Quality is the worst of 12 sines up to 0.9 of the lower Nyquist frequency, by least-squares fit.
 */
import { cpus } from 'node:os';
import { fileURLToPath } from 'node:url';
import { createSampleRateConverter } from '../src/core/audio/sample-rate-converter.js';
import { fitSine, sine } from '../test/support/sine-fit.js';

/** What one contender did on one pair of rates. */
export interface ConverterResult {
  readonly fromHz: number;
  readonly toHz: number;
  readonly contender: string;
  /** Median time for a block of 20 ms. */
  readonly microsecondsPerBlock: number;
  /** How many times faster than real time. */
  readonly timesRealTime: number;
  readonly worstSinadDb: number;
}

interface Contender {
  readonly name: string;
  open(fromHz: number, toHz: number): Promise<Stream>;
}

interface Stream {
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
  [24_000, 48_000],
  [16_000, 48_000],
  [48_000, 16_000],
  [22_050, 48_000],
  [24_000, 44_100],
  [44_100, 48_000],
] as const;
const rounds = 15;
const blocksPerRound = 50;

function ours(quality: 'high' | 'low-latency'): Contender {
  return {
    name: `earshot ${quality}`,
    async open(fromHz, toHz) {
      const converter = createSampleRateConverter(fromHz, toHz, { quality });
      return { convert: converter.push, close: converter.reset };
    },
  };
}

async function peers(): Promise<Contender[]> {
  let library: LibSampleRate;
  try {
    // A CommonJS package: the loader of Node puts its exports under `default`, the one of tsx beside it.
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
      const converter = await library.create(1, fromHz, toHz, { converterType });
      return { convert: (block) => converter.full(block), close: () => converter.destroy() };
    },
  }));
}

async function worstSinadDb(contender: Contender, fromHz: number, toHz: number): Promise<number> {
  const highestHz = 0.45 * Math.min(fromHz, toHz);
  const block = fromHz / 50;
  let worst = Number.POSITIVE_INFINITY;
  for (let i = 0; i < 12; i++) {
    const frequencyHz = 60 + ((highestHz - 60) * i) / 11;
    const stream = await contender.open(fromHz, toHz);
    const output: number[] = [];
    const input = sine(frequencyHz, fromHz, 10 * block, 0.89);
    for (let at = 0; at < input.length; at += block) {
      output.push(...stream.convert(input.subarray(at, at + block)));
    }
    stream.close();
    const skip = Math.round(toHz * 0.03);
    worst = Math.min(worst, fitSine(Float32Array.from(output), frequencyHz, toHz, skip).sinadDb);
  }
  return worst;
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] as number;
}

/** Run everything; takes about half a minute. */
export async function benchSampleRateConverter(): Promise<ConverterResult[]> {
  const contenders = [ours('high'), ours('low-latency'), ...(await peers())];
  const results: ConverterResult[] = [];
  for (const [fromHz, toHz] of ratios) {
    const block = Float32Array.from({ length: fromHz / 50 }, () => Math.random() - 0.5);
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
        timesRealTime: 20_000 / microsecondsPerBlock,
        worstSinadDb: await worstSinadDb(contender, fromHz, toHz),
      });
    }
  }
  return results;
}

function print(results: readonly ConverterResult[]): void {
  console.log(`Node ${process.version}, ${cpus()[0]?.model}, mono, 20 ms blocks, median of ${rounds} rounds`);
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

if (process.argv[1] === fileURLToPath(import.meta.url)) print(await benchSampleRateConverter());
