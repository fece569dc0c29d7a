/**
 * Our use of WebRTC's audio processing module against building each request anew, in the same run: what 10 ms cost.
 *
 * Run: npx tsx bench/webrtc-apm.bench.ts
 * Both give the module the same noise: 10 ms of what is rendered, 10 ms of what is captured. `naive` is what the package's own
 * examples do: a message object, its bytes, new memory and its address for each call. `prebuilt` is our inner loop, and `operator`
 * all of `cancelEcho` with a reference that has the near end's rate, or 48 kHz. By turns, so that whatever
 * else the machine does hits all of them alike. Takes about half a minute.
 */
import { createRequire } from 'node:module';
import { cpus } from 'node:os';
import { fileURLToPath } from 'node:url';
import { Subject } from 'rxjs';
import { loadWebrtcApm, type WebrtcApmOptions } from '../src/adapters/webrtc-apm/index.js';
import { createNativeApm } from '../src/adapters/webrtc-apm/native-apm.js';
import { requireRtcFfiBindings } from '../src/adapters/webrtc-apm/rtc-ffi-bindings.js';
import { type AudioFrame, audioFrame } from '../src/core/audio/audio-frame.js';
import { noise } from '../src/testing/signals.js';

/** What one contender did with one set of options. */
export interface ApmResult {
  readonly sampleRateHz: number;
  readonly parts: string;
  readonly contender: string;
  /** Median time for 10 ms. */
  readonly microseconds: number;
  readonly p99Microseconds: number;
  /** CPU time of all threads for 10 ms. */
  readonly cpuMicroseconds: number;
}

type Features = Pick<WebrtcApmOptions, 'echoCancellation' | 'noiseSuppression' | 'highPass' | 'gainControl'>;

/** Takes 10 ms of one channel each time. */
interface Contender {
  readonly name: string;
  step(near: Float32Array, far: Float32Array, index: number): void;
  close(): void;
}

const configurations: readonly {
  readonly parts: string;
  readonly sampleRateHz: 16_000 | 48_000;
  readonly features: Features;
}[] = ([16_000, 48_000] as const).flatMap((sampleRateHz) => [
  { parts: 'echo', sampleRateHz, features: featuresOf({ echoCancellation: true }) },
  {
    parts: 'echo, noise',
    sampleRateHz,
    features: featuresOf({ echoCancellation: true, noiseSuppression: true }),
  },
  {
    parts: 'all',
    sampleRateHz,
    features: featuresOf({ echoCancellation: true, noiseSuppression: true, gainControl: true }),
  },
]);
const rounds = 15;
const stepsPerRound = 200;

function featuresOf(on: Partial<Features>): Features {
  return { echoCancellation: false, noiseSuppression: false, highPass: true, gainControl: false, ...on };
}

async function prebuilt(sampleRateHz: number, features: Features): Promise<Contender> {
  const apm = createNativeApm(await requireRtcFfiBindings(), features, sampleRateHz);
  const into = (target: Int16Array, samples: Float32Array) => {
    for (let i = 0; i < target.length; i++) target[i] = (samples[i] as number) * 32_767;
  };
  return {
    name: 'prebuilt',
    step(near, far) {
      into(apm.renderSamples, far);
      apm.render();
      into(apm.captureSamples, near);
      apm.capture();
    },
    close: apm.free,
  };
}

async function operator(
  sampleRateHz: 16_000 | 48_000,
  features: Features,
  farHz: number,
): Promise<Contender> {
  const apm = await loadWebrtcApm({ sampleRateHz, ...features });
  const near$ = new Subject<AudioFrame>();
  const far$ = new Subject<AudioFrame>();
  near$.pipe(apm.cancelEcho(far$)).subscribe();
  const farFormat = { sampleRateHz: farHz, channels: 1 };
  const farSamples = noise({ sampleRateHz: farHz, durationMs: 10 });
  // A period ahead, as a device is that writes to a buffer.
  far$.next(audioFrame(farFormat, farSamples, 0));
  return {
    name: `operator, reference at ${farHz / 1000} kHz`,
    step(near, _far, index) {
      far$.next(audioFrame(farFormat, farSamples, (index + 1) * 10));
      near$.next(audioFrame(apm.format, near, index * 10));
    },
    close: apm.close,
  };
}

/** A message class of the peer. */
type Message<Read = unknown> = (new (
  fields: object,
) => { toBinary(): Uint8Array }) & {
  fromBinary(bytes: Uint8Array): Read;
};

/** The package with its own message classes. */
interface PeerMessages {
  readonly FfiRequest: Message;
  readonly FfiResponse: Message<{
    readonly message: { readonly value: { readonly apm: { readonly handle: { readonly id: bigint } } } };
  }>;
  readonly NewApmRequest: Message;
  readonly ApmProcessStreamRequest: Message;
  readonly ApmProcessReverseStreamRequest: Message;
}

