import type { PcmEncoding } from 'earshot';
import {
  audio,
  complete,
  type Layout,
  type Scenario,
  text,
  tone,
  toneBytes,
  usualLayout,
} from './scenario.js';

/** Every name of a sample layout that any server or its guide has used. */
export const dtypes: readonly (readonly [dtype: string, encoding: PcmEncoding])[] = [
  ['', 's16'],
  ['int16', 's16'],
  ['pcm_s16le', 's16'],
  ['short', 's16'],
  ['s16', 's16'],
  ['int32', 's32'],
  ['s32', 's32'],
  ['float32', 'f32'],
  ['float', 'f32'],
  ['f32', 'f32'],
  ['float64', 'f64'],
  ['uint8', 'u8'],
];

/** Half a sentence of an MP3 file that holds silence: a tag, then frames of MPEG 1 layer III, 128 kbit/s, 44.1 kHz. */
function mp3Bytes(): Uint8Array {
  const tag = Buffer.from('ID3\x04\x00\x00\x00\x00\x00\x00', 'latin1');
  const frame = Buffer.alloc(417);
  frame.set([0xff, 0xfb, 0x90, 0x64]);
  return Buffer.concat([tag, ...Array.from({ length: 8 }, () => frame)]);
}

const hugeBytes = 4_800_000;

const floats: Layout = { dtype: 'float32', encoding: 'f32', sampleRate: 24_000, channels: 2 };
const bytes: Layout = { dtype: 'uint8', encoding: 'u8', sampleRate: 16_000, channels: 1 };

/** What is strange about the audio of an answer. */
export const audioScenarios = {
  'every-dtype': complete('100 ms of tone in every sample layout, by every name it has', function* () {
    yield text('Every layout.');
    for (const [dtype, encoding] of dtypes) yield tone(100, { ...usualLayout, dtype, encoding });
  }),
  'format-changes': complete(
    '48 kHz int16, then 24 kHz stereo float32, then 16 kHz uint8, then as at first',
    () => [
      text('Changing.'),
      ...[usualLayout, floats, bytes, usualLayout].map((layout) => tone(100, layout)),
    ],
  ),
  'format-changes-inside-a-sample': complete('the layout changes where a sample is cut in two', () => [
    text('Changing.'),
    audio(toneBytes(100).subarray(0, -1)),
    tone(100, floats),
  ]),
  'odd-chunks': complete('500 ms in chunks of 1, 3, 5, ... bytes, which cut samples in two', function* () {
    yield text('Odd.');
    const whole = toneBytes(500);
    for (let at = 0, length = 1; at < whole.length; at += length, length += 2) {
      yield audio(whole.subarray(at, at + length));
    }
  }),
  'empty-chunks': complete('chunks without bytes first, between and last', () => [
    audio(new Uint8Array(0)),
    text('Empty.'),
    tone(100),
    audio(new Uint8Array(0)),
    tone(100),
    audio(new Uint8Array(0)),
  ]),
  'only-empty-chunks': complete('chunks without bytes and nothing else', () => [
    audio(new Uint8Array(0)),
    audio(new Uint8Array(0)),
  ]),
  'lone-byte': complete('one byte more than whole samples', () => [
    text('Odd.'),
    audio(new Uint8Array([...toneBytes(100), 7])),
  ]),
  'no-rate': complete('chunks that say 0 Hz or 0 channels among good ones', () => [
    text('Zero.'),
    tone(100),
    audio(toneBytes(100), { ...usualLayout, sampleRate: 0 }),
    audio(toneBytes(100), { ...usualLayout, channels: 0 }),
    tone(100),
  ]),
  'unknown-dtype': complete('samples of a layout that nobody knows', () => [
    text('Strange.'),
    audio(toneBytes(100), { ...usualLayout, dtype: 'int24' }),
  ]),
  'no-number-samples': complete('float32 samples that are no number', () => [
    text('Nothing.'),
    audio(new Uint8Array(Float32Array.from([0.1, Number.NaN, Number.POSITIVE_INFINITY, 0.1]).buffer), {
      ...usualLayout,
      dtype: 'float32',
    }),
  ]),
  'mislabelled-mp3': complete('MP3 data labelled int16, as from a server without its decoder', () => [
    text('Noise.'),
    audio(mp3Bytes()),
  ]),
  'huge-chunk': complete('50 s of silence in one chunk of 4.8 MB, more than gRPC takes by default', () => [
    audio(new Uint8Array(hugeBytes)),
  ]),
  'huge-chunk-after-text': complete('the same behind a text', () => [
    text('Much.'),
    audio(new Uint8Array(hugeBytes)),
  ]),
  'slow-drip': {
    what: 'a short text, then 10 ms of audio every 50 ms, for 1 s: slower than it is played',
    async play({ reply }) {
      await reply.send(text('Slow.'));
      for (let sent = 1; sent <= 20; sent += 1) {
        await reply.call.waitUntil(sent * 50);
        await reply.send(tone(10));
      }
      await reply.finish();
    },
  },
  'ten-minutes': {
    what: 'ten minutes of audio, ten times faster than it is played',
    play: ({ reply }) => speakFor(reply, 600_000, 10),
  },
  'ten-minutes-at-once': {
    what: 'ten minutes of audio, as fast as the client takes it',
    play: ({ reply }) => speakFor(reply, 600_000, Number.POSITIVE_INFINITY),
  },
} as const satisfies { readonly [name: string]: Scenario };

async function speakFor(
  reply: Parameters<Scenario['play']>[0]['reply'],
  durationMs: number,
  timesRealTime: number,
): Promise<void> {
  const chunkMs = 40;
  const chunk = tone(chunkMs);
  await reply.send(text('A long story.'));
  const startMs = reply.call.elapsedMs();
  for (let sentMs = 0; sentMs < durationMs; sentMs += chunkMs) {
    await reply.call.waitUntil(startMs + sentMs / timesRealTime);
    await reply.send(chunk);
  }
  await reply.finish();
}
