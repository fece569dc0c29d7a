import type { PcmFormat } from '../audio/audio-frame.js';

/**
 * What a loudspeaker is given, sample frame by sample frame, and which of it somebody wrote: the rest is silence that keeps the
 * device going.
 *
 * @remarks
 * Units: indices and counts are sample frames. Index 0 is the first frame that any device stream was given; indices go on over
 * all streams and over the silence between them.
 */
export interface PlayoutTape {
  /** Index behind the last frame. */
  readonly end: number;
  /** Written frames on the tape, those that were forgotten included. */
  readonly written: number;
  /** Ownership: the samples pass to the tape. */
  append(samples: Float32Array): void;
  appendSilence(count: number): void;
  /** Cut off what lies behind this index. */
  truncate(end: number): void;
  /** Copy frames out; what was forgotten, or is not there yet, reads as silence. */
  read(from: number, to: number): Float32Array;
  /** How many written frames lie before an index, which may have a fraction. */
  writtenBefore(index: number): number;
  /** The index behind the written frame with this number, counted from 1; undefined where it is not on the tape. */
  endOfWritten(count: number): number | undefined;
  /**
   * Make a stretch of silence longer or shorter, so that what follows it moves.
   *
   * @returns false, and nothing is done, where there is no silence of that length at the index.
   */
  stretchSilence(at: number, by: number): boolean;
  /** What lies before this index is not asked for again. */
  forgetBefore(index: number): void;
}

interface Block {
  start: number;
  length: number;
  /** Undefined is silence. */
  readonly samples: Float32Array | undefined;
  /** Written frames on the tape before this block. */
  readonly writtenBefore: number;
}

/** An empty tape. Its memory is bounded by how often it is told to forget. */
export function createPlayoutTape({ channels }: PcmFormat): PlayoutTape {
  let blocks: Block[] = [];
  let end = 0;
  let written = 0;

  function add(length: number, samples: Float32Array | undefined): void {
    blocks.push({ start: end, length, samples, writtenBefore: written });
    end += length;
    if (samples) written += length;
  }

  /** The place of the last block that begins at this index or before it; -1 where all begin later. Searched from the end. */
  function placeOf(index: number): number {
    let place = blocks.length - 1;
    while (place >= 0 && (blocks[place] as Block).start > index) place -= 1;
    return place;
  }

  function writtenBefore(index: number): number {
    const block = blocks[placeOf(index)];
    if (!block) return blocks[0]?.writtenBefore ?? written;
    if (!block.samples) return block.writtenBefore;
    return block.writtenBefore + Math.min(block.length, index - block.start);
  }

  return {
    get end() {
      return end;
    },
    get written() {
      return written;
    },
    append(samples) {
      if (samples.length > 0) add(samples.length / channels, samples);
    },
    appendSilence(count) {
      if (count <= 0) return;
      const last = blocks.at(-1);
      if (!last || last.samples) {
        add(count, undefined);
        return;
      }
      last.length += count;
      end += count;
    },
    truncate(to) {
      if (to >= end) return;
      written = writtenBefore(to);
      blocks = blocks.filter((block) => block.start < to);
      const last = blocks.at(-1);
      if (last) last.length = Math.min(last.length, to - last.start);
      end = to;
    },
    read(from, to) {
      const samples = new Float32Array((to - from) * channels);
      for (let place = Math.max(0, placeOf(from)); place < blocks.length; place += 1) {
        const block = blocks[place] as Block;
        if (block.start >= to) break;
        if (!block.samples) continue;
        const first = Math.max(from, block.start);
        const behind = Math.min(to, block.start + block.length);
        if (behind <= first) continue;
        const part = block.samples.subarray(
          (first - block.start) * channels,
          (behind - block.start) * channels,
        );
        samples.set(part, (first - from) * channels);
      }
      return samples;
    },
    writtenBefore,
    endOfWritten(count) {
      if (count > written) return undefined;
      for (let place = blocks.length - 1; place >= 0; place -= 1) {
        const block = blocks[place] as Block;
        if (block.samples && block.writtenBefore < count) return block.start + count - block.writtenBefore;
      }
      return blocks[0]?.start ?? end;
    },
    stretchSilence(at, by) {
      const place = placeOf(at);
      const block = blocks[place];
      if (
        !block ||
        block.samples ||
        at > block.start + block.length ||
        at + Math.max(0, -by) > block.start + block.length
      ) {
        return false;
      }
      block.length += by;
      end += by;
      for (const later of blocks.slice(place + 1)) later.start += by;
      return true;
    },
    forgetBefore(index) {
      const place = blocks.findIndex((block) => block.start + block.length > index);
      if (place > 0) blocks.splice(0, place);
    },
  };
}
