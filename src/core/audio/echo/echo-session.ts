import type { EchoDiagnosis } from '../../ports/echo-diagnosis.js';
import { type AudioFrame, audioFrame, durationMs } from '../audio-frame.js';
import { judgePath } from './echo-diagnosis.js';
import { createEchoEngine } from './echo-engine.js';
import type { LinearEchoCancellerOptions } from './linear-echo-options.js';
import { createReferenceLine } from './reference-line.js';
import { createStampedSamples } from './stamped-samples.js';
import { createWaitingFrames, tame } from './waiting-frames.js';

/** One stream of captured frames on its way through the canceller. */
export interface EchoSession {
  /** A frame of the reference. */
  render(frame: AudioFrame): void;
  /** The reference has ended: nothing more is waited for. */
  endReference(): void;
  /** A captured frame. */
  capture(frame: AudioFrame): void;
  /** The captured stream has ended: everything that is held comes out. */
  end(): void;
}

/** A frame that was cleaned, and what is known of the echo in it (only if somebody wants to know). */
export interface EchoSessionOutput {
  readonly emit: (frame: AudioFrame) => void;
  readonly wantsDiagnosis: () => boolean;
  readonly tell: (diagnosis: EchoDiagnosis) => void;
  /** Everything that was captured has come out, and no more will. */
  readonly complete: () => void;
}

const sampleRateHz = 16_000;
const perMs = sampleRateHz / 1000;
/** 10 ms. */
const blockSamples = 160;
const lowestDb = -120;

const powerDb = (power: number): number => Math.max(lowestDb, 10 * Math.log10(power + 1e-12));

/** Mean power of a block, or of a frame as it is worked on; an empty one has none. */
function meanPower(block: Float64Array | Float32Array): number {
  let sum = 0;
  for (let i = 0; i < block.length; i++) sum += tame(block[i] as number) ** 2;
  return sum / Math.max(1, block.length);
}

/**
 * Cuts frames of any size into blocks, lays the reference beside them, and puts cleaned blocks together into frames of the same sizes
 * and times.
 *
 * A captured sample comes out with the block after its own; a block is taken when the reference of its time is there, or has
 * been waited for long enough. Nothing is allocated for a frame but what is emitted, and the diagnosis if somebody wants it.
 *
 * Whoever gets a frame may render or capture at once, or end: it is remembered, and worked on after the block at hand.
 */
