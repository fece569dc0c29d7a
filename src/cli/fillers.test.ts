import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { EMPTY, firstValueFrom, type Observable, Subject, throwError } from 'rxjs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { fillerCache, fillerPhrases } from '../adapters/filler-cache/index.js';
import { SpeechError, type Synthesizer } from '../index.js';
import { toneSynthesizer } from '../testing/tone-synthesizer.js';
import { CommandError } from './command-error.js';
import type { Console, StopReason } from './console.js';
import { fillers } from './fillers.js';
import { readFillersCommandLine } from './fillers-command-line.js';
import { leftMs, progressLine } from './fillers-progress.js';
import { openVoice, tellDownload, type VoiceWish } from './fillers-voices.js';
import { createProgressLine } from './progress-line.js';

let directory: string;
let out: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'fillers-'));
  out = join(directory, 'out');
});
afterEach(() => rm(directory, { recursive: true, force: true }));

function record(stop$: Observable<StopReason> = EMPTY) {
  const printed: string[] = [];
  const said: string[] = [];
  const console: Console = {
    print: (text) => printed.push(text),
    printWords: () => {},
    endWords: () => {},
    say: (line) => said.push(line),
    isTerminal: false,
    stop$,
  };
  return { console, printed, said };
}

/** What is drawn on a terminal, or where there is none. */
function drawing(isTTY: boolean) {
  const written: string[] = [];
  const drawn = createProgressLine({ isTTY, columns: 80, write: (text) => written.push(text) });
  return { drawn, written };
}

let closed = 0;
const speakingWith = (synthesizer: Synthesizer = toneSynthesizer(), drawn = drawing(false).drawn) => ({
  now: () => 0,
  drawn,
  openVoice: async () => ({
    synthesizer,
    close: async () => {
      closed += 1;
    },
  }),
});
const phrases = { question: ['Let me see.', 'Hmm.'], request: ['Hmm.', 'One moment.'], any: ['Well.'] };
async function phraseFile(content: unknown = phrases): Promise<string> {
  const path = join(directory, 'phrases.json');
  await writeFile(path, typeof content === 'string' ? content : JSON.stringify(content));
  return path;
}
const load = (language = 'en') =>
  firstValueFrom(
    fillerCache({ directory: out, language }).loadFillers({ sampleRateHz: 48_000, channels: 1 }),
  );