async function naive(sampleRateHz: number, features: Features): Promise<Contender> {
  const native = await requireRtcFfiBindings();
  const peer = createRequire(import.meta.url)('@livekit/rtc-ffi-bindings') as PeerMessages;
  const ask = (name: string, value: object) =>
    peer.FfiResponse.fromBinary(
      native.livekitFfiRequest(new peer.FfiRequest({ message: { case: name, value } }).toBinary()),
    );
  const made = ask(
    'newApm',
    new peer.NewApmRequest({
      echoCancellerEnabled: features.echoCancellation,
      gainControllerEnabled: features.gainControl,
      highPassFilterEnabled: features.highPass,
      noiseSuppressionEnabled: features.noiseSuppression,
    }),
  );
  const apmHandle = made.message.value.apm.handle.id;
  const handle = new native.FfiHandle(apmHandle);
  // The last array of each signal is kept here: one that nobody holds may be collected before the call, and the module would
  // write into memory of others.
  const kept = new Map<string, Uint8Array>();
  const work = (name: string, Request: Message, samples: Float32Array) => {
    const bytes = new Uint8Array(Int16Array.from(samples, (sample) => sample * 32_767).buffer);
    kept.set(name, bytes);
    const dataPtr = native.livekitRetrievePtr(bytes);
    ask(
      name,
      new Request({ apmHandle, dataPtr, size: bytes.length, sampleRate: sampleRateHz, numChannels: 1 }),
    );
  };
  return {
    name: 'naive',
    step(near, far) {
      work('apmProcessReverseStream', peer.ApmProcessReverseStreamRequest, far);
      work('apmProcessStream', peer.ApmProcessStreamRequest, near);
    },
    close: () => handle.dispose(),
  };
}

function quantile(values: readonly number[], share: number): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length * share)] as number;
}

/** Run everything; takes about half a minute. */
export async function benchWebrtcApm(): Promise<ApmResult[]> {
  const results: ApmResult[] = [];
  for (const { parts, sampleRateHz, features } of configurations) {
    const contenders = [
      await naive(sampleRateHz, features),
      await prebuilt(sampleRateHz, features),
      await operator(sampleRateHz, features, sampleRateHz),
      ...(sampleRateHz === 48_000 ? [] : [await operator(sampleRateHz, features, 48_000)]),
    ];
    const entries = contenders.map((contender) => ({
      contender,
      steps: [] as number[],
      cpu: [] as number[],
    }));
    const far = noise({ sampleRateHz, durationMs: 10 });
    const near = noise({ sampleRateHz, durationMs: 10, seed: 2, rmsDb: -40 }).map(
      (sample, index) => sample + 0.3 * (far[index] as number),
    );
    for (let round = -5; round < rounds; round++) {
      for (const { contender, steps, cpu } of entries) {
        const from = process.cpuUsage();
        for (let i = 0; i < stepsPerRound; i++) {
          const start = performance.now();
          contender.step(near, far, (round + 5) * stepsPerRound + i);
          // The first rounds only warm up.
          if (round >= 0) steps.push((performance.now() - start) * 1000);
        }
        const { user, system } = process.cpuUsage(from);
        if (round >= 0) cpu.push((user + system) / stepsPerRound);
      }
    }
    for (const { contender, steps, cpu } of entries) {
      contender.close();
      results.push({
        sampleRateHz,
        parts,
        contender: contender.name,
        microseconds: quantile(steps, 0.5),
        p99Microseconds: quantile(steps, 0.99),
        cpuMicroseconds: quantile(cpu, 0.5),
      });
    }
  }
  return results;
}

function print(results: readonly ApmResult[]): void {
  console.log(
    `Node ${process.version}, ${cpus()[0]?.model}, 10 ms of one channel, median of ${rounds} rounds of ${stepsPerRound} by turns`,
  );
  console.table(
    results.map(({ sampleRateHz, parts, contender, microseconds, p99Microseconds, cpuMicroseconds }) => ({
      Hz: sampleRateHz,
      parts,
      contender,
      'us/10 ms': Number(microseconds.toFixed(1)),
      p99: Number(p99Microseconds.toFixed(0)),
      'CPU us/10 ms': Number(cpuMicroseconds.toFixed(1)),
      '% of a core': Number((cpuMicroseconds / 100).toFixed(2)),
    })),
  );
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  try {
    print(await benchWebrtcApm());
  } catch (error) {
    if (!String(error).includes('rtc-ffi-bindings')) throw error;
    console.log(`nothing to measure: ${String(error)}`);
  }
}
