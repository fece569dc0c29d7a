import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { describeBytes, sniffAudio } from './sniff-audio.js';

const bytesOf = (text: string): Uint8Array => Uint8Array.from(text, (letter) => letter.charCodeAt(0));

describe('sniffing', () => {
  it.each([
    ['RIFF\0\0\0\0WAVEfmt ', 'riff'],
    ['RF64\xff\xff\xff\xffWAVEds64', 'rf64'],
    ['BW64\xff\xff\xff\xffWAVEds64', 'rf64'],
    ['ID3\x04\0\0', 'mp3'],
    ['\xff\xfb\x90\x64', 'mp3'],
    ['\xff\xf3\x48\xc4', 'mp3'],
    ['OggS\0\x02', 'ogg'],
    ['fLaC\0\0', 'flac'],
    ['RIFF\0\0\0\0AVI LIST', 'unknown'],
    ['RIFF', 'unknown'],
    ['', 'unknown'],
  ])('tells %j to be %s', (head, container) => {
    expect(sniffAudio(bytesOf(head))).toBe(container);
  });

  it('does not take raw samples that begin just below zero for MP3', () => {
    for (let next = -128; next < 128; next++) {
      const samples = new Int16Array(16).fill(next);
      samples[0] = -1;

      expect(sniffAudio(new Uint8Array(samples.buffer))).toBe('unknown');
    }
  });

  it('wants a second MP3 header where the first frame ends, once there are bytes enough', () => {
    // MPEG-2 layer III, 64 kbit/s, 24 kHz: 72 * 64000 / 24000 = 192 bytes a frame.
    const header = [0xff, 0xf3, 0x84, 0xc4];
    const byChance = new Uint8Array(500);
    byChance.set(header);
    const mp3 = byChance.slice();
    mp3.set(header, 192);

    expect(sniffAudio(mp3)).toBe('mp3');
    expect(sniffAudio(mp3.subarray(0, 194))).toBe('mp3');
    expect(sniffAudio(byChance)).toBe('unknown');
  });

  it('does not take AAC for MP3', () => {
    expect(sniffAudio(bytesOf('\xff\xf1\x50\x80'))).toBe('unknown');
    expect(describeBytes(bytesOf('\xff\xf1\x50\x80'))).toBe('an AAC file');
  });

  it.each([
    ['\0\0\0\x20ftypM4A ', /MP4 or M4A/],
    ['RIFX\0\0\0\0WAVE', /big-endian/],
    ['FORM\0\0\0\0AIFF', /AIFF/],
    ['.snd\0\0\0\x18', /AU file/],
    ['<html><body>502 Bad Gateway', /text that begins "<html>/],
  ])('says in words what %j is', (head, words) => {
    expect(describeBytes(bytesOf(head))).toMatch(words);
  });

  it('has something to say about any bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => {
        expect(describeBytes(bytes)).toMatch(/^(an? |no bytes|text that|bytes that)/);
      }),
    );
  });
});
