import { createHash } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { cacheFolder } from './corpus.js';
import type { FrontEnd, Heard } from './hear-scene.js';
import type { Scenario } from './scenarios.js';
import type { NearEvent, Scene } from './scene.js';

/** What of a scene is needed to judge a rule on it. */
export interface SceneMarks {
  readonly nearEvents: readonly NearEvent[];
  readonly replies: Scene['replies'];
}

const projectFolder = fileURLToPath(new URL('../../', import.meta.url));
const sceneCode = ['random', 'room', 'scene', 'sounds', 'speech-bounds', 'speakers'].map(
  (name) => `bench/barge-in/${name}.ts`,
);
const scoringCode = ['bench/barge-in/hear-scene.ts', 'src/adapters/silero-vad'];
const frontEndCode: Readonly<Record<FrontEnd, readonly string[]>> = {
  raw: ['src/core/audio/high-pass.ts'],
  webrtc: ['src/core/audio/high-pass.ts', 'src/adapters/webrtc-apm'],
  linear: ['src/core/audio'],
};

/** All that this code says, but not its tests. */
function hashOf(paths: readonly string[]): string {
  const hash = createHash('sha256');
  const add = (path: string): void => {
    const full = join(projectFolder, path);
    if (statSync(full).isDirectory()) {
      for (const name of readdirSync(full).sort()) add(join(path, name));
    } else if (path.endsWith('.ts') && !path.endsWith('.test.ts')) {
      hash.update(`${path}\n`).update(readFileSync(full));
    }
  };
  for (const path of paths) add(path);
  return hash.digest('hex');
}

/** Scores on disk, by all that they depend on: the scenario, the recordings and the code. */
export interface ScoreCache {
  readScores(scenario: Scenario, frontEnd: FrontEnd): Heard | undefined;
  writeScores(scenario: Scenario, frontEnd: FrontEnd, heard: Heard): void;
  readMarks(scenario: Scenario): SceneMarks | undefined;
  writeMarks(scenario: Scenario, marks: SceneMarks): void;
}

/** The code is looked at once, here. */
export function openScoreCache(
  corpusFingerprint: string,
  folder = join(cacheFolder(), 'scores'),
): ScoreCache {
  mkdirSync(folder, { recursive: true });
  const scenes = hashOf(sceneCode);
  const scoring = hashOf(scoringCode);
  const frontEnds = {
    raw: hashOf(frontEndCode.raw),
    webrtc: hashOf(frontEndCode.webrtc),
    linear: hashOf(frontEndCode.linear),
  };
  const fileOf = (scenario: Scenario, ...rest: readonly string[]) => {
    const key = JSON.stringify([scenario, corpusFingerprint, scenes, ...rest]);
    return join(folder, `${createHash('sha256').update(key).digest('hex').slice(0, 32)}.json`);
  };
  const scoresOf = (scenario: Scenario, frontEnd: FrontEnd) =>
    fileOf(scenario, scoring, frontEnd, frontEnds[frontEnd]);
  const read = (file: string): unknown =>
    existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : undefined;
  const write = (file: string, value: unknown) => {
    const unfinished = `${file}.${process.pid}`;
    writeFileSync(unfinished, JSON.stringify(value));
    renameSync(unfinished, file);
  };
  return {
    readScores(scenario, frontEnd) {
      const stored = read(scoresOf(scenario, frontEnd)) as Stored | undefined;
      return (
        stored && {
          probability: unpack(stored.probability),
          readyMs: unpack(stored.readyMs),
          confidence: unpack(stored.confidence),
          mayBeEcho: unpack(stored.mayBeEcho),
          levelChangeDb: stored.levelChangeDb,
        }
      );
    },
    writeScores: (scenario, frontEnd, heard) =>
      write(scoresOf(scenario, frontEnd), {
        probability: pack(heard.probability),
        readyMs: pack(heard.readyMs),
        confidence: pack(heard.confidence),
        mayBeEcho: pack(heard.mayBeEcho),
        levelChangeDb: heard.levelChangeDb,
      } satisfies Stored),
    readMarks: (scenario) => read(fileOf(scenario, 'marks')) as SceneMarks | undefined,
    writeMarks: (scenario, { nearEvents, replies }) =>
      write(fileOf(scenario, 'marks'), { nearEvents, replies }),
  };
}

interface Stored {
  readonly probability: string;
  readonly readyMs: string;
  readonly confidence: string;
  readonly mayBeEcho: string;
  readonly levelChangeDb: readonly number[];
}

const pack = (values: Float32Array) =>
  Buffer.from(values.buffer, values.byteOffset, values.byteLength).toString('base64');

function unpack(text: string): Float32Array {
  const bytes = Buffer.from(text, 'base64');
  return new Float32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength));
}
