import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { firstValueFrom } from 'rxjs';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { fillerCache, fillerPhrases } from '../src/adapters/filler-cache/index.js';
import { readWav } from '../src/core/audio/wav.js';
import { randomOf } from './support/random.js';
import { killCommands, type Running, startEarshot } from './support/run-command.js';
import { syntheticKokoro } from './support/synthetic-models/kokoro-model.js';
import { writeModel } from './support/synthetic-models/model-folder.js';

const phrases = fillerPhrases('en');
let root: string;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'cli-fillers-'));
  // So dear that a kill falls into speaking as often as into writing.
  writeModel(join(root, 'kokoro'), syntheticKokoro({ dtypes: ['fp32'], cost: { rounds: 8 } }));
});
afterEach(killCommands);
afterAll(() => rm(root, { recursive: true, force: true }));

/** The real command, with kokoro-js in a process of its own, and a model that speaks in tones. */
const startRendering = (out: string, ...more: readonly string[]) =>
  startEarshot(['fillers', 'render', '--out', out, '--model', join(root, 'kokoro'), '--offline', ...more]);
const load = (directory: string) =>
  firstValueFrom(fillerCache({ directory }).loadFillers({ sampleRateHz: 48_000, channels: 1 }));

/** What is in a folder: the content of each file by its name. */
async function contentOf(folder: string): Promise<ReadonlyMap<string, Buffer>> {
  const names = (await readdir(folder)).sort();
  return new Map(
    await Promise.all(names.map(async (name) => [name, await readFile(join(folder, name))] as const)),
  );
}

/** Kill it so long after so many phrases were done, or after it was started. */
async function killAfter({ child, finished }: Running, phrasesDone: number, afterMs: number) {
  let lines = 0;
  let kill = (): void => {};
  const isTime = new Promise<void>((resolve) => {
    kill = resolve;
  });
  child.stdout.on('data', (text: string) => {
    lines += text.split('\n').length - 1;
    if (lines >= phrasesDone) kill();
  });
  if (phrasesDone > 0) await Promise.race([isTime, finished]);
  await wait(afterMs);
  child.kill('SIGKILL');
  return finished;
}

describe('earshot fillers render, with Kokoro', () => {
  it('renders every phrase of a language at the rate of the loudspeaker, and says how far it is', async () => {
    const out = join(root, 'undisturbed');
    const { code, stdout, stderr } = await startRendering(out).finished;

    expect(stderr).toBe('');
    expect(code).toBe(0);
    const lines = stdout.trimEnd().split('\n');
    expect(lines.slice(0, -1)).toEqual(
      phrases.map(({ text }, index) =>
        expect.stringMatching(
          `^${index + 1} of ${phrases.length}: ${text.replaceAll('.', '\\.')} \\(\\d+\\.\\d\\d s\\)$`,
        ),
      ),
    );
    expect(lines.at(-1)).toMatch(/26 rendered, 0 were there; .* of kokoro-82m-fp32, .* at 48000 Hz/);
    expect((await load(out)).map(({ text, contexts }) => ({ text, contexts }))).toEqual(phrases);
    for (const [name, bytes] of await contentOf(out)) {
      if (name.endsWith('.wav'))
        expect(readWav(bytes).format, name).toEqual({ sampleRateHz: 48_000, channels: 1 });
    }
  });

  it('is killed at any moment, time and again: it goes on where it was, and ends with the same bytes', async () => {
    const out = join(root, 'killed');
    const random = randomOf(Date.now());
    const log: string[] = [];
    const folder = () => contentOf(out).catch(() => new Map<string, Buffer>());
    let kept = 0;
    for (const phrasesDone of [0, 2, 3]) {
      // Before the first one: while the command or the engine starts, or loads.
      const afterMs = phrasesDone === 0 ? random.integer(50, 600) : random.integer(0, 30);
      const { code, stdout } = await killAfter(startRendering(out), kept + phrasesDone, afterMs);
      log.push(`killed ${afterMs} ms after ${kept + phrasesDone} phrases`);
      expect(code, log.join()).toBeNull();

      const wasThere = stdout.split('\n').filter((line) => line.endsWith('(was there)'));
      // A file that was whole when the process was killed counts, listed or not.
      expect(wasThere.length, log.join()).toBeLessThanOrEqual(kept + 1);
      if (phrasesDone > 0) expect(wasThere.length, log.join()).toBeGreaterThanOrEqual(kept);
      const clips = await load(out).catch((error: Error) => {
        expect(error.message).toContain('there is no fillers.json');
        return [];
      });
      expect(clips.length, log.join()).toBeGreaterThanOrEqual(kept + phrasesDone);
      expect(clips.map(({ text }) => text)).toEqual(phrases.slice(0, clips.length).map(({ text }) => text));
      for (const [name, bytes] of await folder()) {
        if (name.endsWith('.wav')) expect(readWav(bytes).warnings, `${name}, ${log.join()}`).toEqual([]);
      }
      kept = clips.length;
    }
    expect(kept).toBeLessThan(phrases.length);

    const { code, stdout } = await startRendering(out).finished;
    expect(code).toBe(0);
    const again = stdout.split('\n').filter((line) => line.endsWith(' s)'));
    expect([phrases.length - kept, phrases.length - kept - 1], log.join()).toContain(again.length);
    expect(await contentOf(out), log.join()).toEqual(await contentOf(join(root, 'undisturbed')));
  }, 60_000);

  it('is found, and says what is wrong in one sentence', async () => {
    const help = await startEarshot(['fillers', '--help']).finished;
    expect(help).toMatchObject({ code: 0, stderr: '' });
    expect(help.stdout).toContain('earshot fillers render --out DIR');

    const wrong = await startEarshot(['fillers', 'render']).finished;
    expect(wrong).toEqual({
      code: 2,
      stdout: '',
      stderr: 'earshot fillers: --out is missing; give the folder that the fillers go into\n',
    });
  });
});
