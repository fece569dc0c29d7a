import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { firstValueFrom, lastValueFrom } from 'rxjs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { convertSampleRate } from '../../core/audio/sample-rate-converter.js';
import { readWav, writeWav } from '../../core/audio/wav.js';
import { describeFillerLibraryContract } from '../../testing/contracts/filler-library.contract.js';
import { toneSynthesizer } from '../../testing/tone-synthesizer.js';
import { fillerCache } from './filler-cache.js';
import { fillerKey, sha256 } from './filler-key.js';
import { renderFillers } from './render-fillers.js';

const shipped = fileURLToPath(new URL('../../../assets/fillers/en', import.meta.url));
const speaker = { sampleRateHz: 48_000, channels: 1 };

describeFillerLibraryContract(
  { describe, it, expect },
  {
    name: 'fillerCache of the fillers that are shipped',
    create: () => fillerCache({ directory: shipped, voice: 'allison', language: 'en' }),
    createBroken: () => fillerCache({ directory: join(shipped, 'absent') }),
  },
);

interface Entry {
  file: string;
  text: string;
  sha256: string;
  [field: string]: unknown;
}

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'filler-cache-'));
});
afterEach(() => rm(directory, { recursive: true, force: true }));

const load = (options: Partial<Parameters<typeof fillerCache>[0]> = {}, format = speaker) =>
  firstValueFrom(fillerCache({ directory, ...options }).loadFillers(format));
const failure = async (options: Partial<Parameters<typeof fillerCache>[0]> = {}) => {
  const error = await load(options).then(
    () => expect.unreachable('the cache was loaded'),
    (thrown: unknown) => thrown as Error & { code: string },
  );
  expect(error.code).toBe('FILLER_CACHE_INVALID');
  return error.message;
};
const renderVoice = (voice: string, phrases: readonly string[], language = 'en', sampleRateHz = 16_000) =>
  lastValueFrom(
    renderFillers({ synthesizer: toneSynthesizer({ voice, sampleRateHz }), phrases, directory, language }),
  );
const list = async (): Promise<{ version: number; fillers: Entry[] }> =>
  JSON.parse(await readFile(join(directory, 'fillers.json'), 'utf8'));
const relist = async (change: (fillers: Entry[]) => void) => {
  const content = await list();
  change(content.fillers);
  await writeFile(join(directory, 'fillers.json'), JSON.stringify(content));
};

describe('the fillers that are shipped', () => {
  it('are at least four phrases between 0.6 and 2 s, as loud as each other, by a person', async () => {
    const clips = await load({ directory: shipped });

    expect(clips.length).toBeGreaterThanOrEqual(4);
    for (const { audio, text } of clips) {
      const ms = audio.samplesPerChannel / 48;
      const peakDb =
        20 * Math.log10(audio.samples.reduce((max, sample) => Math.max(max, Math.abs(sample)), 0));
      expect(ms, text).toBeGreaterThanOrEqual(600);
      expect(ms, text).toBeLessThanOrEqual(2000);
      expect(Math.abs(peakDb + 6), text).toBeLessThan(0.5);
    }
    const { fillers } = JSON.parse(await readFile(join(shipped, 'fillers.json'), 'utf8'));
    expect(new Set(fillers.map(({ engine }: Entry) => engine))).toEqual(new Set(['recorded']));
  });

  it('can be heard within 20 ms, and neither begin nor end with a click', async () => {
    for (const { audio, text } of await load({ directory: shipped })) {
      const firstAudible = audio.samples.findIndex((sample) => Math.abs(sample) > 0.005);
      expect(firstAudible / 48, text).toBeLessThan(20);
      expect(Math.abs(audio.samples[0] ?? 1), text).toBeLessThan(0.002);
      expect(Math.abs(audio.samples.at(-1) ?? 1), text).toBeLessThan(0.002);
    }
  });

  it('say in LICENSE whose they are and what was changed', async () => {
    const licence = await readFile(join(shipped, 'LICENSE'), 'utf8');

    expect(licence).toContain('Allison Smith');
    expect(licence).toContain('creativecommons.org/licenses/by-sa/3.0');
    for (const { text } of await load({ directory: shipped })) expect(licence).toContain(text);
  });
});

