import { concat, defer, from, mergeMap, type Observable } from 'rxjs';
import { type AudioFrame, type PcmFormat, sameFormat } from '../../core/audio/audio-frame.js';
import { createPcmDecoder, type PcmDecoder } from '../../core/audio/pcm.js';
import { readWav } from '../../core/audio/wav.js';
import { SpeechError } from '../../core/errors.js';
import { createSpeechFramer, type SpeechFramer } from '../../core/speech/speech-framer.js';

/** The program's own header has 44 bytes; what goes on longer without audio is none. */
const longestHeader = 4096;

/**
 * Frames from a WAV file that is still being written.
 *
 * @remarks
 * The lengths in its header are not looked at: a program that writes to a pipe cannot know them, and eSpeak NG writes 2147479552.
 * Errors with `SYNTHESIS_FAILED` when no audio comes, or not in the layout that is expected.
 */
export function readWavStream(bytes$: Observable<Uint8Array>, expected?: PcmFormat): Observable<AudioFrame> {
  return defer(() => {
    let header: Uint8Array | undefined = new Uint8Array(0);
    let stream: { readonly decoder: PcmDecoder; readonly framer: SpeechFramer } | undefined;

    function read(bytes: Uint8Array): readonly AudioFrame[] {
      let audio = bytes;
      if (header !== undefined) {
        header = joined(header, bytes);
        const start = startOfAudio(header);
        if (start === undefined && header.length < longestHeader) return [];
        stream = open(header.subarray(0, start), expected);
        audio = header.subarray(start);
        header = undefined;
      }
      return stream === undefined ? [] : stream.framer.push(stream.decoder.push(audio));
    }
    function end(): readonly AudioFrame[] {
      if (stream === undefined) throw failed('wrote no audio');
      return stream.framer.end();
    }
    return concat(
      bytes$.pipe(mergeMap((bytes) => from(read(bytes)))),
      defer(() => from(end())),
    );
  });
}

function open(header: Uint8Array, expected: PcmFormat | undefined) {
  try {
    const { format, encoding } = readWav(header);
    if (encoding === 's24') throw failed('wrote samples of 24 bits');
    if (expected !== undefined && !sameFormat(format, expected)) {
      throw failed(`wrote audio at ${format.sampleRateHz} Hz, but at ${expected.sampleRateHz} Hz before`);
    }
    return { decoder: createPcmDecoder(encoding), framer: createSpeechFramer(format) };
  } catch (cause) {
    if (cause instanceof SpeechError) throw cause;
    throw failed('wrote no WAV file', cause);
  }
}

/** Where the samples begin, once the header is whole. */
function startOfAudio(bytes: Uint8Array): number | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const data = 0x6461_7461;
  for (let at = 12; at + 8 <= bytes.length; ) {
    if (view.getUint32(at) === data) return at + 8;
    const size = view.getUint32(at + 4, true);
    at += 8 + size + (size % 2);
  }
  return undefined;
}

function joined(before: Uint8Array, after: Uint8Array): Uint8Array {
  const both = new Uint8Array(before.length + after.length);
  both.set(before);
  both.set(after, before.length);
  return both;
}

const failed = (what: string, cause?: unknown): SpeechError =>
  new SpeechError(
    'SYNTHESIS_FAILED',
    `the speech program ${what}; try it by hand: espeak-ng --stdout hello`,
    {
      cause,
    },
  );
