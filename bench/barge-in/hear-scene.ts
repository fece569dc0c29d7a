import { Subject } from 'rxjs';
import { findModel } from '../../src/adapters/silero-vad/find-model.js';
import { importOnnxRuntime, sessionOptions } from '../../src/adapters/silero-vad/onnx-runtime.js';
import { sileroModel, windowSamples } from '../../src/adapters/silero-vad/silero-model.js';
import { loadWebrtcApm } from '../../src/adapters/webrtc-apm/index.js';
import { type AudioFrame, audioFrame } from '../../src/core/audio/audio-frame.js';
import { linearEchoCanceller } from '../../src/core/audio/echo/linear-echo-canceller.js';
import { createHighPass } from '../../src/core/audio/high-pass.js';
import type { EchoCanceller } from '../../src/core/ports/echo-canceller.js';
import type { EchoDiagnosis } from '../../src/core/ports/echo-diagnosis.js';
import { createRandom } from './random.js';
import type { Scenario } from './scenarios.js';
import type { Scene } from './scene.js';
import { sampleRateHz, samplesPerMs } from './speech-bounds.js';

/** What lies between the microphone and a detector. */
export type FrontEnd = 'linear' | 'webrtc' | 'raw';

/** What a detector made of one scene behind one front end; one number for each window of 32 ms. */
export interface Heard {
  readonly probability: Float32Array;
  /** When the window was complete: the end of the captured frame that brought it. Units: milliseconds. */
  readonly readyMs: Float32Array;
  /** Least confidence of the diagnoses that overlap the window; 1 without any. */
  readonly confidence: Float32Array;
  /** 1 if any of them says that there may be echo. */
  readonly mayBeEcho: Float32Array;
  /** For each near event: by how much its level changed. Units: decibels. */
  readonly levelChangeDb: readonly number[];
}

const format = { sampleRateHz, channels: 1 };
const frameSamples = 10 * samplesPerMs;
/** A loudspeaker is told what to play a period before. */
const referenceAheadMs = 20;

/** Frames of the reference with the stamps that a device gives them. */
function referenceFrames({ place, seed }: Scenario, rendered: Float32Array): AudioFrame[] {
  const random = createRandom(seed + 90);
  const frames: AudioFrame[] = [];
  const frameMs = place.stamps === 'clock' ? 10 / (1 + place.ppm * 1e-6) : 10;
  for (let at = 0; at + frameSamples <= rendered.length; at += frameSamples) {
    const off = place.jitterMs * (2 * random() - 1);
    frames.push(audioFrame(format, rendered.subarray(at, at + frameSamples), frames.length * frameMs + off));
  }
  return frames;
}

/** Scores windows, one after the other. */
export interface Scorer {
  score(samples: Float32Array): Promise<Float32Array>;
  close(): Promise<void>;
}

/**
 * A detector that has listened for long believes the next onset later, so the pipeline lets it forget in quiet moments. Windows below
 * this, so many of them in a row, are quiet; so long it must be since it last forgot.
 */
const refresh = { below: 0.15, windows: 3, everyMs: 2000 } as const;

/** The model of `loadSileroVad`, without the operator around it: a window costs half as much. */
export async function loadScorer(): Promise<Scorer> {
  const runtime = await importOnnxRuntime();
  const session = await runtime.InferenceSession.create(await findModel(undefined), sessionOptions);
  return {
    async score(samples) {
      const model = sileroModel(runtime, session);
      const probability = new Float32Array(Math.floor(samples.length / windowSamples));
      let quiet = 0;
      let sinceMs = 0;
      for (let window = 0; window < probability.length; window++) {
        const from = window * windowSamples;
        const forgets = quiet >= refresh.windows && sinceMs >= refresh.everyMs;
        const scored = await model.score(samples.subarray(from, from + windowSamples), forgets);
        probability[window] = scored;
        quiet = scored < refresh.below ? quiet + 1 : 0;
        sinceMs = (forgets ? 0 : sinceMs) + windowSamples / samplesPerMs;
      }
      return probability;
    },
    close: () => session.release(),
  };
}

/** A canceller, or nothing for the raw microphone. */
export interface FrontEndUse {
  readonly canceller: EchoCanceller | undefined;
  close(): void;
}

