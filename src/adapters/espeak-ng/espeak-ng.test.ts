import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { firstValueFrom, lastValueFrom, take, toArray } from 'rxjs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createFakePrograms, type FakePrograms } from '../../../test/support/fake-programs.js';
import type { AudioFrame } from '../../core/audio/audio-frame.js';
import { endMs } from '../../core/audio/audio-frame.js';
import { isVoiceError } from '../../core/errors.js';
import type { Synthesizer } from '../../core/ports/synthesizer.js';
import { describeSynthesizerContract } from '../../testing/contracts/synthesizer.contract.js';
import { loadEspeakNg } from './espeak-ng.js';
import type { EspeakNgOptions } from './espeak-ng-options.js';

const speak = (synthesizer: Synthesizer, text: string): Promise<AudioFrame[]> =>
  lastValueFrom(synthesizer.synthesize(text).pipe(toArray()));
const samplesOf = (frames: readonly AudioFrame[]): number[] => frames.flatMap(({ samples }) => [...samples]);
const failureOf = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => undefined,
    (error: unknown) => error,
  );

const missing = await failureOf(loadEspeakNg());
if (missing === undefined) {
  for (const [voice, unspeakableText] of [
    ['en-us', ' ... '],
    ['ru+f3', ''],
  ] as const) {
    describeSynthesizerContract(
      { describe, it, expect },
      {
        name: `the installed espeak-ng with the voice ${voice}`,
        create: () => loadEspeakNg({ voice }),
        unspeakableText,
      },
    );
  }

  describe('the installed espeak-ng', () => {
    it('says which version it is and which voices it has', async () => {
      const { engine, voices, format, voice, speed } = await loadEspeakNg({ voice: 'ru', speed: 1.5 });
      expect(engine).toMatch(/^espeak-ng-\d+\.\d+/);
      expect({ format, voice, speed }).toEqual({
        format: { sampleRateHz: 22_050, channels: 1 },
        voice: 'ru',
        speed: 1.5,
      });
      expect(voices.map(({ language }) => language)).toEqual(expect.arrayContaining(['en-us', 'ru', 'de']));
    });

    it('is refused a voice that it would silently replace by another', async () => {
      for (const voice of ['en-nowhere', 'en-us+nobody9', 'klingon9']) {
        expect(await failureOf(loadEspeakNg({ voice }))).toMatchObject({
          code: 'OPTION_INVALID',
          message: expect.stringContaining(`there is no voice "${voice}"`),
        });
      }
    });

    it('speaks twice as long at half the speed', async () => {
      const [slow, own] = await Promise.all(
        [0.5, 1].map(async (speed) =>
          samplesOf(await speak(await loadEspeakNg({ speed }), 'One moment, please.')),
        ),
      );
      expect((slow?.length ?? 0) / (own?.length ?? 1)).toBeGreaterThan(1.6);
      expect((slow?.length ?? 0) / (own?.length ?? 1)).toBeLessThan(3);
    });

    it('reads brackets and markup as text, and no commands', async () => {
      const synthesizer = await loadEspeakNg();
      const lengthMs = async (text: string) => endMs((await speak(synthesizer, text)).at(-1) as AudioFrame);

      // As phonemes this would be one short word; read aloud it is several.
      expect(await lengthMs('[[h@loU]]')).toBeGreaterThan((await lengthMs('hello')) * 1.5);
      // As markup the break would be silence of ten seconds.
      expect(await lengthMs('<break time="10s"/> go')).toBeLessThan(9000);
      // As a command the rate would drop to 80 words a minute.
      const plain = await lengthMs('80S one two three four five');
      expect(await lengthMs('\u000180S one two three four five')).toBeCloseTo(plain, 0);
    });

    it('speaks a text that no argument could hold', async () => {
      const synthesizer = await loadEspeakNg({ speed: 2 });
      const sentence = '-v and "quotes" and $(nothing) are words. ';
      const once = endMs((await speak(synthesizer, sentence)).at(-1) as AudioFrame);
      const many = endMs((await speak(synthesizer, sentence.repeat(20))).at(-1) as AudioFrame);
      expect(many / once).toBeGreaterThan(18);
      expect(many / once).toBeLessThan(22);
    });
  });
} else {
  it('says what to install where there is no espeak-ng', () => {
    expect(missing).toMatchObject({ code: 'PEER_MISSING' });
  });
}

