import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { audioFrame, durationMs, type PcmFormat, readWav, rmsDb } from '../index.js';
import { openRawFile, openWavFile } from './audio-files.js';

const folder = mkdtempSync(join(tmpdir(), 'earshot-audio-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const at = (name: string): string => join(folder, name);

/** A tone of half the full scale. */
function tone(format: PcmFormat, lengthMs: number, timestampMs: number) {
  const { sampleRateHz, channels } = format;
  const samples = new Float32Array((lengthMs * sampleRateHz * channels) / 1000);
  for (let i = 0; i < samples.length; i++) {
    samples[i] = 0.5 * Math.sin((2 * Math.PI * 500 * Math.floor(i / channels)) / sampleRateHz);
  }
  return audioFrame(format, samples, timestampMs);
}

describe('the WAV file of an answer', () => {
  it('has the samples of the answer, to the bit, at its rate and channels', () => {
    const format = { sampleRateHz: 22_050, channels: 2 };
    const steps = Float32Array.from({ length: 2000 }, (_, i) => ((i * 37) % 65_536) / 32_768 - 1);
    const file = openWavFile(at('exact.wav'));
    file.add(audioFrame(format, steps.subarray(0, 1000), 0));
    file.add(audioFrame(format, steps.subarray(1000), 1_000_000 / 44_100));

    expect(file.close()).toEqual([]);
    const wav = readWav(readFileSync(at('exact.wav')));
    expect(wav).toMatchObject({ format, encoding: 's16', warnings: [] });
    expect(wav.samples).toEqual(steps);
  });

  it('is a good file after each frame, also without being closed', () => {
    const file = openWavFile(at('killed.wav'));
    file.add(tone({ sampleRateHz: 8000, channels: 1 }, 100, 0));

    expect(readWav(readFileSync(at('killed.wav')))).toMatchObject({ warnings: [] });
    expect(readWav(readFileSync(at('killed.wav'))).samples).toHaveLength(800);
    file.close();
  });

  it('converts what has another layout to the first one, says so, and loses nothing', () => {
    const first = { sampleRateHz: 48_000, channels: 1 };
    const file = openWavFile(at('changing.wav'));
    let ms = 0;
    for (const format of [
      first,
      { sampleRateHz: 24_000, channels: 2 },
      { sampleRateHz: 16_000, channels: 1 },
      first,
    ]) {
      const frame = tone(format, 100, ms);
      ms += durationMs(frame);
      file.add(frame);
    }

    expect(file.close()).toEqual([
      `the audio changed to 24000 Hz with 2 channels, 16000 Hz mono; in ${at('changing.wav')} it was converted to 48000 Hz mono`,
    ]);
    const { format, samples } = readWav(readFileSync(at('changing.wav')));
    expect(format).toEqual(first);
    expect(samples).toHaveLength(4 * 4800);
    for (const part of [0, 1, 2, 3]) {
      expect(rmsDb(samples.subarray(part * 4800 + 480, part * 4800 + 4320))).toBeCloseTo(-9.03, 0);
    }
  });

  it('is not there when no audio came, so that an older one is not taken for it', () => {
    writeFileSync(at('older.wav'), 'older');
    const file = openWavFile(at('older.wav'));

    expect(file.close()).toEqual([`no audio came, so ${at('older.wav')} was not written`]);
    expect(existsSync(at('older.wav'))).toBe(false);
    expect(file.close()).toHaveLength(1);
  });

  it('never removes what is no file', () => {
    const device = openWavFile('/dev/null');
    device.close();
    expect(existsSync('/dev/null')).toBe(true);
  });

  it.each([
    ['nowhere/a.wav', /^--wav .*nowhere\/a.wav cannot be written: it, or its folder, does not exist$/],
    ['', /cannot be written: it is a folder$/],
  ])('says before anything is asked that %j cannot be written', (name, sentence) => {
    expect(() => openWavFile(at(name))).toThrow(sentence);
    expect(() => openRawFile(at(name))).toThrow(/^--raw /);
  });
});

describe('the raw file of an answer', () => {
  it('has the bytes as they came', () => {
    const file = openRawFile(at('a.raw'));
    file.add(Uint8Array.of(1, 2, 3));
    file.add(Uint8Array.of(4));
    file.close();
    file.close();
    file.add(Uint8Array.of(5));

    expect([...readFileSync(at('a.raw'))]).toEqual([1, 2, 3, 4]);
  });

  it('is empty when no audio came', () => {
    openRawFile(at('empty.raw')).close();
    expect(readFileSync(at('empty.raw'))).toHaveLength(0);
  });
});
