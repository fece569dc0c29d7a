import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { from, Subject } from 'rxjs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type AudioFrame, audioFrame } from '../../core/audio/audio-frame.js';
import type { Transcriber, Transcript } from '../../core/ports/transcriber.js';
import { describeTranscriberContract } from '../../testing/contracts/transcriber.contract.js';
import { framesOf, silence } from '../../testing/signals.js';
import { loadScriptedTranscriber, sidecarPathFor } from './load-scripted-transcriber.js';
import { type ScriptedSegment, textBetween } from './script.js';
import { scriptedTranscriber } from './scripted-transcriber.js';

const format = { sampleRateHz: 16_000, channels: 1 };
const segments: readonly ScriptedSegment[] = [
  { startMs: 1000, endMs: 2000, text: 'What time is it?' },
  { startMs: 5000, endMs: 5600, text: 'Thank you.' },
  { startMs: 5900, endMs: 6500, text: 'Goodbye.' },
];

/** Frames of 20 ms from one time to another. */
const frames = (startMs: number, endMs: number) =>
  framesOf(silence({ sampleRateHz: 16_000, durationMs: endMs - startMs }), format, 20, startMs);

function transcripts(transcriber: Transcriber, utterance: readonly AudioFrame[]): readonly Transcript[] {
  const seen: Transcript[] = [];
  from(utterance)
    .pipe(transcriber.transcribe())
    .subscribe((transcript) => seen.push(transcript));
  return seen;
}

const finalText = (transcriber: Transcriber, startMs: number, endMs: number) =>
  transcripts(transcriber, frames(startMs, endMs)).at(-1)?.text;

const utterances = [
  { frames: frames(700, 2300), text: 'What time is it?' },
  { frames: frames(4800, 7000), text: 'Thank you. Goodbye.' },
] as const;

describeTranscriberContract(
  { describe, it, expect },
  {
    name: 'loadScriptedTranscriber',
    create: () => loadScriptedTranscriber({ segments }),
    utterances,
    wordless: frames(3000, 4000),
  },
);
describeTranscriberContract(
  { describe, it, expect },
  {
    name: 'scriptedTranscriber',
    create: () => scriptedTranscriber({ lookup: (startMs, endMs) => textBetween(segments, startMs, endMs) }),
    utterances,
    wordless: frames(3000, 4000),
    // It keeps two times of an utterance, and its table answers at once.
    watched: {
      create() {
        let asked = 0;
        const lookup = (startMs: number, endMs: number) => {
          asked += 1;
          return textBetween(segments, startMs, endMs);
        };
        return {
          transcriber: scriptedTranscriber({ lookup }),
          openCalls: () => 0,
          seenCalls: () => asked,
          askedMs: () => 0,
          advance: () => {},
        };
      },
    },
  },
);