describe('fillerCache', () => {
  it('gives the stored samples, converted to the rate of the loudspeaker and put on each of its channels', async () => {
    await renderVoice('a', ['Hmm.']);
    const [entry] = (await list()).fillers;
    const bytes = await readFile(join(directory, entry?.file ?? ''));
    const stored = readWav(new Uint8Array(bytes)).samples;

    const [same] = await load({}, { sampleRateHz: 16_000, channels: 1 });
    const [other] = await load({}, { sampleRateHz: 48_000, channels: 2 });

    expect(same?.audio.samples).toEqual(stored);
    const converted = convertSampleRate(stored, 16_000, 48_000);
    expect(other?.audio.samples.filter((_, index) => index % 2 === 0)).toEqual(converted);
    expect(other?.audio.samples.filter((_, index) => index % 2 === 1)).toEqual(converted);
  });

  it('takes the voice and the language that it is told to', async () => {
    await renderVoice('a', ['One.'], 'en');
    await renderVoice('b', ['Two.'], 'en');
    await renderVoice('b', ['Drei.'], 'de');

    expect((await load({ voice: 'a' })).map(({ text }) => text)).toEqual(['One.']);
    expect((await load({ voice: 'b', language: 'de' })).map(({ text }) => text)).toEqual(['Drei.']);
  });

  it('lists the voices and languages there are when it is asked for another one, or when it cannot choose', async () => {
    await renderVoice('anna', ['One.'], 'en');
    await renderVoice('bert', ['Two.'], 'en');
    await renderVoice('bert', ['Drei.'], 'de');

    expect(await failure({ voice: 'carl' })).toContain(
      `there is no voice "carl" in ${directory}; it has: anna, bert; choose one of these`,
    );
    expect(await failure()).toContain(
      `more than one voice in ${directory}: anna, bert; set the option voice`,
    );
    expect(await failure({ voice: 'anna', language: 'fr' })).toMatch(
      /no language "fr" in .* for the voice anna; it has: en;/,
    );
    expect(await failure({ voice: 'bert' })).toMatch(
      /more than one language in .* bert: de, en; set the option/,
    );
  });

  it('is an empty set when nothing was rendered yet, but names a voice that cannot be there', async () => {
    await writeFile(join(directory, 'fillers.json'), '{"version": 1, "fillers": []}');

    expect(await load()).toEqual([]);
    expect(await failure({ voice: 'anna' })).toContain('it has: none');
  });

  it('says each text once: at the rate of the loudspeaker where there is one, else at the highest', async () => {
    for (const rate of [48_000, 8000, 16_000]) await renderVoice('a', ['Hmm.'], 'en', rate);
    const idAt = (sampleRateHz: number) =>
      fillerKey({ engine: 'tone', voice: 'a', speed: 1, text: 'Hmm.', sampleRateHz }).slice(0, 16);
    const loadedAt = async (sampleRateHz: number) => {
      const clips = await load({}, { sampleRateHz, channels: 1 });
      return clips.map(({ fillerId }) => fillerId.slice(-16));
    };

    expect(await loadedAt(16_000)).toEqual([idAt(16_000)]);
    expect(await loadedAt(8000)).toEqual([idAt(8000)]);
    expect(await loadedAt(44_100)).toEqual([idAt(48_000)]);
  });

  it('ignores what a crash left half-written', async () => {
    await renderVoice('a', ['Hmm.']);
    await writeFile(join(directory, '.01234567-89ab-cdef-0123-456789abcdef.partial'), 'RIFF');

    expect((await load()).length).toBe(1);
  });

  it('names the folder that has no list', async () => {
    expect(await failure()).toContain(`there is no fillers.json in ${directory}; render fillers into it`);
  });

  it('loads nothing when one file is missing and another is changed, and names both', async () => {
    await renderVoice('a', ['One.', 'Two.', 'Three.']);
    const [one, two] = (await list()).fillers;
    await rm(join(directory, one?.file ?? ''));
    await writeFile(join(directory, two?.file ?? ''), 'RIFF');

    const message = await failure();

    expect(message).toContain(`${one?.file} ("One.") is missing`);
    expect(message).toContain(`${two?.file} ("Two.") is not the file that was listed: its hash differs`);
    expect(message).toContain('the other 1 of 3 fillers are sound');
  });

  it.each([
    [
      'is no sound at all',
      () => new TextEncoder().encode('hello'),
      /is no usable WAV file: .*expected a WAV/,
    ],
    [
      'is empty',
      () => writeWav({ sampleRateHz: 16_000, channels: 1 }, new Float32Array(0)),
      /holds no sound|WAV/,
    ],
    [
      'is cut short',
      () => writeWav({ sampleRateHz: 16_000, channels: 1 }, new Float32Array(160)).slice(0, 100),
      /is damaged: /,
    ],
    [
      'has another rate',
      () => writeWav({ sampleRateHz: 8000, channels: 1 }, new Float32Array(80)),
      /is at 8000 Hz, listed as 16000 Hz/,
    ],
    [
      'is a whole speech',
      () => writeWav({ sampleRateHz: 16_000, channels: 1 }, new Float32Array(16_000 * 16)),
      /lasts 16000 ms, a filler lasts at most 15000 ms/,
    ],
  ])('refuses a file that %s though its hash fits', async (_, make, message) => {
    await renderVoice('a', ['Hmm.']);
    const bytes = make();
    await relist(([entry]) => {
      if (entry !== undefined) entry.sha256 = sha256(bytes);
    });
    await writeFile(join(directory, (await list()).fillers[0]?.file ?? ''), bytes);

    expect(await failure()).toMatch(message);
  });

  it.each([
    ['is no JSON', 'hello', /fillers\.json is no JSON/],
    ['is something else', '[]', /its version is undefined instead of 1/],
    ['has no list', '{"version": 1}', /it has no list "fillers"/],
    ['lists nonsense', '{"version": 1, "fillers": [7]}', /fillers\[0\] is no object/],
    [
      'lists too much',
      JSON.stringify({ version: 1, fillers: Array(1001).fill({}) }),
      /1001 fillers, at most 1000/,
    ],
  ])('refuses a list that %s', async (_, content, message) => {
    await writeFile(join(directory, 'fillers.json'), content);

    expect(await failure()).toMatch(message);
  });

  it('refuses an entry whose key, file or fields are not what they should be', async () => {
    await cp(shipped, directory, { recursive: true });
    const original = await readFile(join(directory, 'fillers.json'));
    const changes: readonly [Readonly<Record<string, unknown>>, RegExp][] = [
      [{ text: 'Something else.' }, /fillers\[0\] has a key that does not fit its text, voice and rate/],
      [{ file: '../secret.wav' }, /fillers\[0\] names the file "\.\.\/secret\.wav"/],
      [{ durationMs: '700' }, /fillers\[0\] has no number "durationMs" above 0/],
      [{ contexts: ['waiting'] }, /fillers\[0\] has contexts that must be a list of question, request/],
      [{ contexts: 'question' }, /fillers\[0\] has contexts that must be a list of/],
      [{ voice: undefined }, /fillers\[0\] has no text "voice"/],
    ];

    for (const [change, message] of changes) {
      await writeFile(join(directory, 'fillers.json'), original);
      await relist(([entry]) => Object.assign(entry ?? {}, change));
      expect(await failure()).toMatch(message);
    }
  });

  it('reads the folder again for each loudspeaker that is opened', async () => {
    await renderVoice('a', ['One.']);
    const fillers$ = fillerCache({ directory }).loadFillers(speaker);
    expect((await firstValueFrom(fillers$)).length).toBe(1);

    await renderVoice('a', ['Two.']);

    expect((await firstValueFrom(fillers$)).length).toBe(2);
  });

  it('loads no more than 150 s', async () => {
    await mkdir(directory, { recursive: true });
    const bytes = writeWav({ sampleRateHz: 8000, channels: 1 }, new Float32Array(8000 * 14), 'u8');
    await writeFile(join(directory, 'long.wav'), bytes);
    const fillers = Array.from({ length: 11 }, (_, index) => {
      const identity = { engine: 'e', voice: 'v', speed: 1, text: `Text ${index}`, sampleRateHz: 8000 };
      const key = fillerKey(identity);
      const file = { file: 'long.wav', sha256: sha256(bytes), durationMs: 1 };
      return { ...identity, ...file, fillerId: `${index}`, key, language: 'en' };
    });
    await writeFile(join(directory, 'fillers.json'), JSON.stringify({ version: 1, fillers }));

    expect(await failure()).toContain('more than 150 s of fillers');
  });

  it('refuses options that are empty', () => {
    expect(() => fillerCache({ directory: '' })).toThrow(
      /OPTION_INVALID.*directory must be a non-empty string/,
    );
    expect(() => fillerCache({ directory, voice: ' ' })).toThrow(/voice must be a non-empty string/);
  });
});
