/** What a recording is wrapped in, told from its first bytes. @public */
export type AudioContainer = 'riff' | 'rf64' | 'mp3' | 'ogg' | 'flac' | 'unknown';

/**
 * Tell what bytes are, from their beginning (12 bytes suffice).
 *
 * @remarks
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
  if (mark.startsWith('ID3') || isMpegHeader(bytes)) return 'mp3';
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

/** The sync word of an MPEG audio frame with no reserved field in it: version, layer, bit rate, sample rate. */
function isMpegHeader(bytes: Uint8Array): boolean {
  const [sync, kind, rate] = bytes;
  if (sync !== 0xff || kind === undefined || rate === undefined || (kind & 0xe0) !== 0xe0) return false;
  const version = (kind >> 3) & 3;
  const layer = (kind >> 1) & 3;
  return version !== 1 && layer !== 0 && rate >> 4 !== 15 && rate >> 4 !== 0 && ((rate >> 2) & 3) !== 3;
}