describe('loadScriptedTranscriber', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'scripted-transcriber-'));
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  const sidecar = async (name: string, content: string) => {
    const path = join(folder, name);
    await writeFile(path, content);
    return path;
  };

  it('reads the file beside the recording', async () => {
    const wavPath = join(folder, 'dialogue.wav');
    expect(sidecarPathFor(wavPath)).toBe(join(folder, 'dialogue.transcript.json'));
    await sidecar('dialogue.transcript.json', JSON.stringify({ licence: 'CC0', segments }));

    const transcriber = await loadScriptedTranscriber({ sidecarPath: sidecarPathFor(wavPath) });

    expect(finalText(transcriber, 900, 2100)).toBe('What time is it?');
  });

  it('shows word by word what is over, then all of it', async () => {
    const transcriber = await loadScriptedTranscriber({ segments });

    const texts = transcripts(transcriber, frames(800, 2200)).map(({ text, final }) => ({ text, final }));

    expect(texts).toEqual([
      { text: 'What', final: false },
      { text: 'What time', final: false },
      { text: 'What time is', final: false },
      { text: 'What time is it?', final: false },
      { text: 'What time is it?', final: true },
    ]);
  });

  it('says in every transcript that it is a script', async () => {
    const transcriber = await loadScriptedTranscriber({ segments });

    const engines = transcripts(transcriber, frames(0, 7000)).map(({ engine }) => engine);

    expect(new Set(engines)).toEqual(new Set(['scripted']));
  });

  it('does not hear a segment that the utterance only touches', async () => {
    const transcriber = await loadScriptedTranscriber({ segments });

    expect(finalText(transcriber, 2000, 3000)).toBe('');
    expect(finalText(transcriber, 1960, 3000)).toBe('');
    expect(finalText(transcriber, 1940, 3000)).toBe('What time is it?');
  });

  it('takes the origin off the time stamps, also one that is known late', async () => {
    let origin = Number.NaN;
    const fixed = await loadScriptedTranscriber({ segments, originMs: 100_000 });
    const late = await loadScriptedTranscriber({ segments, originMs: () => origin });
    origin = 100_000;

    expect(finalText(fixed, 100_900, 102_100)).toBe('What time is it?');
    expect(finalText(late, 104_900, 105_700)).toBe('Thank you.');
    expect(finalText(fixed, 900, 2100)).toBe('');
  });

  it('keeps what it was given, whatever happens to the list', async () => {
    const list = [...segments];
    const transcriber = await loadScriptedTranscriber({ segments: list });

    list.length = 0;

    expect(finalText(transcriber, 900, 2100)).toBe('What time is it?');
  });

  it.each([
    ['no-json', 'segments: none', /no-json\.transcript\.json is no JSON \(.+\); it must hold/],
    ['no-segments', '{"parts": []}', /no-segments.* "segments" must be a list, but is missing/],
    ['no-object', '[1]', /"segments" must be a list, but is missing/],
    ['no-segment', '{"segments": ["hello"]}', /segments\[0\] must be an object, but is "hello"/],
    [
      'bad-times',
      '{"segments": [{"startMs": 5, "endMs": 5, "text": "a"}, {"startMs": -1, "endMs": "2", "text": ""}]}',
      /segments\[0\]\.endMs must be after its startMs 5, but is 5; segments\[1\]\.startMs must be a number of 0 or more, but is -1; segments\[1\]\.endMs .* "2"; segments\[1\]\.text must be a non-empty string/,
    ],
    ['many', JSON.stringify({ segments: Array(9).fill(null) }), /segments\[4\].*; and 4 more$/],
  ])('names the file and what is wrong in %s', async (name, content, message) => {
    const sidecarPath = await sidecar(`${name}.transcript.json`, content);

    await expect(loadScriptedTranscriber({ sidecarPath })).rejects.toMatchObject({
      code: 'OPTION_INVALID',
      message: expect.stringMatching(message),
    });
    await expect(loadScriptedTranscriber({ sidecarPath })).rejects.toThrow(sidecarPath);
  });

  it('names a file that is not there', async () => {
    const sidecarPath = join(folder, 'absent.transcript.json');

    await expect(loadScriptedTranscriber({ sidecarPath })).rejects.toMatchObject({
      code: 'OPTION_INVALID',
      message: expect.stringMatching(/absent\.transcript\.json cannot be read \(ENOENT/),
    });
  });

  it('wants a file or segments, and options in range', async () => {
    const neither = {} as Parameters<typeof loadScriptedTranscriber>[0];

    await expect(loadScriptedTranscriber(neither)).rejects.toThrow(/either a sidecarPath or segments/);
    await expect(loadScriptedTranscriber({ segments, sampleRateHz: 100 })).rejects.toThrow(
      /sampleRateHz must be a whole number from 8000/,
    );
    await expect(loadScriptedTranscriber({ segments, originMs: Number.NaN })).rejects.toThrow(/originMs/);
  });
});

describe('scriptedTranscriber', () => {
  it('looks up the stretch that was heard, for clips spoken on cue', () => {
    const asked: (readonly [number, number])[] = [];
    const transcriber = scriptedTranscriber({
      originMs: 1000,
      lookup: (startMs, endMs) => {
        asked.push([startMs, endMs]);
        return endMs >= 560 ? 'Stop.' : '';
      },
    });

    const seen = transcripts(transcriber, frames(1500, 1600));

    expect(asked.at(0)).toEqual([500, 520]);
    expect(asked.at(-1)).toEqual([500, 600]);
    expect(seen).toEqual([
      { text: 'Stop.', final: false, engine: 'scripted' },
      { text: 'Stop.', final: true, engine: 'scripted' },
    ]);
  });

  it('ends with the error that the lookup throws', () => {
    const broken = new Error('no such cue');
    const errors: unknown[] = [];
    const input$ = new Subject<AudioFrame>();
    input$
      .pipe(
        scriptedTranscriber({
          lookup: () => {
            throw broken;
          },
        }).transcribe(),
      )
      .subscribe({ error: (error) => errors.push(error) });

    input$.next(audioFrame(format, new Float32Array(160), 0));

    expect(errors).toEqual([broken]);
    expect(input$.observed).toBe(false);
  });

  it('refuses a lookup that is none', () => {
    const options = { lookup: 'hello' } as unknown as Parameters<typeof scriptedTranscriber>[0];

    expect(() => scriptedTranscriber(options)).toThrow(/OPTION_INVALID.*lookup must be a function/);
  });
});
