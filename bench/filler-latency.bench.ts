/**
 * A filler from the cache: from the decision that it is spoken to the first of its samples in the hands of the loudspeaker.
 *
 * Run: npx tsx bench/filler-latency.bench.ts
 * A whole loop, with the fillers that ship in their cache, asked again and again. Its clock is a virtual one, so that turns take no time; what is
 * measured is real: everything between the two instants is done in one go, without a timer or the event loop in between. `tick` begins
 * earlier than the decision, with all that the loop does in the millisecond in which the filler becomes due, microphone and detector
 * included. What the device does with samples that it was given is not ours to measure here.
 *
 * Beside it what the same phrases take when they are synthesised in the moment of the decision, to the first frame, by the quickest voice that can be installed:
 * the program espeak-ng, started anew for each as its adapter does. Of Kokoro it would be hundreds of times that.
 */
import { cpus } from 'node:os';
import { fileURLToPath } from 'node:url';
import { firstValueFrom, map, of } from 'rxjs';
import { loadEspeakNg } from '../src/adapters/espeak-ng/index.js';
import { fillerCache, fillerPhrases } from '../src/adapters/filler-cache/index.js';
import { scriptedTranscriber } from '../src/adapters/scripted-transcriber/index.js';
import { memoryLoudspeaker, memoryMicrophone } from '../src/devices/memory/index.js';
import {
  type AudioSink,
  audioFrame,
  createTimeBase,
  createVoicePipeline,
  type Loudspeaker,
} from '../src/index.js';
import {
  createVirtualClock,
  levelDetector,
  scriptedUpstream,
  spokenSentence,
  tone,
} from '../src/testing/index.js';

/** Units: ms. */
export interface FillerLatency {
  readonly channels: number;
  readonly fillers: number;
  /** From the decision to the first sample. */
  readonly decided: readonly number[];
  /** From the beginning of that millisecond of the loop. */
  readonly tick: readonly number[];
}

const goalMs = 5;
/** Phrases that the peer says. */
const peerPhrases = 60;
const turns = 400;
/** The first ones only warm up. */
const warmUpTurns = 20;

const percentile = (values: readonly number[], share: number): number =>
  [...values].sort((a, b) => a - b)[Math.min(values.length - 1, Math.floor(values.length * share))] ?? 0;

/** The loudspeaker, and who is told of each frame that it gets. */
const watched = (loudspeaker: Loudspeaker, written: (samples: Float32Array) => void): Loudspeaker => ({
  ...loudspeaker,
  openSink: () =>
    loudspeaker.openSink().pipe(
      map(
        (sink): AudioSink => ({
          ...sink,
          write(frame) {
            sink.write(frame);
            written(frame.samples);
          },
        }),
      ),
    ),
});