describe('a program that answers as espeak-ng does', () => {
  let fakes: FakePrograms;
  beforeEach(() => {
    fakes = createFakePrograms();
  });
  afterEach(() => fakes.dispose());

  /** One that says 100 ms of the value 0.5, at 22.05 kHz; `speech` does something else instead. */
  function program(speech = 'cat "$0.wav"', answers: { version?: string; voices?: string } = {}): void {
    const {
      version = 'eSpeak NG text-to-speech: 1.51  Data at: /usr/lib/espeak-ng-data',
      voices = ' 2  en-us           --/M      English_(America)  gmw/en-US            (en 3)',
    } = answers;
    fakes.add(
      'espeak-ng',
      `case "$1" in
--version) echo '${version}' ;;
--voices) echo '${voices}' ;;
*) printf '%s\\n' "$@" > "$0.how"; cat > "$0.said"
case "$(cat "$0.said")" in one) cat "$0.wav" ;; *) ${speech} ;; esac ;;
esac`,
    );
    writeFileSync(join(fakes.folder, 'espeak-ng.wav'), wav(22_050, Array(2205).fill(16_384)));
  }
  const load = (options: Partial<EspeakNgOptions> = {}) => loadEspeakNg({ env: fakes.env, ...options });
  const said = (name: string): string => readFileSync(join(fakes.folder, `espeak-ng.${name}`), 'utf8');

  it('gets the text on its standard input and the rest as arguments', async () => {
    program();
    const frames = await speak(await load({ voice: 'en', speed: 1.2 }), ' Bye,\nthen. ');
    expect(said('said')).toBe('Bye, then.');
    expect(said('how').split('\n').slice(0, -1)).toEqual([
      '--stdout',
      '--stdin',
      '-b',
      '1',
      '-v',
      'en',
      '-s',
      '210',
    ]);
    expect(samplesOf(frames)).toEqual(Array(2205).fill(0.5));
  });

  it('may write its header and its samples in any pieces, and end inside one', async () => {
    program(
      'head -c 3 "$0.wav"; sleep 0.02; tail -c +4 "$0.wav" | head -c 60; sleep 0.02; tail -c +64 "$0.wav" | head -c 500',
    );
    const frames = await speak(await load(), 'two');
    expect(samplesOf(frames)).toEqual(Array((3 + 60 + 500 - 44 - 1) / 2).fill(0.5));
  });

  it('is killed when nobody listens any more, and its late sound goes nowhere', async () => {
    program('cat "$0.wav"; exec sleep 60');
    const synthesizer = await load();
    const frame = await firstValueFrom(synthesizer.synthesize('two').pipe(take(1)));
    expect(frame.timestampMs).toBe(0);
    await fakes.gone('espeak-ng');
  });

  it('is killed when it is silent for too long', async () => {
    program('exec sleep 60');
    const synthesizer = await load({ maxSilenceMs: 1000 });
    expect(await failureOf(speak(synthesizer, 'two'))).toMatchObject({
      code: 'SYNTHESIS_FAILED',
      retryable: true,
      message: expect.stringContaining('silent for 1000 ms'),
    });
    await fakes.gone('espeak-ng');
  });

  it.each([
    [
      'complains',
      'echo "Error: no such phoneme" >&2; exit 1',
      /exited with code 1: "Error: no such phoneme"/,
      false,
    ],
    ['is killed by somebody else', 'kill -9 $$', /was killed by SIGKILL/, true],
    ['writes nothing', 'exit 0', /wrote no audio/, false],
    ['writes something else', 'printf "ID3 and then some music, which is no WAV file at all"', /no/, false],
    ['dies in the middle', 'cat "$0.wav"; exit 3', /exited with code 3/, false],
  ])('fails when it %s', async (_, speech, message, retryable) => {
    program(speech);
    expect(await failureOf(speak(await load(), 'two'))).toMatchObject({
      code: 'SYNTHESIS_FAILED',
      message: expect.stringMatching(message),
      retryable,
    });
  });

  it('fails when it changes its rate', async () => {
    program('cat "$0.other"');
    writeFileSync(join(fakes.folder, 'espeak-ng.other'), wav(16_000, [1, 2, 3]));
    expect(await failureOf(speak(await load(), 'two'))).toMatchObject({
      code: 'SYNTHESIS_FAILED',
      message: expect.stringContaining('16000 Hz, but at 22050 Hz before'),
    });
  });

  it('is not started for a text that it cannot say', async () => {
    program();
    const synthesizer = await load();
    for (const text of ['', '...', 'a'.repeat(20_001)]) {
      expect(await failureOf(speak(synthesizer, text))).toMatchObject({
        code: 'SYNTHESIS_FAILED',
        retryable: false,
      });
    }
    expect(said('said')).toBe('one');
  });

  it('is found unfit when it is loaded, not in the middle of a conversation', async () => {
    program(undefined, { version: 'something else 2.0' });
    expect(String(await failureOf(load()))).toContain(
      'does not say which version it is: "something else 2.0"',
    );
    program(undefined, { voices: '' });
    expect(String(await failureOf(load()))).toContain('lists no voices');
    program();
    writeFileSync(join(fakes.folder, 'espeak-ng.wav'), '');
    expect(await failureOf(load())).toMatchObject({ code: 'SYNTHESIS_FAILED' });
    expect(await failureOf(load({ command: 'no-such-espeak' }))).toMatchObject({
      code: 'PEER_MISSING',
      message: expect.stringContaining(
        'needs the program no-such-espeak, which is not installed; apt install espeak-ng',
      ),
    });
    expect(await failureOf(load({ command: 'a\0b' }))).toSatisfy(isVoiceError);
  });

  it('may be the old eSpeak', async () => {
    program(undefined, { version: 'eSpeak text-to-speech: 1.48.15  16.Apr.15' });
    expect((await load()).engine).toBe('espeak-1.48.15');
  });

  it('is told every option that is out of range at once', async () => {
    expect(await failureOf(load({ speed: 3, maxSilenceMs: 1, voice: ' ' }))).toMatchObject({
      code: 'OPTION_INVALID',
      message: expect.stringMatching(/voice must.*speed must.*maxSilenceMs must/),
    });
  });
});

/** As espeak-ng writes it to a pipe: with lengths that are not true. */
function wav(sampleRateHz: number, samples: readonly number[]): Buffer {
  const file = Buffer.alloc(44 + 2 * samples.length);
  file.write('RIFF', 0);
  file.writeUInt32LE(0x7fff_f024, 4);
  file.write('WAVEfmt ', 8);
  file.writeUInt32LE(16, 16);
  file.writeUInt16LE(1, 20);
  file.writeUInt16LE(1, 22);
  file.writeUInt32LE(sampleRateHz, 24);
  file.writeUInt32LE(2 * sampleRateHz, 28);
  file.writeUInt16LE(2, 32);
  file.writeUInt16LE(16, 34);
  file.write('data', 36);
  file.writeUInt32LE(0x7fff_f000, 40);
  for (const [index, sample] of samples.entries()) file.writeInt16LE(sample, 44 + 2 * index);
  return file;
}