describe('earshot fillers render', () => {
  it('renders the phrases that ship, at the rate of the loudspeaker, with what each fits', async () => {
    const { console, printed, said } = record();

    expect(await fillers(['render', '--out', out, '--language', 'ru'], console, speakingWith())).toBe(0);

    const shipped = fillerPhrases('ru');
    const clips = await load('ru');
    expect(clips.map(({ text, contexts }) => ({ text, contexts }))).toEqual(shipped);
    const { fillers: listed } = JSON.parse(await readFile(join(out, 'fillers.json'), 'utf8'));
    expect(new Set(listed.map(({ sampleRateHz }: { sampleRateHz: number }) => sampleRateHz))).toEqual(
      new Set([48_000]),
    );
    expect(printed).toHaveLength(shipped.length + 1);
    expect(printed[0]).toBe('1 of 24: \u0425\u043c. (0.16 s)\n');
    expect(printed.at(-1)).toMatch(
      /^24 fillers in .*: 24 rendered, 0 were there; [\d.]+ s of tone, voice tone, language ru, at 48000 Hz\n$/,
    );
    expect(said).toEqual([]);
  });

  it('renders a list of one own, and again only what is new in it', async () => {
    const first = record();
    await fillers(
      ['render', '--out', out, '--phrases', await phraseFile(), '--json'],
      first.console,
      speakingWith(),
    );
    const { rendered, kept, fillers: made } = JSON.parse(first.printed.join(''));
    expect({ rendered, kept }).toEqual({ rendered: 4, kept: 0 });
    expect(made[0]).toMatchObject({ text: 'Let me see.', outcome: 'rendered' });
    expect((await load()).map(({ text, contexts }) => [text, contexts])).toEqual([
      ['Let me see.', ['question']],
      ['Hmm.', ['question', 'request']],
      ['One moment.', ['request']],
      ['Well.', []],
    ]);

    const again = record();
    const more = { ...phrases, apology: ['No server.'] };
    await fillers(
      ['render', '--out', out, '--phrases', await phraseFile(more)],
      again.console,
      speakingWith(),
    );
    expect(again.printed).toEqual([
      '1 of 5: Let me see. (was there)\n',
      '2 of 5: Hmm. (was there)\n',
      '3 of 5: One moment. (was there)\n',
      '4 of 5: Well. (was there)\n',
      expect.stringMatching(/^5 of 5: No server. \(\d\.\d\d s\)\n$/),
      expect.stringContaining('5 fillers in'),
    ]);
  });

  it('draws a bar on a terminal, and leaves the line empty for what comes after', async () => {
    const { console, printed } = record();
    const { drawn, written } = drawing(true);
    const args = ['render', '--out', out, '--phrases', await phraseFile()];
    await fillers(args, console, speakingWith(undefined, drawn));
    expect(written.slice(0, 4)).toEqual([
      '\r\x1b[K[#####---------------] 1 of 4, 0 s left  Let me see.',
      '\r\x1b[K[##########----------] 2 of 4, 0 s left  Hmm.',
      '\r\x1b[K[###############-----] 3 of 4, 0 s left  One moment.',
      '\r\x1b[K[####################] 4 of 4  Well.',
    ]);
    expect(written[4]).toBe('\r\x1b[K');
    expect(written).toHaveLength(5);
    expect(printed).toEqual([expect.stringContaining('4 fillers in')]);
  });

  it('keeps what was done when the voice fails, says so, and goes on from there', async () => {
    const tones = toneSynthesizer();
    const failing: Synthesizer = {
      ...tones,
      synthesize: (text) =>
        text === 'One moment.'
          ? throwError(() => new SpeechError('SYNTHESIS_FAILED', 'the voice is hoarse; try again'))
          : tones.synthesize(text),
    };
    const { console, said } = record();
    const args = ['render', '--out', out, '--phrases', await phraseFile()];
    const before = closed;

    await expect(fillers(args, console, speakingWith(failing))).rejects.toThrow(/SYNTHESIS_FAILED/);

    expect(closed).toBe(before + 1);
    expect(said).toEqual([`2 of 4 are in ${out}; the same command goes on from there`]);
    expect(await load()).toHaveLength(2);
    const next = record();
    expect(await fillers(args, next.console, speakingWith())).toBe(0);
    expect(next.printed.filter((line) => line.includes('was there'))).toHaveLength(2);
    expect(await load()).toHaveLength(4);
  });

  it('stops at a signal and says what is there; that nobody reads the progress stops nothing', async () => {
    const stop$ = new Subject<StopReason>();
    const { console, said } = record(stop$);
    const tones = toneSynthesizer();
    let asked = 0;
    const synthesizer: Synthesizer = {
      ...tones,
      synthesize(text) {
        asked += 1;
        if (asked === 2) stop$.next('reader-gone');
        if (asked === 3) stop$.next('signal');
        return tones.synthesize(text);
      },
    };
    const file = await phraseFile();
    expect(
      await fillers(['render', '--out', out, '--phrases', file], console, speakingWith(synthesizer)),
    ).toBe(0);
    expect(said).toEqual([`2 of 4 are in ${out}; the same command goes on from there`]);
    expect((await readdir(out)).filter((name) => name.startsWith('.'))).toEqual([]);
    expect(await load()).toHaveLength(2);
  });

  it('names a folder that cannot be used', async () => {
    await writeFile(out, 'a file');
    await expect(fillers(['render', '--out', out], record().console, speakingWith())).rejects.toMatchObject({
      code: 'FILLER_CACHE_INVALID',
      message: expect.stringContaining(out),
    });
  });
});

describe('the command line of earshot fillers', () => {
  it('has defaults for everything but the folder', () => {
    expect(readFillersCommandLine(['render', '--out', 'x'])).toEqual({
      out: 'x',
      language: 'en',
      phrases: fillerPhrases('en'),
      engine: undefined,
      voice: undefined,
      model: undefined,
      offline: false,
      speed: 1,
      sampleRateHz: 48_000,
      json: false,
    });
  });

  it.each([
    [['--out', 'x'], 'say what to do with fillers: earshot fillers render; see earshot fillers --help'],
    [['list', '--out', 'x'], 'say what to do with fillers'],
    [['render'], '--out is missing; give the folder that the fillers go into'],
    [['render', '--out', ' '], '--out is empty'],
    [['render', '--out', 'x', '--voice', ''], '--voice is empty'],
    [
      ['render', '--out', 'x', '--language', 'de'],
      'no phrases ship for the language "de", only for en and ru',
    ],
    [
      ['render', '--out', 'x', '--engine', 'parrot'],
      '--engine must be one of kokoro, espeak-ng, but is "parrot"',
    ],
    [['render', '--out', 'x', '--speed', '3'], '--speed must be a number from 0.5 to 2, but is "3"'],
    [['render', '--out', 'x', '--rate', '44100.5'], '--rate must be a whole number, but is "44100.5"'],
    [
      ['render', '--out', 'x', '--rate', 'high'],
      '--rate must be a number from 8000 to 192000, but is "high"',
    ],
    [['render', '--out', 'x', '--phrases', '/absent.json'], '--phrases /absent.json cannot be read'],
  ])('refuses %j', (args, message) => {
    expect(() => readFillersCommandLine(args)).toThrow(CommandError);
    expect(() => readFillersCommandLine(args)).toThrow(message);
  });

  it('refuses a flag that there is not', () => {
    expect(() => readFillersCommandLine(['render', '--out', 'x', '--shout'])).toThrow(
      /Unknown option '--shout'/,
    );
  });

  it.each([
    ['hello', 'is no JSON'],
    ['[]', 'is no object'],
    [{ questions: ['Hmm.'] }, 'has "questions"'],
    [{ toString: ['Hmm.'] }, 'has "toString"'],
    [{ question: 'Hmm.' }, 'has no list as "question"'],
    [{ question: ['Hmm.', 7] }, 'has 7 among "question"'],
    [{ question: [' '] }, 'has " " among "question"'],
    [{ question: [] }, 'has no phrases'],
  ])('refuses the list %j', async (content, message) => {
    const path = await phraseFile(content);
    expect(() => readFillersCommandLine(['render', '--out', 'x', '--phrases', path])).toThrow(
      `--phrases ${path} ${message}; it must be an object with lists of texts: any, question, request`,
    );
  });

  it('takes phrases of any language', async () => {
    await mkdir(out);
    const path = await phraseFile({ any: ['Moment.'] });
    expect(
      readFillersCommandLine(['render', '--out', out, '--phrases', path, '--language', 'de']),
    ).toMatchObject({ language: 'de', phrases: [{ text: 'Moment.', contexts: [] }] });
  });
});

