import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Corpus, Recording } from './corpus.js';
import { createRandom, gaussian } from './random.js';
import { fullExtent, type Scenario, scenariosOf } from './scenarios.js';
import { createScene } from './scene.js';
import { clap, tap } from './sounds.js';
import { speakers } from './speakers.js';
import { activeRms, findSpeech, sampleRateHz, samplesPerMs } from './speech-bounds.js';

let folder = '';
let corpus: Corpus = { recordings: [], missing: [], fingerprint: '' };

/** Noise for a second and a half, half a second into a recording: nobody's voice, but speech by its level. */
function record(name: string, use: Recording['use'], speaker: string, seed: number): Recording {
  const random = createRandom(seed);
  const samples = Float32Array.from({ length: 2.5 * sampleRateHz }, (_, i) =>
    i > 0.5 * sampleRateHz && i < 2 * sampleRateHz ? 0.1 * gaussian(random) : 0,
  );
  const file = join(folder, `${name}.f32`);
  writeFileSync(file, Buffer.from(samples.buffer));
  return { file, use, speaker };
}

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'earshot-scene-'));
  const recordings = speakers.flatMap(({ name }, index) => [
    record(`${name}-far`, 'far', name, 3 * index + 1),
    record(`${name}-near`, 'near', name, 3 * index + 2),
    record(`${name}-hm`, 'backchannel', name, 3 * index + 3),
  ]);
  corpus = {
    recordings: [...recordings, record('cough', 'cough', 'cough', 99)],
    missing: [],
    fingerprint: 'test',
  };
});

afterAll(() => rmSync(folder, { recursive: true }));

/** A scenario, and shorter if asked for. */
function scenarioOf(id: string, durationMs?: number): Scenario {
  const found = scenariosOf('held-out', fullExtent).find((scenario) => scenario.id === id);
  if (!found) throw new Error(`no scenario ${id}`);
  return durationMs === undefined ? found : { ...found, durationMs };
}

describe('createScene', () => {
  it('makes the same samples of the same scenario', () => {
    const scenario = scenarioOf('h01-talk-0', 16_000);
    const one = createScene(scenario, corpus);
    const other = createScene(scenario, corpus);
    expect(other.captured).toEqual(one.captured);
    expect(other.rendered).toEqual(one.rendered);
    expect(other.nearEvents).toEqual(one.nearEvents);
  });

  it('puts the near end where its marks are, at its level', () => {
    const { near, nearEvents, captured } = createScene(scenarioOf('h01-talk-0', 20_000), corpus);
    expect(captured.length).toBe(20 * sampleRateHz);
    expect(nearEvents.length).toBeGreaterThan(1);
    const [first] = nearEvents;
    const from = (first?.onsetMs ?? 0) * samplesPerMs;
    expect(findSpeech(near.slice(0, from + 2 * sampleRateHz))?.onset).toBeCloseTo(from, -3);
    const { echoDb } = scenarioOf('h01-talk-0').place;
    expect(20 * Math.log10(activeRms(near.subarray(from, (first?.endMs ?? 0) * samplesPerMs)))).toBeCloseTo(
      echoDb,
      -0.5,
    );
  });

  it('lets the echo come after its delay, at its level', () => {
    const scenario = scenarioOf('h01-echo', 20_000);
    const { captured, replies, nearEvents } = createScene(scenario, corpus);
    expect(nearEvents).toEqual([]);
    expect(replies[0]?.fromMs).toBe(500);
    expect(20 * Math.log10(activeRms(captured))).toBeCloseTo(scenario.place.echoDb, -0.5);
    const onsetMs = (findSpeech(captured)?.onset ?? 0) / samplesPerMs;
    expect(onsetMs).toBeGreaterThanOrEqual(500 + scenario.place.delayMs - 20);
    expect(onsetMs).toBeLessThan(500 + scenario.place.delayMs + 80);
  });

  it('changes nothing before the path changes', () => {
    const changed = createScene(scenarioOf('h01-change-further', 24_000), corpus);
    const { kind: _, ...rest } = scenarioOf('h01-change-door', 24_000);
    const other = createScene(
      {
        ...rest,
        kind: 'change',
        change: 'nearer',
        changesAtMs: 20_000,
        nearDb: 0,
        seed: scenarioOf('h01-change-further').seed,
      },
      corpus,
    );
    const before = 19.9 * sampleRateHz;
    expect(changed.rendered).toEqual(other.rendered);
    expect(changed.captured.subarray(before)).not.toEqual(other.captured.subarray(before));
  });

  it('lets nobody talk over himself', () => {
    for (const id of ['h00-talk-0', 'h01-talk-0', 'h02-talk-0', 'h03-talk-0']) {
      const { nearEvents } = createScene(scenarioOf(id, 16_000), corpus);
      const heldOut = speakers.filter(({ half }) => half === 'held-out').map(({ name }) => `${name}-near`);
      expect(nearEvents.every(({ recording }) => heldOut.includes(recording))).toBe(true);
    }
  });

  it('says what is missing where there is no voice', () => {
    expect(() =>
      createScene(scenarioOf('h01-echo'), { recordings: [], missing: [], fingerprint: '' }),
    ).toThrow(/espeak-ng/);
  });
});

describe('sounds', () => {
  it.each([clap, tap])('are short, and the same for the same seed', (make) => {
    expect(make(1)).toEqual(make(1));
    expect(make(2)).not.toEqual(make(1));
    const bounds = findSpeech(make(1));
    expect(bounds?.onset).toBeLessThan(20 * samplesPerMs);
    expect(bounds?.end).toBeLessThan(1.5 * sampleRateHz);
  });
});
