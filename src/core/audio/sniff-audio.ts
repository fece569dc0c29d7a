import { mp3FrameBytes } from './mp3-frames.js';

/** What a recording is wrapped in, told from its first bytes. @public */
export type AudioContainer = 'riff' | 'rf64' | 'mp3' | 'ogg' | 'flac' | 'unknown';

/**
 * Tell what bytes are, from their beginning.
 *
 * @remarks
 * 12 bytes suffice, but for one thing: an MP3 without an ID3 tag has no better mark than a header of three bytes, which
 * raw samples can hold by chance. From 1445 bytes on, the next header is looked for as well, and the answer is safe.
 * `riff` and `rf64` mean WAV; other files that begin with RIFF, such as AVI or WebP, are `unknown`.
 * Raw PCM has no marks and is `unknown`.
 * @public
 */
export function sniffAudio(bytes: Uint8Array): AudioContainer {
  const mark = asciiAt(bytes, 0, 4);
  const isWave = asciiAt(bytes, 8, 4) === 'WAVE';
  if (mark === 'RIFF' && isWave) return 'riff';
  if ((mark === 'RF64' || mark === 'BW64') && isWave) return 'rf64';
  if (mark === 'OggS') return 'ogg';
  if (mark === 'fLaC') return 'flac';
  if (mark.startsWith('ID3') || isMp3(bytes)) return 'mp3';
  return 'unknown';
}

/** Say in words what bytes are that are no WAV, for a message. */
export function describeBytes(bytes: Uint8Array): string {
  const container = sniffAudio(bytes);
  if (container === 'mp3') return 'an MP3 file';
  if (container === 'ogg') return 'an Ogg file (Vorbis or Opus)';
  if (container === 'flac') return 'a FLAC file';
  if (container !== 'unknown') return 'a WAV file';
  if (bytes.length === 0) return 'no bytes at all';
  const mark = asciiAt(bytes, 0, 4);
  if (asciiAt(bytes, 4, 4) === 'ftyp') return 'an MP4 or M4A file';
  if (mark === 'RIFF') return `a RIFF file of type ${JSON.stringify(asciiAt(bytes, 8, 4))}`;
  if (mark === 'RIFX') return 'a big-endian WAV file';
  if (mark === 'FORM') return 'an AIFF file';
  if (mark === '.snd') return 'an AU file';
  if ((bytes[0] === 0xff && ((bytes[1] ?? 0) & 0xf6) === 0xf0) || mark === 'ADIF') return 'an AAC file';
  const head = asciiAt(bytes, 0, 24);
  if (/^[\s{[<]/.test(head) && /^[\t\r\n\x20-\x7e]+$/.test(head))
    return `text that begins ${JSON.stringify(head)}`;
  const shown = Array.from(bytes.subarray(0, 8), (byte) => byte.toString(16).padStart(2, '0')).join(' ');
  return `bytes that begin ${shown}, which may be raw PCM (createPcmDecoder reads that, if you know its layout)`;
}

/** Bytes as text, one character each; shorter where the bytes end. */
export function asciiAt(bytes: Uint8Array, offset: number, length: number): string {
  return String.fromCharCode(...bytes.subarray(offset, offset + length));
}

/**
 * Whether bytes begin with a layer III header, and with a second one where the first frame ends if they reach that far:
 * raw samples can look like one header by chance.
 */
function isMp3(bytes: Uint8Array): boolean {
  const length = mp3FrameBytes(bytes, 0);
  if (length === undefined) return false;
  return bytes.length < length + 3 || mp3FrameBytes(bytes, length) !== undefined;
}
