import { AudioFormatError } from '../errors.js';
import type { PcmFormat } from './audio-frame.js';
import type { PcmEncoding } from './pcm.js';
import { asciiAt } from './sniff-audio.js';

/** Where the audio is in the bytes of a WAV file, and what it is. */
export interface WavLayout {
  readonly format: PcmFormat;
  readonly encoding: PcmEncoding | 's24';
  /** Whole sample frames; a view on the file. */
  readonly data: Uint8Array;
  readonly warnings: string[];
}

const extensibleTag = 0xfffe;

/** `tag bits` to encoding; tag 1 is integer PCM, 3 is IEEE floating point. */
const encodings: Readonly<Record<string, WavLayout['encoding']>> = {
  '1 8': 'u8',
  '1 16': 's16',
  '1 24': 's24',
  '1 32': 's32',
  '3 32': 'f32',
  '3 64': 'f64',
};

/** Codecs that are met in WAV files, by format tag. */
const codecNames: Readonly<Record<number, string>> = {
  2: 'Microsoft ADPCM',
  6: 'A-law',
  7: 'mu-law',
  17: 'IMA ADPCM',
  49: 'GSM 6.10',
  80: 'MPEG',
  85: 'MP3',
  255: 'AAC',
};

/** The part of KSDATAFORMAT_SUBTYPE_* that follows the format tag, the same for every tag. */
const subtypeTail = [0x00, 0x00, 0x00, 0x00, 0x10, 0x00, 0x80, 0x00, 0x00, 0xaa, 0x00, 0x38, 0x9b, 0x71];

/** Walk the chunks of a RIFF or RF64 WAV file. */
export function locateWav(bytes: Uint8Array): WavLayout {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const warnings: string[] = [];
  let fmt: Uint8Array | undefined;
  let data: Uint8Array | undefined;
  /** Size of the audio data where 32 bits do not hold it (RF64). */
  let longDataBytes: number | undefined;
  checkRiffSize(bytes, view, warnings);

  for (let at = 12; at + 8 <= bytes.length; ) {
    const id = asciiAt(bytes, at, 4);
    const body = at + 8;
    const there = bytes.length - body;
    let size = view.getUint32(at + 4, true);
    if (id === 'data' && data === undefined) {
      if (size === 0xffff_ffff && longDataBytes !== undefined) size = longDataBytes;
      if (size > there || (size === 0 && there > 0 && !isChunkChain(bytes, view, body))) {
        warnings.push(
          `the data chunk says it has ${size} bytes but ${there} follow; took all of these, as a streaming writer leaves it so`,
        );
        size = there;
      }
      data = bytes.subarray(body, body + size);
    } else if (id === 'data') {
      warnings.push('a second data chunk was left out');
    } else if (id === 'fmt ' && fmt === undefined) {
      fmt = bytes.subarray(body, Math.min(bytes.length, body + size));
    } else if (id === 'ds64' && there >= 16) {
      longDataBytes = Number(view.getBigUint64(body + 8, true));
    }
    at = body + size + (size % 2);
  }

  if (fmt === undefined)
    throw unsupported('the WAV file has no fmt chunk, so its sample rate is unknown', 'write it anew');
  const { format, encoding, frameBytes } = readFmt(fmt);
  if (data === undefined)
    throw unsupported('the WAV file has no data chunk, so it holds no audio', 'write it anew');
  const extra = data.length % frameBytes;
  if (extra > 0) {
    warnings.push(`the audio ends inside a sample frame; the last ${extra} bytes were left out`);
    data = data.subarray(0, data.length - extra);
  }
  return { format, encoding, data, warnings };
}

function checkRiffSize(bytes: Uint8Array, view: DataView, warnings: string[]): void {
  // RF64 keeps its true size elsewhere and puts a fixed mark here.
  if (asciiAt(bytes, 0, 4) !== 'RIFF') return;
  const stated = view.getUint32(4, true) + 8;
  // One byte may be missing: many writers forget the last pad byte, or forget to count it.
  if (Math.abs(stated - bytes.length) > 1) {
    warnings.push(`the file says it has ${stated} bytes but has ${bytes.length}; went by what is there`);
  }
}

/** Whether nothing but whole chunks follows up to the end: then a data chunk of size 0 is really empty. */
function isChunkChain(bytes: Uint8Array, view: DataView, start: number): boolean {
  let at = start;
  while (at + 8 <= bytes.length && /^[\x20-\x7e]{4}$/.test(asciiAt(bytes, at, 4))) {
    const size = view.getUint32(at + 4, true);
    at += 8 + size + (size % 2);
  }
  return at === bytes.length || at === bytes.length + 1;
}

function readFmt(fmt: Uint8Array): Omit<WavLayout, 'data' | 'warnings'> & { readonly frameBytes: number } {
  if (fmt.length < 16) {
    throw unsupported(
      `the fmt chunk of the WAV file has ${fmt.length} bytes instead of 16 or more`,
      'write it anew',
    );
  }
  const view = new DataView(fmt.buffer, fmt.byteOffset, fmt.byteLength);
  const channels = view.getUint16(2, true);
  const sampleRateHz = view.getUint32(4, true);
  const blockBytes = view.getUint16(12, true);
  const bits = view.getUint16(14, true);
  let tag = view.getUint16(0, true);
  if (tag === extensibleTag) {
    if (fmt.length < 40)
      throw unsupported('the extended fmt chunk of the WAV file is cut short', 'write it anew');
    if (!subtypeTail.every((byte, i) => fmt[26 + i] === byte)) {
      throw unsupported('the WAV file holds audio of a private format', 'convert it to 16-bit PCM');
    }
    tag = view.getUint16(24, true);
  }
  if (tag !== 1 && tag !== 3) {
    const name = codecNames[tag] ?? 'coded';
    throw unsupported(
      `the WAV file holds ${name} audio (format tag ${tag}), not PCM`,
      'convert it first, for example with ffmpeg -i input.wav -c:a pcm_s16le output.wav',
    );
  }
  const encoding = encodings[`${tag} ${bits}`];
  if (encoding === undefined) {
    const kind = tag === 1 ? 'integer' : 'floating-point';
    throw unsupported(
      `the WAV file has ${bits}-bit ${kind} samples`,
      'convert it to integers of 8, 16, 24 or 32 bits or floating point of 32 or 64 bits',
    );
  }
  if (channels < 1 || channels > 32) {
    throw unsupported(`the WAV file has ${channels} channels`, 'give one with 1 to 32 channels');
  }
  if (sampleRateHz < 4000 || sampleRateHz > 384_000) {
    throw unsupported(
      `the WAV file has a sample rate of ${sampleRateHz} Hz`,
      'give one with a sample rate from 4000 to 384000 Hz',
    );
  }
  const frameBytes = (channels * bits) / 8;
  // 0 is what some writers leave there; anything else means a layout that would be read as noise.
  if (blockBytes !== frameBytes && blockBytes !== 0) {
    throw unsupported(
      `the WAV file says ${blockBytes} bytes a sample frame, but ${channels} channels of ${bits} bits are ${frameBytes}`,
      'write it anew',
    );
  }
  return { format: { sampleRateHz, channels }, encoding, frameBytes };
}

function unsupported(what: string, remedy: string): AudioFormatError {
  return new AudioFormatError('AUDIO_FORMAT_UNSUPPORTED', `${what}; ${remedy}`);
}
