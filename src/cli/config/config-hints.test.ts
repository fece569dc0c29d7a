import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { readConfigFile } from '../run/config-file.js';
import { problemLine } from './config-problem.js';
import { readConfig } from './read-config.js';

const least = `upstream:
  target: 127.0.0.1:50051
transcriber:
  engine: moonshine
`;
const problemsOf = (text: string): string[] =>
  (readConfig(text, { env: {}, readFile: () => '' }).problems ?? []).map((problem) =>
    problemLine('f', problem).slice(2),
  );

describe('what a config is told', () => {
  it('of a misspelt group is told once, and not that it is missing as well', () => {
    expect(problemsOf(least.replace('upstream', 'upstrem'))).toEqual([
      '1:1: upstrem is not known here; is upstream meant?',
    ]);
    expect(problemsOf(least.replace('  target', '  taget'))).toEqual([
      '2:3: upstream.taget is not known here; is target meant?',
    ]);
    expect(problemsOf(`x: 1\n${least.replace('transcriber:\n  engine: moonshine\n', '')}`)).toEqual([
      expect.stringContaining('1:1: x is not known here'),
      expect.stringContaining('transcriber is missing'),
    ]);
  });

  it.each([
    ['leadMs: 100', 'leadMs is not known here; it belongs into devices.playout or pipeline.playout'],
    [
      'minSilenceMs: 600',
      'minSilenceMs is not known here; it belongs into pipeline.utterances, pipeline.endpointing, pipeline.bargeIn.awaiting or others',
    ],
    ['hardwareId: a', 'hardwareId is not known here; it belongs into upstream'],
    [
      'metrics: yes',
      'metrics must be a group of host, port, but is "yes"; write metrics: {} to have it as it is by default',
    ],
    ['metrics: true', 'metrics must be a group of host, port, but is true; write metrics: {}'],
    ['metrics: no', 'metrics must be a group of host, port, but is "no"; leave the line out'],
    ['echoCancellers: { webrtc: on }', 'echoCancellers.webrtc must be '],
    ['logs: { minLevel: warning }', 'but is "warning"; is warn meant?'],
    ['logs: { minLevel: information }', 'but is "information"; is info meant?'],
    ['devices: { capture: { device: 1 } }', 'but is 1; write it in quotes: "1"'],
    ['fillers: { voice: true }', 'but is true; write it in quotes: "true"'],
  ])('of %s is told what to write', (text, expected) => {
    const problems = problemsOf(`${least}${text}\n`);
    expect(problems).toHaveLength(1);
    expect(problems[0]).toContain(expected);
  });

  it('of a switch for an optional part names both ways', () => {
    expect(problemsOf(`${least}echoCancellers: { webrtc: on }\n`)[0]).toMatch(/; write webrtc: \{\} to/);
    expect(problemsOf(`${least}echoCancellers: { webrtc: no }\n`)[0]).toMatch(/; write off$/);
  });

  it('lets all echo cancellers be off', () => {
    expect(readConfig(`${least}echoCancellers: off\n`, { env: {}, readFile: () => '' })).toMatchObject({
      config: { echoCancellers: 'off' },
    });
  });
});

describe('a recording', () => {
  const folder = mkdtempSync(join(tmpdir(), 'earshot-recording-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  writeFileSync(join(folder, 'question.wav'), 'RIFF');
  symlinkSync(join(folder, 'question.wav'), join(folder, 'link.wav'));

  it.each(['question.wav', './there/../question.wav', join(folder, 'question.wav'), 'link.wav'])(
    'that is heard is not written over, also when it is called %s',
    (loudspeaker) => {
      const path = join(folder, 'earshot.yaml');
      const text = `${least}devices: { kind: wav-file, microphone: question.wav, loudspeaker: '${loudspeaker}' }\n`;
      writeFileSync(path, text);
      const { problems = [] } = readConfigFile(path, {});
      expect(problems.map((problem) => problemLine('f', problem))).toEqual([
        expect.stringMatching(
          /^f:5:\d+: devices\.loudspeaker is the recording that the microphone hears, .*; name another file$/,
        ),
      ]);
      writeFileSync(path, text.replace('microphone: question.wav', 'microphone: other.wav'));
      expect(readConfigFile(path, {}).problems).toBeUndefined();
    },
  );
});
