import { closeSync, openSync, writeSync } from 'node:fs';
import { type AudioFrame, encodePcm, type PcmFormat, VoiceError, wavHeader } from 'earshot';

/** A WAV file of 16 bits in which every frame lies where its time says; what lies between is silence. */
export interface Tape {
  /** Frames in the order of their time. Never throws: what cannot be written is told by `finish`. */
  add(frame: AudioFrame): void;
  /**
   * Silence up to `untilMs`, and the file is complete.
   *
   * @throws VoiceError `OPTION_INVALID` when something could not be written.
   */
  finish(untilMs: number): void;
  /** Close the file as it is. Idempotent. */
  close(): void;
}

/** How much is gathered before it is written. Units: ms. */
const batchMs = 200;
/** A frame that begins later than the one before ended by more than this leaves a gap. Stamps follow a clock, and creep by less. Units: ms. */
const gapMs = 1;
/** What creeps is set right when it has come to this. A device that is 50 ppm fast gets there in three minutes. Units: ms. */
const creepMs = 10;

/**
 * Begin a recording.
 *
 * @param originMs - when its first sample is, on the clock of the frames. What lies before is left out.
 * @throws VoiceError `OPTION_INVALID` when there can be no such file.
 */
export function createTape(path: string, format: PcmFormat, originMs: number): Tape {
  const { sampleRateHz, channels } = format;
  const perMs = sampleRateHz / 1000;
  const frameBytes = 2 * channels;
  const batch = new Float32Array(Math.ceil(batchMs * perMs) * channels);
  const headerBytes = wavHeader(format, 's16', 0).length;
  /** Sample frames in the file. */
  let written = 0;
  /** Samples that follow them. */
  let batched = 0;
  let lastEndMs = Number.NaN;
  let failure: VoiceError | undefined;

  const trying = (work: () => void): void => {
    if (failure) return;
    try {
      work();
    } catch (cause) {
      const what = cause instanceof Error ? cause.message : String(cause);
      failure = new VoiceError(
        'OPTION_INVALID',
        `demo: cannot write ${path} (${what}); choose another --out`,
        { cause },
      );
    }
  };

  let file: number | undefined;
  trying(() => {
    file = openSync(path, 'w');
  });
  if (failure) throw failure;

  function writeBatch(): void {
    trying(() => {
      if (file === undefined) return;
      const bytes = encodePcm(batch.subarray(0, batched), 's16');
      writeSync(file, bytes, 0, bytes.length, headerBytes + written * frameBytes);
      written += batched / channels;
      // What is skipped reads as zeros, which are silence. The header is right after every batch, whatever ends the program.
      writeSync(file, wavHeader(format, 's16', written * frameBytes), 0, headerBytes, 0);
    });
    batched = 0;
  }

  const end = (): number => written + batched / channels;

  /** Go on at a sample frame that lies ahead. */
  function skipTo(at: number): void {
    if (at <= end()) return;
    writeBatch();
    written = at;
  }

  function append(samples: Float32Array): void {
    for (let from = 0; from < samples.length; ) {
      const piece = samples.subarray(from, from + batch.length - batched);
      batch.set(piece, batched);
      batched += piece.length;
      from += piece.length;
      if (batched === batch.length) writeBatch();
    }
  }

  function close(): void {
    if (file === undefined) return;
    const open = file;
    writeBatch();
    file = undefined;
    trying(() => closeSync(open));
  }

  return {
    add(frame) {
      if (file === undefined) return;
      const { timestampMs, samples } = frame;
      const at = Math.round((timestampMs - originMs) * perMs);
      const follows =
        Math.abs(timestampMs - lastEndMs) <= gapMs && Math.abs(at - end()) <= creepMs * perMs && at >= 0;
      lastEndMs = timestampMs + samples.length / channels / perMs;
      if (!follows) skipTo(at);
      // What is there already stays, and what lies before the origin is left out.
      append(follows ? samples : samples.subarray(Math.max(0, end() - at) * channels));
    },
    finish(untilMs) {
      const missing = Math.round((untilMs - originMs) * perMs) - end();
      if (missing > 0) {
        // The last sample makes the file as long as what was skipped.
        skipTo(end() + missing - 1);
        append(new Float32Array(channels));
      }
      close();
      if (failure) throw failure;
    },
    close,
  };
}