describe('the voice', () => {
  const wish = { voice: undefined, speed: 1, model: undefined, offline: false } as const;
  const open = (more: Partial<VoiceWish>) =>
    openVoice(
      { ...wish, engine: undefined, language: 'en', ...more },
      record().console,
      drawing(false).drawn,
    );

  it('is not Kokoro for what it does not speak', async () => {
    await expect(open({ engine: 'kokoro', language: 'ru' })).rejects.toThrow(
      'Kokoro speaks English here, and not "ru"; take --engine espeak-ng',
    );
  });

  it('refuses what is of another engine', async () => {
    await expect(open({ engine: 'espeak-ng', offline: true })).rejects.toThrow(
      '--model and --offline are of kokoro; espeak-ng has no model to load',
    );
    await expect(open({ language: 'ru', model: './kokoro' })).rejects.toThrow(/espeak-ng has no model/);
  });

  it('names the voices of Kokoro when it has no such one, and the model that is not there', async () => {
    await expect(open({ voice: 'alice' })).rejects.toThrow(/OPTION_INVALID.*voice must be one of af_/);
    await expect(open({ model: join(directory, 'absent'), offline: true })).rejects.toMatchObject({
      code: 'MODEL_LOAD_FAILED',
    });
  });

  it('says what is downloaded before the first byte, and on a terminal how far it is', () => {
    const { console, said } = record();
    const { drawn, written } = drawing(true);
    const tell = tellDownload(console, drawn);
    tell({
      type: 'download-announced',
      id: 'owner/model',
      revision: 'main',
      source: 'https://hub.example',
      folder: '/cache',
      files: ['model.onnx'],
      totalBytes: 325_500_000,
    });
    tell({ type: 'downloading', file: 'model.onnx', receivedBytes: 1_000_000, totalBytes: 325_500_000 });
    tell({ type: 'downloading', file: 'model.onnx', receivedBytes: 1_000_100, totalBytes: 325_500_000 });
    tell({ type: 'download-retried', file: 'model.onnx', why: 'the hub hung up', attempt: 2 });
    tell({ type: 'ready', folder: '/cache' } as Parameters<typeof tell>[0]);
    expect(said).toEqual([
      'downloading owner/model, 326 MB, from https://hub.example into /cache',
      'model.onnx: attempt 2, because the hub hung up',
    ]);
    expect(written).toEqual(['\r\x1b[K1 MB of 326 MB', '\r\x1b[K']);
  });
});

describe('the progress', () => {
  it('says how long the rest takes, when it goes on as it went', () => {
    expect(leftMs(5000, 0, 10)).toBeUndefined();
    expect(leftMs(5000, 5, 10)).toBe(10_000);
    const filler = { done: 5, total: 15, text: 'Hmm.' };
    expect(progressLine(filler, undefined)).toBe('[#######-------------] 5 of 15  Hmm.');
    expect(progressLine(filler, 61_000)).toContain('5 of 15, 61 s left');
    expect(progressLine(filler, 600_000)).toContain('10 min left');
    expect(progressLine({ ...filler, done: 15 }, 0)).toBe('[####################] 15 of 15  Hmm.');
  });

  it('stays on one line, whatever a phrase holds', () => {
    const { drawn, written } = drawing(true);
    drawn.show(progressLine({ done: 1, total: 9, text: `a\nb\x1b[2J${'c'.repeat(200)}` }, 1000));
    const line = written.join('').replace('\r\x1b[K', '');
    expect(line.length).toBe(79);
    expect(line).not.toMatch(/\p{Cc}/u);
  });
});
