import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import { type Faults, syntheticDemo } from './measure/synthetic-demo.js';
import { readRecording } from './measure/wav.js';
import { formatChecks, measureDemo, readDemo } from './measure-demo.js';

const folder = mkdtempSync(join(tmpdir(), 'measure-demo-'));
afterAll(() => rmSync(folder, { recursive: true }));

const failures = (faults: Faults) =>
  measureDemo(syntheticDemo(faults))
    .filter(({ ok }) => !ok)
    .map(({ subject, what }) => `${subject}: ${what}`);

describe('measureDemo', () => {
  it('passes a demo in which everything is as promised', () => {
    const checks = measureDemo(syntheticDemo());

    expect(checks.filter(({ ok }) => !ok)).toEqual([]);
    expect(checks.map(({ what }) => what)).toEqual(
      expect.arrayContaining([
        'filler begins after its delay',
        'reply complete and in order',
        'reply heard up to the cut',
        'down by 12 dB after the onset',
        'silent after the onset, until the turn ends',
        'nothing of the cut reply comes back',
        'restored after ducking',
      ]),
    );
  });

  it('allows a silence inside a reply, because a loudspeaker may have to wait for its sound', () => {
    expect(failures({ gapMs: 240 })).toEqual([]);
  });

  it.each<[string, Faults, string]>([
    ['a filler that starts late', { fillerLateMs: 200 }, 't1: filler begins after its delay'],
    [
      'a filler that starts before its delay is over',
      { fillerLateMs: -100 },
      't1: filler begins after its delay',
    ],
    ['20 ms missing in a reply', { lostMs: 20 }, 't1: reply complete and in order'],
    ['a single sample missing in a reply', { lostMs: 1 / 48 }, 't1: equal but where a barge-in ducks'],
    ['a reply that is turned down for no reason', { strayGain: 0.5 }, 't1: equal but where a barge-in ducks'],
    ['replies in the wrong order', { swapped: true }, 't2: reply is in the recording'],
    [
      'a reply that ducks late',
      { duckedAfterMs: 180 },
      'barge-in (reply) 1: gain of the reply down by 12 dB',
    ],
    [
      'a filler that ducks late',
      { duckedAfterMs: 180 },
      'barge-in (filler) 3: down by 12 dB after the onset',
    ],
    [
      'a reply that is cut late',
      { silentAfterMs: 460 },
      'barge-in (reply) 1: silent after the onset, until the turn ends',
    ],
    [
      'a filler that is not cut',
      { fillerGoesOn: true },
      'barge-in (filler) 3: silent after the onset, until the turn ends',
    ],
    [
      'a cut reply that comes back',
      { ghostMs: 600 },
      'barge-in (reply) 1: nothing of the cut reply comes back',
    ],
    [
      'a cut reply that comes back softly',
      { ghostMs: 600, ghostGain: 0.1 },
      'barge-in (reply) 1: nothing of the cut reply comes back',
    ],
    ['a cough that ducks for too long', { coughDuckedForMs: 700 }, 'cough 2: restored after ducking'],
    ['a cough that does not duck', { coughGain: 1 }, 'cough 2: ducks the reply by 12 dB'],
    ['samples lost under a cough', { coughLostMs: 20 }, 't3: reply complete and in order'],
    ['a single sample lost under a cough', { coughLostMs: 1 / 48 }, 't3: reply complete and in order'],
    ['a summary that boasts', { boastMs: 500 }, 't3: heard as much as reported'],
  ])('finds %s', (_, faults, expected) => {
    expect(failures(faults)).toContain(expected);
  });
});

describe('the files of a demo', () => {
  const writeDemo = (name: string, faults: Faults) => {
    const { microphone, loudspeaker, summary, readSent } = syntheticDemo(faults);
    const path = join(folder, name);
    mkdirSync(join(path, 'server-audio'), { recursive: true });
    writeFileSync(join(path, 'microphone.wav'), wavFile(microphone.samples));
    writeFileSync(join(path, 'loudspeaker.wav'), wavFile(loudspeaker.samples));
    writeFileSync(join(path, 'summary.json'), JSON.stringify(summary));
    for (const { turnId } of summary.turns) {
      writeFileSync(join(path, 'server-audio', `${turnId}.wav`), wavFile(readSent(turnId).samples));
    }
    return path;
  };

  it('are measured as what was written', () => {
    const checks = measureDemo(readDemo(writeDemo('good', {})));

    expect(checks.filter(({ ok }) => !ok)).toEqual([]);
    expect(formatChecks(checks)).toContain('reply complete and in order');
  });

  it('decide the exit code of the command: 0, 1 and 2', () => {
    const command = fileURLToPath(new URL('./measure-demo.ts', import.meta.url));
    const run = (path: string) => {
      try {
        return {
          code: 0,
          text: execFileSync(process.execPath, ['--import', 'tsx', command, path], {
            stdio: 'pipe',
          }).toString(),
        };
      } catch (error) {
        const { status, stdout, stderr } = error as { status: number; stdout: Buffer; stderr: Buffer };
        return { code: status, text: `${stdout}${stderr}` };
      }
    };

    expect(run(writeDemo('good', {}))).toMatchObject({
      code: 0,
      text: expect.stringContaining('checks hold'),
    });
    expect(run(writeDemo('late', { fillerLateMs: 300 }))).toMatchObject({
      code: 1,
      text: expect.stringContaining('FAILED'),
    });
    const missing = run(join(folder, 'nowhere'));
    expect(missing).toMatchObject({ code: 2, text: expect.stringContaining('run the demo first') });
    expect(missing.text).not.toContain('    at ');
  });

  it('are refused when they are no WAV files', () => {
    const path = join(folder, 'none.wav');
    writeFileSync(path, 'ID3 this is music');

    expect(() => readRecording(path)).toThrow('is no WAV file');
  });
});

function wavFile(samples: Float32Array): Buffer {
  const header = Buffer.alloc(44);
  header.write('RIFF', 0, 'latin1');
  header.writeUInt32LE(36 + samples.length * 2, 4);
  header.write('WAVEfmt ', 8, 'latin1');
  header.writeUInt32LE(16, 16);
  header.writeUInt16LE(1, 20);
  header.writeUInt16LE(1, 22);
  header.writeUInt32LE(48_000, 24);
  header.writeUInt32LE(96_000, 28);
  header.writeUInt16LE(2, 32);
  header.writeUInt16LE(16, 34);
  header.write('data', 36, 'latin1');
  header.writeUInt32LE(samples.length * 2, 40);
  const pcm = Buffer.alloc(samples.length * 2);
  samples.forEach((sample, i) => {
    pcm.writeInt16LE(Math.max(-32_768, Math.min(32_767, Math.round(sample * 32_768))), i * 2);
  });
  return Buffer.concat([header, pcm]);
}
