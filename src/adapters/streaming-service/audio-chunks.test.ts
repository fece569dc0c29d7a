import { create } from '@bufbuild/protobuf';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type AudioFrame, sameFormat } from '../../core/audio/audio-frame.js';
import { encodePcm, type PcmEncoding } from '../../core/audio/pcm.js';
import { writeWav } from '../../core/audio/wav.js';
import { createAudioChunkReader } from './audio-chunks.js';
import { type AudioChunk, AudioChunkSchema } from './generated/streaming_pb.js';

type Layout = { readonly dtype?: string; readonly sampleRate?: number; readonly channels?: number };

function chunk(
  audioData: Uint8Array,
  { dtype = 'int16', sampleRate = 48_000, channels = 1 }: Layout = {},
): AudioChunk {
  return create(AudioChunkSchema, { audioData, dtype, sampleRate, channels });
}

function read(chunks: readonly AudioChunk[]) {
  const reader = createAudioChunkReader();
  const outcomes = chunks.map((one) => reader.push(one));
  const frames = outcomes.flatMap((outcome) => (outcome.type === 'frame' ? [outcome.frame] : []));
  return { outcomes, frames, ...reader.end() };
}

const samplesOf = (frames: readonly AudioFrame[]) => frames.flatMap((frame) => [...frame.samples]);

const speech = Float32Array.from({ length: 480 }, (_, i) => Math.round(Math.sin(i / 7) * 9000) / 32_768);

describe('audio chunks', () => {
  it.each<[PcmEncoding, readonly string[]]>([
    ['s16', ['', 'int16', 'pcm_s16le', 'short', 's16', 'INT16', ' int16 ']],
    ['s32', ['int32', 'int', 's32']],
    ['f32', ['float32', 'float', 'f32']],
    ['f64', ['float64', 'double', 'f64']],
    ['u8', ['uint8', 'u8']],
  ])('reads %s under all its names', (encoding, dtypes) => {
    for (const dtype of dtypes) {
      const { frames } = read([chunk(encodePcm(speech, encoding), { dtype })]);

      const tolerance = encoding === 'u8' ? 1 / 128 : 1e-4;
      expect(frames).toHaveLength(1);
      expect(samplesOf(frames).every((sample, i) => Math.abs(sample - (speech[i] ?? 9)) <= tolerance)).toBe(
        true,
      );
    }
  });

  it('reads little-endian bytes at an odd place of a larger buffer', () => {
    const network = new Uint8Array(64);
    network.set([0x00, 0x40, 0x00, 0xc0], 13);

    expect(samplesOf(read([chunk(network.subarray(13, 17))]).frames)).toEqual([0.5, -0.5]);
  });

  it('gives the same samples however the bytes are cut', () => {
    const bytes = encodePcm(speech, 's16');
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: bytes.length }), { maxLength: 12 }), (cuts) => {
        const edges = [0, ...cuts.sort((a, b) => a - b), bytes.length];
        const chunks = edges.slice(1).map((edge, i) => chunk(bytes.subarray(edges[i], edge)));
        const { frames, leftoverBytes } = read(chunks);

        expect(Float32Array.from(samplesOf(frames))).toEqual(speech);
        expect(leftoverBytes).toBe(0);
      }),
    );
  });

  it('keeps the channels of a sample frame together', () => {
    const bytes = encodePcm(Float32Array.from([0.5, -0.5, 0.25, -0.25, 0.125, -0.125]), 's16');
    // The first chunk ends between left and right, the second inside a sample.
    const { frames } = read(
      [bytes.subarray(0, 6), bytes.subarray(6, 9), bytes.subarray(9)].map((part) =>
        chunk(part, { channels: 2 }),
      ),
    );

    expect(frames.map(({ samplesPerChannel }) => samplesPerChannel)).toEqual([1, 1, 1]);
    expect(frames.every(({ samples }) => samples.length === 2)).toBe(true);
    expect(samplesOf(frames)).toEqual([0.5, -0.5, 0.25, -0.25, 0.125, -0.125]);
  });

  it('stamps the frames one behind the other from 0, across a change of rate', () => {
    const { frames } = read([
      chunk(new Uint8Array(960)),
      chunk(new Uint8Array(480), { sampleRate: 24_000 }),
      chunk(new Uint8Array(960)),
    ]);

    expect(frames.map(({ timestampMs }) => timestampMs)).toEqual([0, 10, 20]);
    expect(frames.map(({ format }) => format.sampleRateHz)).toEqual([48_000, 24_000, 48_000]);
  });

  it('takes the rate, the channels and the samples of each chunk', () => {
    const { frames } = read([
      chunk(encodePcm(Float32Array.from([0.5, 0.5]), 's16')),
      chunk(encodePcm(Float32Array.from([0.25, 0.25]), 'f32'), {
        dtype: 'float32',
        sampleRate: 16_000,
        channels: 2,
      }),
    ]);

    expect(frames.map(({ format }) => format)).toEqual([
      { sampleRateHz: 48_000, channels: 1 },
      { sampleRateHz: 16_000, channels: 2 },
    ]);
    expect(samplesOf(frames)).toEqual([0.5, 0.5, 0.25, 0.25]);
  });

  it('does not join half a sample to the samples of another layout', () => {
    const { frames, leftoverBytes } = read([
      chunk(Uint8Array.from([0x00, 0x40, 0x77])),
      chunk(Uint8Array.from([0x00, 0x20]), { sampleRate: 16_000 }),
    ]);

    expect(samplesOf(frames)).toEqual([0.5, 0.25]);
    expect(leftoverBytes).toBe(1);
  });

  it('skips an empty chunk', () => {
    const { outcomes, frames } = read([chunk(new Uint8Array(0)), chunk(new Uint8Array(2))]);

    expect(outcomes[0]).toEqual({ type: 'nothing' });
    expect(frames).toHaveLength(1);
  });

  it('tells of a lone byte at the end', () => {
    expect(read([chunk(new Uint8Array(5))])).toMatchObject({ leftoverBytes: 1 });
  });

  it('tells of a sample whose other channel never came', () => {
    expect(read([chunk(new Uint8Array(6), { channels: 2 })])).toMatchObject({ leftoverBytes: 2 });
  });

  it('tells of samples that are no numbers', () => {
    const bytes = new Uint8Array(Float32Array.from([0.5, Number.NaN, Number.POSITIVE_INFINITY]).buffer);

    expect(read([chunk(bytes, { dtype: 'f32' })])).toMatchObject({ replacedSamples: 2 });
  });

  it.each([
    { sampleRate: 0 },
    { channels: 0 },
    { sampleRate: -48_000 },
    { sampleRate: 7999 },
    { sampleRate: 192_001 },
    { channels: 33 },
  ])('drops a chunk with %j and goes on', (layout) => {
    const { outcomes, frames } = read([chunk(new Uint8Array(4), layout), chunk(new Uint8Array(2))]);

    expect(outcomes[0]).toMatchObject({ type: 'dropped', detail: expect.stringContaining('4 bytes') });
    expect(frames).toHaveLength(1);
  });

  it('refuses samples of an unknown kind and names the ones it knows', () => {
    const [outcome] = read([chunk(new Uint8Array(4), { dtype: 'opus' })]).outcomes;

    expect(outcome).toMatchObject({ type: 'refused', error: { code: 'AUDIO_FORMAT_UNSUPPORTED' } });
    expect(outcome?.type === 'refused' && outcome.error.message).toMatch(
      /"opus", which is none of int16, .*u8/,
    );
  });
});