export async function openFrontEnd(frontEnd: FrontEnd): Promise<FrontEndUse> {
  switch (frontEnd) {
    case 'raw':
      return { canceller: undefined, close: () => undefined };
    case 'linear':
      return { canceller: linearEchoCanceller(), close: () => undefined };
    case 'webrtc': {
      const apm = await loadWebrtcApm();
      return { canceller: apm, close: () => apm.close() };
    }
  }
}

interface Cleaned {
  readonly samples: Float32Array;
  /** For each 10 ms of `samples`: the end of the captured frame at which it came out. */
  readonly readyMs: Float32Array;
  readonly diagnoses: readonly EchoDiagnosis[];
}

/** Everything captured through a canceller, as it goes in a conversation: frame by frame, the reference a little ahead. */
function clean(scenario: Scenario, scene: Scene, canceller: EchoCanceller | undefined): Cleaned {
  const captured = createHighPass(sampleRateHz).process(scene.captured);
  const count = Math.floor(captured.length / frameSamples);
  const samples = new Float32Array(count * frameSamples);
  const readyMs = new Float32Array(count);
  const diagnoses: EchoDiagnosis[] = [];
  let done = 0;
  let nowMs = 0;
  const take = (frame: AudioFrame) => {
    samples.set(frame.samples, done * frameSamples);
    readyMs[done++] = nowMs;
  };
  const near$ = new Subject<AudioFrame>();
  const reference$ = new Subject<AudioFrame>();
  const diagnosed = canceller?.diagnosis$?.subscribe((diagnosis) => diagnoses.push(diagnosis));
  const cleaned = (canceller ? near$.pipe(canceller.cancelEcho(reference$)) : near$).subscribe(take);
  const reference = referenceFrames(scenario, scene.rendered);
  let told = 0;
  for (let frame = 0; frame < count; frame++) {
    nowMs = (frame + 1) * 10;
    // In the order in which they are played: stamps that jitter do not change it.
    const due = Math.min(reference.length, frame + 1 + referenceAheadMs / 10);
    while (told < due) reference$.next(reference[told++] as AudioFrame);
    near$.next(
      audioFrame(format, captured.subarray(frame * frameSamples, (frame + 1) * frameSamples), frame * 10),
    );
  }
  near$.complete();
  cleaned.unsubscribe();
  diagnosed?.unsubscribe();
  if (done !== count) throw new Error(`the front end returned ${done} frames for ${count} of ${scenario.id}`);
  return { samples, readyMs, diagnoses };
}

function powerOf(samples: Float32Array, fromMs: number, toMs: number): number {
  const end = Math.min(samples.length, Math.round(toMs * samplesPerMs));
  let sum = 0;
  for (let i = Math.max(0, Math.round(fromMs * samplesPerMs)); i < end; i++)
    sum += (samples[i] as number) ** 2;
  return sum;
}

/** One scene behind one front end. */
export async function hearScene(
  scenario: Scenario,
  scene: Scene,
  { canceller }: FrontEndUse,
  scorer: Scorer,
): Promise<Heard> {
  const { samples, readyMs, diagnoses } = clean(scenario, scene, canceller);
  const probability = await scorer.score(samples);
  const windows = probability.length;
  const heard = {
    probability,
    readyMs: Float32Array.from(
      { length: windows },
      (_, window) => readyMs[Math.ceil(((window + 1) * windowSamples) / frameSamples) - 1] ?? 0,
    ),
    confidence: new Float32Array(windows).fill(1),
    mayBeEcho: new Float32Array(windows),
    levelChangeDb: scene.nearEvents.map(
      ({ onsetMs, endMs }) =>
        10 *
        Math.log10(
          (powerOf(samples, onsetMs, endMs) + 1e-12) / (powerOf(scene.near, onsetMs, endMs) + 1e-12),
        ),
    ),
  };
  for (const { timestampMs, durationMs, confidence, state } of diagnoses) {
    const first = Math.floor((timestampMs * samplesPerMs) / windowSamples);
    const last = Math.ceil(((timestampMs + durationMs) * samplesPerMs) / windowSamples) - 1;
    for (let window = Math.max(0, first); window <= last && window < windows; window++) {
      heard.confidence[window] = Math.min(heard.confidence[window] as number, confidence);
      if (state !== 'no-echo') heard.mayBeEcho[window] = 1;
    }
  }
  return heard;
}