export function createEchoSession(
  { tailMs, maxReferenceWaitMs, referenceLeadMs, followsDrift }: LinearEchoCancellerOptions,
  { emit, wantsDiagnosis, tell, complete }: EchoSessionOutput,
): EchoSession {
  const partitions = Math.ceil((tailMs * perMs) / blockSamples);
  const engine = createEchoEngine(blockSamples, partitions, sampleRateHz);
  const captured = createStampedSamples(sampleRateHz);
  const line = createReferenceLine({
    sampleRateHz,
    leadMs: referenceLeadMs,
    indexAt: captured.indexAt,
    isSteered: followsDrift,
  });
  const maxWaiting = Math.ceil(maxReferenceWaitMs * perMs);
  const frames = createWaitingFrames();
  const reference = new Float64Array(blockSamples);
  const block = new Float64Array(blockSamples);
  /** What comes out for the oldest frame, and how much of it is there. */
  let cleaned: Float32Array | undefined;
  let filled = 0;
  let hasBegun = false;
  let isFirstBlock = true;
  let isAdvancing = false;
  /** The reference has stayed away: it is not waited for until it is back. */
  let isReferenceAbsent = false;
  let hasReferenceEnded = false;
  let hasCaptureEnded = false;
  let missingSamples = 0;
  let captureGaps = 0;

  const diagnose = (frame: AudioFrame, samples: Float32Array): EchoDiagnosis => ({
    timestampMs: frame.timestampMs,
    durationMs: durationMs(frame),
    ...judgePath(engine),
    capturedDb: powerDb(meanPower(frame.samples)),
    echoDb: powerDb(meanPower(engine.echo)),
    leftOverDb: powerDb(Math.min(1, engine.leftOverShare) * meanPower(engine.residual)),
    cleanedDb: powerDb(meanPower(samples)),
    lossDb: engine.lossDb,
    resemblance: engine.resemblance,
    delayMs: engine.delaySamples === 0 ? 0 : engine.delaySamples / perMs - referenceLeadMs,
    driftPpm: engine.driftPpm,
    pathChanges: engine.pathChanges,
    missingReferenceMs: missingSamples / perMs,
    lateReferenceMs: line.lateSamples / perMs,
    droppedReferenceMs: line.droppedSamples / perMs,
    realignments: line.realignments,
    captureGaps,
  });

  /** Put what the engine gave into frames, and let go of those that are complete. */
  const release = (): void => {
    let at = 0;
    for (let frame = frames.oldest; frame; frame = frames.oldest) {
      const { length } = frame.samples;
      cleaned ??= new Float32Array(length);
      while (filled < length && at < blockSamples) cleaned[filled++] = engine.cleaned[at++] as number;
      if (filled < length) return;
      const samples = cleaned;
      cleaned = undefined;
      filled = 0;
      frames.drop();
      if (wantsDiagnosis()) tell(diagnose(frame, samples));
      emit(audioFrame(frame.format, samples, frame.timestampMs));
    }
  };

  const takeBlock = (): void => {
    frames.read(block);
    const unknown = line.read(reference);
    if (!isReferenceAbsent && !hasReferenceEnded) missingSamples += unknown;
    if (line.takeRealignment()) engine.question();
    engine.step(reference, block);
    if (followsDrift) line.steer(engine.referencePpm);
    // The first block that comes out belongs to nothing.
    if (!isFirstBlock) release();
    isFirstBlock = false;
  };

  const takeBlocks = (isUrgent: boolean): void => {
    while (frames.unreadSamples >= blockSamples) {
      const isThere = line.has(blockSamples);
      const canWait = !isReferenceAbsent && !hasReferenceEnded && !isUrgent;
      if (!isThere && canWait && frames.unreadSamples - blockSamples < maxWaiting) return;
      takeBlock();
      if (!isThere && !isUrgent) isReferenceAbsent = true;
    }
  };

  /** Take what can be taken; everything if `isUrgent`. */
  const advance = (isUrgent = false): void => {
    if (isAdvancing) return;
    isAdvancing = true;
    try {
      takeBlocks(isUrgent);
      while (hasCaptureEnded && frames.oldest) takeBlock();
    } finally {
      isAdvancing = false;
    }
    if (hasCaptureEnded) complete();
  };

  /** Captured samples are missing, or came twice: go on where the new ones belong. */
  const jump = (missing: number): void => {
    captureGaps++;
    advance(true);
    engine.question();
    const reach = 2 * partitions * blockSamples;
    const unheard = Math.max(0, missing - reach);
    line.move(unheard);
    let rest = missing - unheard;
    for (; rest >= blockSamples; rest -= blockSamples) {
      line.read(reference);
      engine.skip(reference);
    }
    line.move(rest);
  };

  return {
    render(frame) {
      line.push(frame);
      // It is back as soon as some of it is in time, even if the present block still needs the rest.
      if (line.has(1)) isReferenceAbsent = false;
      advance();
    },
    endReference() {
      hasReferenceEnded = true;
      advance();
    },
    capture(frame) {
      const missing = captured.observe(frame.timestampMs, frame.samples.length);
      if (!hasBegun) line.move(captured.next - frame.samples.length);
      else if (missing !== 0) jump(missing);
      hasBegun = true;
      frames.push(frame);
      advance();
    },
    end() {
      hasReferenceEnded = true;
      hasCaptureEnded = true;
      advance();
    },
  };
}