describe('audio chunks that are a file in disguise', () => {
  const text = (ascii: string) => Uint8Array.from(ascii.padEnd(40, '.'), (letter) => letter.charCodeAt(0));
  const mp3 = new Uint8Array(1000).fill(0x55);
  for (let at = 0; at < mp3.length; at += 144) mp3.set([0xff, 0xf3, 0x64, 0xc4], at);
  const wav = writeWav({ sampleRateHz: 48_000, channels: 1 }, speech);

  it.each([
    ['RIFF', wav],
    ['OGG', text('OggS')],
    ['FLAC', text('fLaC')],
    ['MP3', text('ID3')],
    ['MP3', mp3],
  ])('refuses %s data', (name, bytes) => {
    const [outcome] = read([chunk(bytes)]).outcomes;

    expect(outcome).toMatchObject({ type: 'refused', error: { code: 'AUDIO_FORMAT_UNSUPPORTED' } });
    expect(outcome?.type === 'refused' && outcome.error.message).toContain(
      `${name} data labelled int16 samples`,
    );
  });

  it.each([
    ['a WAV file', wav],
    ['an MP3 file', mp3],
  ])(
    'knows %s that comes in tiny pieces, before a hundredth of a second of it was played',
    (_name, bytes) => {
      const pieces = Array.from({ length: bytes.length / 3 }, (_, i) => chunk(bytes.slice(i * 3, i * 3 + 3)));
      const { outcomes } = read(pieces);

      const refusedAt = outcomes.findIndex(({ type }) => type === 'refused');
      expect(refusedAt).toBeGreaterThan(0);
      expect(refusedAt * 3).toBeLessThan(960);
    },
  );

  it('refuses a file that begins after samples have come', () => {
    expect(read([chunk(new Uint8Array(2000)), chunk(wav)]).outcomes.map(({ type }) => type)).toEqual([
      'frame',
      'refused',
    ]);
  });

  it('plays quiet speech that looks like the header of an MP3 frame', () => {
    const quiet = Int16Array.from({ length: 4000 }, (_, i) => (i === 0 ? -1 : 20));
    const { outcomes, frames } = read([
      chunk(new Uint8Array(quiet.buffer)),
      chunk(new Uint8Array(quiet.buffer)),
    ]);

    expect(outcomes.map(({ type }) => type)).toEqual(['frame', 'frame']);
    expect(samplesOf(frames)).toHaveLength(8000);
    expect(frames.every(({ format }) => sameFormat(format, { sampleRateHz: 48_000, channels: 1 }))).toBe(
      true,
    );
  });
});