/** Run one layout; takes some 20 s. */
export async function benchFillerLatency(channels: number): Promise<FillerLatency> {
  const format = { sampleRateHz: 48_000, channels };
  const directory = fileURLToPath(new URL('../assets/fillers/en', import.meta.url));
  const clips = await firstValueFrom(
    fillerCache({ directory, voice: 'allison', language: 'en' }).loadFillers(format),
  );
  const clock = createVirtualClock();
  const { scheduler } = clock;
  const timeBase = createTimeBase(scheduler);
  const microphone = memoryMicrophone({ timeBase });
  const decided: number[] = [];
  const tick: number[] = [];
  let tickAt = 0;
  let decidedAt: number | undefined;
  let turnEndedMs: number | undefined;

  const loudspeaker = watched(memoryLoudspeaker({ timeBase, format, maxQueuedMs: 5000 }), () => {
    if (decidedAt === undefined) return;
    const now = performance.now();
    decided.push(now - decidedAt);
    tick.push(now - tickAt);
    decidedAt = undefined;
  });
  const answer = audioFrame({ sampleRateHz: 48_000, channels: 1 }, new Float32Array(4800).fill(0.1), 0);
  const subscription = createVoicePipeline(
    {
      microphone,
      loudspeaker,
      detector: levelDetector(),
      upstream: scriptedUpstream({
        scheduler,
        accepts: 'text',
        answer: () => [...spokenSentence({ text: 'Yes.', audio: answer, afterMs: 3500 }), { type: 'end' }],
      }),
      transcriber: scriptedTranscriber({ lookup: () => 'what time is it' }),
      fillers: { loadFillers: () => of(clips) },
    },
    { scheduler, filler: { initialWaitMs: 3500 } },
  ).events$.subscribe((event) => {
    if (event.type === 'turn-ended') turnEndedMs = clock.nowMs;
    if (event.type === 'state-changed' && event.state.name === 'filling') decidedAt = performance.now();
  });

  clock.advanceBy(300);
  for (let turn = 0; turn < turns; turn++) {
    microphone.say(tone({ sampleRateHz: 48_000, durationMs: 400, frequencyHz: 500 }));
    turnEndedMs = undefined;
    while (turnEndedMs === undefined) clock.advanceBy(20);
    while (decided.length <= turn && clock.nowMs < turnEndedMs + 1000) {
      tickAt = performance.now();
      clock.advanceBy(1);
    }
    if (decided.length <= turn) throw new Error(`no filler in turn ${turn}`);
    clock.advanceBy(5000);
  }
  subscription.unsubscribe();
  return { channels, fillers: turns, decided: decided.slice(warmUpTurns), tick: tick.slice(warmUpTurns) };
}

/** From the asking to the first frame, of phrases that ship. Units: ms. Undefined where espeak-ng is not installed. */
async function benchEspeakNg(): Promise<readonly number[] | undefined> {
  const voice = await loadEspeakNg({}).catch(() => undefined);
  if (!voice) return undefined;
  const firstFrames: number[] = [];
  const phrases = fillerPhrases('en');
  for (let n = -2; n < peerPhrases; n++) {
    const { text } = phrases[(n + phrases.length) % phrases.length] ?? { text: 'One moment.' };
    const askedAt = performance.now();
    await firstValueFrom(voice.synthesize(text));
    if (n >= 0) firstFrames.push(performance.now() - askedAt);
  }
  return firstFrames;
}

function print(results: readonly FillerLatency[], peer: readonly number[] | undefined): boolean {
  console.log(`Node ${process.version}, ${cpus()[0]?.model}, ${turns} turns each`);
  const ms = (value: number) => Number(value.toFixed(3));
  console.table(
    results.map(({ channels, decided, tick }) => ({
      channels,
      'decided p50 ms': ms(percentile(decided, 0.5)),
      'p99 ms': ms(percentile(decided, 0.99)),
      'max ms': ms(Math.max(...decided)),
      'tick p50 ms': ms(percentile(tick, 0.5)),
      'tick p99 ms': ms(percentile(tick, 0.99)),
    })),
  );
  const ours = results[0]?.decided ?? [];
  if (peer) {
    const [peerMs, peerWorstMs] = [percentile(peer, 0.5), percentile(peer, 0.99)];
    const ratio = Math.round(peerMs / percentile(ours, 0.5));
    console.log(
      `espeak-ng, started for each phrase: p50 ${peerMs.toFixed(1)} ms, p99 ${peerWorstMs.toFixed(1)} ms; the cache is ${ratio} times as quick`,
    );
  } else console.log('espeak-ng is not installed: nothing to compare with');
  const worst = Math.max(...results.map(({ decided }) => percentile(decided, 0.99)));
  const isMet = worst < goalMs;
  console.log(`p99 ${worst.toFixed(2)} ms; the goal is under ${goalMs} ms: ${isMet ? 'met' : 'missed'}`);
  return isMet;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const results = [await benchFillerLatency(1), await benchFillerLatency(2)];
  if (!print(results, await benchEspeakNg())) process.exitCode = 1;
}
