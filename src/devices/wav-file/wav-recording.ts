import { closeSync, openSync, writeSync } from 'node:fs';
import type { AudioFrame, PcmFormat } from '../../core/audio/audio-frame.js';
import { bytesPerSample, encodePcm } from '../../core/audio/pcm.js';
import { wavHeader } from '../../core/audio/wav-header.js';
import { oneOf } from '../../core/options.js';
import { fileError } from './file-errors.js';

/** How the samples of a recording are stored: those encodings whose zero byte is silence. @public */
export type RecordingEncoding = 's16' | 's32' | 'f32';

/** A check for a `RecordingEncoding`. */
export const recordingEncoding = oneOf('s16', 's32', 'f32');

/** A WAV file that begins at the origin of a time base. */
export interface WavRecording {
  /** Begin the file anew the first time, go on with it afterwards. */
  open(): void;
  /** Put a frame at its place, later than all before it; what lies between is silence. */
  add(frame: AudioFrame, firstSample: number): void;
  /** Write what is left. The file is complete when this returns. */
  close(): void;
  /** What did not fit into a WAV file any more. Units: milliseconds of audio. */
  readonly unrecordedMs: number;
}

/**
 * How much is gathered before it is written. A fifth of a second: that much is lost at most when the program is killed, and
 * five small writes a second are nothing even for a memory card.
 */
const batchMs = 200;

/** A WAV file ends at 4 GiB; 58 bytes is the longest header. */
const maxDataBytes = 0xffff_ffff - 58;

/**
 * A recording at `path`; nothing is touched before it is opened.
 *
 * @remarks
 * Memory: one batch. Silence is not written but skipped, so a late opening costs nothing.
 * The header is right after every batch, so what a crash leaves is a good file.
 * `open`, `add` and `close` throw `DeviceError` `DEVICE_NOT_FOUND`, `DEVICE_PERMISSION_DENIED` or `DEVICE_BACKEND`, with the path.
 */
export function createWavRecording(
  path: string,
  format: PcmFormat,
  encoding: RecordingEncoding,
): WavRecording {
  const { channels, sampleRateHz } = format;
  const headerBytes = wavHeader(format, encoding, 0).length;
  const frameBytes = channels * bytesPerSample(encoding);
  const capacity = Math.floor(maxDataBytes / frameBytes);
  const batch = new Float32Array(Math.ceil((batchMs * sampleRateHz) / 1000) * channels);

  let file: number | undefined;
  let wasOpened = false;
  /** Sample frames in the file, the batch not included. */
  let written = 0;
  /** Samples in the batch; it continues the file where `written` ends. */
  let batched = 0;
  let unrecorded = 0;

  function trying<T>(work: () => T): T {
    try {
      return work();
    } catch (error) {
      throw fileError(path, 'write', error);
    }
  }

  function writeAt(to: number, bytes: Uint8Array, position: number): void {
    for (let done = 0; done < bytes.length; ) {
      done += trying(() => writeSync(to, bytes, done, bytes.length - done, position + done));
    }
  }

  function writeBatch(): void {
    if (file === undefined || batched === 0) return;
    writeAt(file, encodePcm(batch.subarray(0, batched), encoding), headerBytes + written * frameBytes);
    written += batched / channels;
    batched = 0;
    writeAt(file, wavHeader(format, encoding, written * frameBytes), 0);
  }

  return {
    open() {
      if (file !== undefined) return;
      file = trying(() => openSync(path, wasOpened ? 'r+' : 'w'));
      wasOpened = true;
      writeAt(file, wavHeader(format, encoding, written * frameBytes), 0);
    },
    add(frame, firstSample) {
      if (firstSample > written + batched / channels) {
        writeBatch();
        // The file system fills what is skipped with zeros, which are silence in every encoding that is offered.
        written = Math.min(firstSample, capacity);
      }
      const room = (capacity - written) * channels - batched;
      let taken = Math.max(0, Math.min(frame.samples.length, room));
      unrecorded += frame.samples.length - taken;
      for (let at = 0; taken > 0; ) {
        const count = Math.min(taken, batch.length - batched);
        batch.set(frame.samples.subarray(at, at + count), batched);
        batched += count;
        at += count;
        taken -= count;
        if (batched === batch.length) writeBatch();
      }
    },
    close() {
      const open = file;
      if (open === undefined) return;
      try {
        writeBatch();
      } finally {
        file = undefined;
        trying(() => closeSync(open));
      }
    },
    get unrecordedMs() {
      return (unrecorded * 1000) / (channels * sampleRateHz);
    },
  };
}
