import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { firstValueFrom } from 'rxjs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { fillerCache, fillerPhrases } from '../src/adapters/filler-cache/index.js';
import { projectFolder } from './support/project.js';
import { killCommands, start, startEarshot } from './support/run-command.js';

let directory: string;
beforeEach(async () => {
  directory = join(await mkdtemp(join(tmpdir(), 'cli-fillers-')), 'out');
});
afterEach(async () => {
  killCommands();
  await rm(join(directory, '..'), { recursive: true, force: true });
});

const load = () =>
  firstValueFrom(fillerCache({ directory }).loadFillers({ sampleRateHz: 48_000, channels: 1 }));

/** The command in a process of its own, with a voice that takes its time over each phrase. */
function startRendering(msPerPhrase: number) {
  const module = (path: string) => JSON.stringify(new URL(path, `file://${projectFolder}`).href);
  const program = `
    import { firstValueFrom, timer, concatMap } from 'rxjs';
    import { createConsole } from ${module('src/cli/console.ts')};
    import { fillers } from ${module('src/cli/fillers.ts')};
    import { toneSynthesizer } from ${module('src/testing/tone-synthesizer.ts')};
    const tones = toneSynthesizer();
    const synthesize = (text) => timer(${msPerPhrase}).pipe(concatMap(() => tones.synthesize(text)));
    const openVoice = async () => ({ synthesizer: { ...tones, synthesize }, close: async () => {} });
    const console = createConsole(process.stdout, process.stderr);
    process.exitCode = await fillers(['render', '--out', ${JSON.stringify(directory)}], console, { openVoice, now: () => 0 });`;
  return start(process.execPath, ['--import', 'tsx', '--input-type=module', '--eval', program]);
}

describe('earshot fillers render, as a command', () => {
  it('is killed in the middle, time and again: each time it goes on where it was, and in the end all is there', async () => {
    const total = fillerPhrases('en').length;
    let kept = 0;
    for (let kill = 0; kill < 3; kill++) {
      const { child, finished } = startRendering(15);
      let lines = 0;
      child.stdout.on('data', (text: string) => {
        lines += text.split('\n').length - 1;
        // In the middle of speaking or of writing the next one.
        if (lines >= kept + 3) child.kill('SIGKILL');
      });
      expect((await finished).code).toBeNull();

      const clips = await load();
      expect(clips.length).toBeGreaterThanOrEqual(kept + 3);
      expect(clips.map(({ text }) => text)).toEqual(
        fillerPhrases('en')
          .slice(0, clips.length)
          .map(({ text }) => text),
      );
      kept = clips.length;
    }
    expect(kept).toBeLessThan(total);

    const { code, stdout } = await startRendering(0).finished;

    expect(code).toBe(0);
    const wasThere = stdout.split('\n').filter((line) => line.endsWith('(was there)'));
    // A file that was whole when the process was killed counts, listed or not.
    expect(wasThere.length).toBeGreaterThanOrEqual(kept);
    expect(wasThere.length).toBeLessThanOrEqual(kept + 1);
    expect((await load()).map(({ text, contexts }) => ({ text, contexts }))).toEqual(fillerPhrases('en'));
    expect((await readdir(directory)).filter((name) => name.startsWith('.'))).toEqual([]);
  });

  it('is found, and says what is wrong in one sentence', async () => {
    const help = await startEarshot(['fillers', '--help']).finished;
    expect(help).toMatchObject({ code: 0, stderr: '' });
    expect(help.stdout).toContain('earshot fillers render --out DIR');

    const wrong = await startEarshot(['fillers', 'render']).finished;
    expect(wrong).toEqual({
      code: 2,
      stdout: '',
      stderr: '--out is missing; give the folder that the fillers go into\n',
    });
  });
});
