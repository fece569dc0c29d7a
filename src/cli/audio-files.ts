import { closeSync, fstatSync, openSync, unlinkSync, writeSync } from 'node:fs';
import { Subject } from 'rxjs';
import type { AudioFrame, PcmFormat } from '../index.js';
import { convertTo, encodePcm, sameFormat, wavHeader } from '../index.js';
import { fileError } from './command-error.js';

/** The audio of an answer on its way into a WAV file. */
export interface WavFile {
  add(frame: AudioFrame): void;
  /** The file is complete when this returns. Idempotent. @returns what has to be said about it, one sentence each. */
  close(): readonly string[];
}

/** The audio of an answer on its way into a file, as it was received. */
export interface RawFile {
  add(bytes: Uint8Array): void;
  /** Idempotent. */
  close(): void;
}

/** What a WAV file can hold, in bytes of audio. */
const maxDataBytes = 0xffff_ffff - 44 - 1;

/**
 * Begin a WAV file of 16 bits a sample.
 *
 * @remarks
 * It has the layout of the first frame; later ones of another layout are converted to it. The header is right after each
 * frame, so what is left by a program that was killed is a good file. Without a frame there is no layout, and so no file.
 * @throws CommandError, as do `add` and `close`.
 */
export function openWavFile(path: string): WavFile {
  const file = openOutput('--wav', path);
  const frames$ = new Subject<AudioFrame>();
  let layout: PcmFormat | undefined;
  let dataBytes = 0;
  let droppedBytes = 0;
  const others = new Set<string>();
  let closed = false;

  function write(format: PcmFormat, { samples }: AudioFrame): void {
    const bytes = encodePcm(samples, 's16');
    const taken = Math.min(bytes.length, maxDataBytes - dataBytes);
    droppedBytes += bytes.length - taken;
    file.write(bytes.subarray(0, taken), 44 + dataBytes);
    dataBytes += taken;
    file.write(wavHeader(format, 's16', dataBytes), 0);
  }

  function begin(format: PcmFormat): void {
    layout = format;
    file.write(wavHeader(format, 's16', 0), 0);
    // Not as an observer's error: those of rxjs are reported later and elsewhere.
    frames$.pipe(convertTo(format)).subscribe((frame) => converted.push(frame));
  }

  const converted: AudioFrame[] = [];
  function writeConverted(format: PcmFormat): void {
    for (const frame of converted.splice(0)) write(format, frame);
  }

  function notes(): readonly string[] {
    if (layout === undefined) return [`no audio came, so ${path} was not written`];
    return [
      ...(others.size === 0
        ? []
        : [
            `the audio changed to ${[...others].join(', ')}; in ${path} it was converted to ${inWords(layout)}`,
          ]),
      ...(droppedBytes === 0 ? [] : [`a WAV file ends at 4 GiB; ${droppedBytes} bytes are not in ${path}`]),
    ];
  }

  return {
    add(frame) {
      if (closed) return;
      if (layout === undefined) begin(frame.format);
      const format = layout ?? frame.format;
      if (!sameFormat(format, frame.format) && others.size < 100) others.add(inWords(frame.format));
      frames$.next(frame);
      writeConverted(format);
    },
    close() {
      if (closed) return notes();
      closed = true;
      try {
        frames$.complete();
        if (layout !== undefined) writeConverted(layout);
      } finally {
        file.close(layout === undefined);
      }
      return notes();
    },
  };
}

/** @throws CommandError, as does `add`. */
export function openRawFile(path: string): RawFile {
  const file = openOutput('--raw', path);
  return {
    add: (bytes) => file.write(bytes, null),
    close: () => file.close(false),
  };
}

interface OutputFile {
  /** @param position - where in the file; null for its end, also where there is no going back, as in a pipe. */
  write(bytes: Uint8Array, position: number | null): void;
  close(remove: boolean): void;
}

function openOutput(flag: string, path: string): OutputFile {
  const trying = <T>(work: () => T): T => {
    try {
      return work();
    } catch (cause) {
      throw fileError(flag, path, 'written', cause);
    }
  };
  let file: number | undefined = trying(() => openSync(path, 'w'));
  return {
    write(bytes, position) {
      const open = file;
      if (open === undefined) return;
      for (let done = 0; done < bytes.length; ) {
        const at = position === null ? null : position + done;
        done += trying(() => writeSync(open, bytes, done, bytes.length - done, at));
      }
    },
    close(remove) {
      const open = file;
      if (open === undefined) return;
      file = undefined;
      trying(() => {
        // Never a device or a pipe, which somebody else has made.
        const isOurs = fstatSync(open).isFile();
        closeSync(open);
        if (remove && isOurs) unlinkSync(path);
      });
    },
  };
}

const inWords = ({ sampleRateHz, channels }: PcmFormat): string =>
  `${sampleRateHz} Hz ${channels === 1 ? 'mono' : `with ${channels} channels`}`;
