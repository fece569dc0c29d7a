import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import * as timersPromises from 'node:timers/promises';
import * as rxjs from 'rxjs';
import { describe, expect, it } from 'vitest';
import * as memory from '../src/devices/memory/index.js';
import type { AudioSource, UtterancePart, VoiceActivityDetector } from '../src/index.js';
import * as earshot from '../src/index.js';
import * as testing from '../src/testing/index.js';
import { codeBlocks } from './support/markdown.js';
import { readProjectFile } from './support/project.js';
import { runSnippet, type Snippet } from './support/typescript-program.js';

const snippetsOf = (path: string): readonly Snippet[] =>
  codeBlocks(readProjectFile(path))
    .filter(({ language }) => language === 'ts')
    .map(({ code, line }) => ({ where: `${path}:${line}`, code }));

const readme = snippetsOf('README.md');
const { memoryLoudspeaker, memoryMicrophone } = memory;
const { burst, createVirtualClock, levelDetector } = testing;

describe('the composition in README.md', () => {
  const snippet = readme.find(({ code }) => code.includes('hearTheCounter'));

  /** What was heard of three sounds, one of them faint, in virtual time. */
  function hear(change: (code: string) => string): readonly UtterancePart[] {
    if (!snippet) throw new Error('README.md has no composition');
    const modules = { earshot, rxjs };
    const exported = runSnippet({ ...snippet, code: change(snippet.code) }, modules) as {
      hearTheCounter(
        microphone: AudioSource,
        detector: VoiceActivityDetector,
      ): rxjs.Observable<UtterancePart>;
    };
    const clock = createVirtualClock();
    const timeBase = earshot.createTimeBase(clock.scheduler);
    const microphone = memoryMicrophone({ timeBase, format: { sampleRateHz: 48_000, channels: 2 } });
    const heard: UtterancePart[] = [];
    const subscription = exported
      .hearTheCounter(microphone, levelDetector({ thresholdDb: -60 }))
      .subscribe((part) => heard.push(part));
    for (const peak of [0.3, 0.004, 0.3]) {
      const sound = { sampleRateHz: 48_000, durationMs: 600, leadMs: 1000, tailMs: 1000, peak };
      microphone.say(burst(sound));
    }
    clock.run(9000);
    subscription.unsubscribe();
    return heard;
  }
  const onsets = (parts: readonly UtterancePart[]) =>
    parts.flatMap((part) => (part.type === 'utterance-started' ? [Math.round(part.onsetMs / 100) / 10] : []));

  it('is 15 lines of code, with an operator of its own in the middle', () => {
    const lines = snippet?.code.split('\n').filter((line) => line.trim() !== '' && !line.startsWith('/**'));
    expect(lines?.length).toBeLessThanOrEqual(15);
  });

  it('hears who is near and not who is far, each with what came just before', () => {
    const heard = hear((code) => code);

    expect(onsets(heard)).toEqual([1, 6.2]);
    const audio = heard.flatMap((part) => (part.type === 'utterance-audio' ? [part.frame] : []));
    expect(audio[0]?.format).toEqual({ sampleRateHz: 16_000, channels: 1 });
    // The onset is at 1000 ms, in a window of 32 ms; the pre-roll begins 300 ms before it.
    expect(audio[0]?.timestampMs).toBeGreaterThan(1000 - 32 - 300 - 32);
    expect(audio[0]?.timestampMs).toBeLessThanOrEqual(1000 - 300);
    expect(heard.filter(({ type }) => type === 'utterance-ended')).toHaveLength(2);
  });

  it('hears all three without its own operator', () => {
    expect(onsets(hear((code) => code.replace('ignoreFaint(-40),', '')))).toEqual([1, 3.6, 6.2]);
  });
});

describe('the contract suite in docs/guides/compose-your-own.md', () => {
  const snippet = snippetsOf('docs/guides/compose-your-own.md').find(({ code }) =>
    code.includes('describeOperatorContract'),
  );
  if (!snippet) throw new Error('the guide shows no contract suite');
  // Registers its tests here, as it would in a test file of its own.
  runSnippet(snippet, { earshot, rxjs, 'earshot/testing': testing, vitest: { describe, it, expect } });
});

const guide = snippetsOf('docs/guides/write-an-adapter.md');
function named(name: string, page = 'docs/guides/write-an-adapter.md'): Snippet {
  const snippet = snippetsOf(page).find(({ code }) => code.startsWith(`// ${name}.ts\n`));
  if (!snippet) throw new Error(`${page} has no ${name}.ts`);
  return snippet;
}

/** Takes the place of a runner. @returns the names of what fails. */
async function failuresOf(
  register: (runner: Pick<typeof import('vitest'), 'describe' | 'it' | 'expect'>) => void,
) {
  const tests: { readonly name: string; readonly body: () => unknown }[] = [];
  const runner = {
    describe: (_name: string, body: () => void) => body(),
    it: (name: string, body: () => unknown) => void tests.push({ name, body }),
    expect,
  };
  register(runner as unknown as Parameters<typeof register>[0]);
  const failed: string[] = [];
  for (const { name, body } of tests) {
    try {
      await body();
    } catch {
      failed.push(name);
    }
  }
  return { failed, count: tests.length };
}

describe('the adapter in docs/guides/write-an-adapter.md', () => {
  const adapter = named('wav-transcriber');
  const suite = named('wav-transcriber.test');
  const written = runSnippet(adapter, { earshot, rxjs });
  // Registers its tests here, as it would in a test file of its own.
  runSnippet(suite, {
    earshot,
    'earshot/testing': testing,
    vitest: { describe, it, expect },
    './wav-transcriber.js': written,
  });

  it.each([
    [
      'a bound on what it keeps',
      'length + frame.samples.length > maxSamples',
      'false',
      'keeps no more of an',
    ],
    [
      'a bound on its wait',
      '.pipe(timeout({ first: timeoutMs, scheduler }))',
      '',
      'gives up on a recogniser',
    ],
    ['telling the recogniser to stop', 'left.abort()', '{}', 'tells the recogniser to stop'],
    [
      'a look whether anything was said',
      "if (length === 0) return conclude('');",
      '',
      'asks nothing about an',
    ],
    [
      'letting go of its source',
      'subscriber.add(\n          utterance$',
      'Array.of(\n          utterance$',
      'asks nothing any more',
    ],
  ])('would not pass without %s', async (_what, part, instead, clause) => {
    expect(adapter.code).toContain(part);
    const broken = runSnippet({ ...adapter, code: adapter.code.replace(part, instead) }, { earshot, rxjs });

    const { failed, count } = await failuresOf((vitest) =>
      runSnippet(suite, { earshot, 'earshot/testing': testing, vitest, './wav-transcriber.js': broken }),
    );

    expect(count).toBe(14);
    expect(failed).toContainEqual(expect.stringContaining(clause));
  });

  const { wavTranscriber } = written as {
    wavTranscriber(
      recognise: (wav: Uint8Array, signal: AbortSignal) => Promise<string>,
      options: object,
    ): earshot.Transcriber;
  };
  const format = { sampleRateHz: 16_000, channels: 1 };
  const utterance = testing.framesOf(testing.noise({ sampleRateHz: 16_000, durationMs: 3000 }), format, 20);
  const transcribe = (transcriber: earshot.Transcriber) =>
    rxjs.firstValueFrom(rxjs.from(utterance).pipe(transcriber.transcribe()));

  it('gives up a recogniser that never answers, and tells it to stop', () => {
    const clock = createVirtualClock();
    let told: AbortSignal | undefined;
    const never = (_wav: Uint8Array, signal: AbortSignal) => {
      told = signal;
      return new Promise<string>(() => {});
    };
    let failure: unknown;
    rxjs
      .from(utterance)
      .pipe(wavTranscriber(never, { timeoutMs: 5000, scheduler: clock.scheduler }).transcribe())
      .subscribe({ error: (error: unknown) => (failure = error) });

    clock.run(4990);
    expect([failure, told?.aborted]).toEqual([undefined, false]);
    clock.run(5010);

    expect(failure).toMatchObject({ code: 'TRANSCRIPTION_FAILED', retryable: true });
    expect(told?.aborted).toBe(true);
  });

  it('keeps no more of an utterance than it may', async () => {
    const lengthOf = async (wav: Uint8Array) => `${earshot.readWav(wav).samples.length / 16} ms`;

    expect(await transcribe(wavTranscriber(lengthOf, { maxUtteranceMs: 1000 }))).toMatchObject({
      text: '1000 ms',
    });
    expect(await transcribe(wavTranscriber(lengthOf, {}))).toMatchObject({ text: '3000 ms' });
  });
});

describe('the text upstream in docs/guides/write-an-adapter.md', () => {
  const upstream = named('text-upstream');
  const suite = named('text-upstream.test');
  const written = runSnippet(upstream, { earshot, rxjs });
  const modules = {
    earshot,
    rxjs,
    'earshot/testing': testing,
    'node:timers/promises': timersPromises,
    './text-upstream.js': written,
  };
  // Registers its tests here, as it would in a test file of its own.
  runSnippet(suite, { ...modules, vitest: { describe, it, expect } });

  it('asks a model over HTTP, and speaks what it writes', async () => {
    const prompts: unknown[] = [];
    const server = createServer(async (request, response) => {
      prompts.push(JSON.parse(await text(request)));
      // Cut within a line and within a letter.
      const said = Buffer.from('{"response":"Ça va. ","done":false}\n{"response":"","done":true}\n');
      response.write(said.subarray(0, 14));
      setTimeout(() => response.end(said.subarray(14)), 20);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    const pipeline = guide.find(({ code }) => code.includes('spokenModel'));
    if (!pipeline) throw new Error('the guide has no model over HTTP');
    const { spokenModel } = runSnippet(pipeline, modules) as {
      spokenModel(voice: earshot.Synthesizer, url: string): earshot.Upstream;
    };
    const turn = { turnId: 'a', revision: 1 };

    const events = await rxjs.lastValueFrom(
      spokenModel(testing.toneSynthesizer(), `http://127.0.0.1:${port}`)
        .openSession(
          rxjs.of(
            { type: 'turn-text', ...turn, text: 'How are you?' } as const,
            {
              type: 'turn-ended',
              ...turn,
            } as const,
          ),
        )
        .pipe(rxjs.toArray()),
    );
    server.close();

    expect(prompts).toEqual([{ model: 'llama3.2', prompt: 'How are you?' }]);
    expect(events.map((event) => (event.type === 'reply-text' ? event.text.trim() : ''))).toContain('Ça va.');
    expect(events.some(({ type }) => type === 'reply-audio')).toBe(true);
    expect(events.at(-1)).toMatchObject({ type: 'reply-ended', reason: 'complete' });
  });
});

describe('the composition in docs/guides/compose-your-own.md', () => {
  const snippet = named('parrot', 'docs/guides/compose-your-own.md');
  // Registers its test here, as it would in a test file of its own.
  runSnippet(named('parrot.test', 'docs/guides/compose-your-own.md'), {
    earshot,
    'earshot/devices/memory': memory,
    'earshot/testing': testing,
    vitest: { it, expect },
    './parrot.js': runSnippet(snippet, { earshot, rxjs }),
  });

  /** Starts of playout and what ended it, and the loudspeaker's recording, after these sounds at 500 ms and on. */
  function speak(...pauses: readonly number[]) {
    const { sayItBack } = runSnippet(snippet, { earshot, rxjs }) as {
      sayItBack(
        microphone: AudioSource,
        loudspeaker: earshot.Loudspeaker,
        detector: VoiceActivityDetector,
        scheduler: rxjs.SchedulerLike,
      ): rxjs.Observable<earshot.PlayoutEvent>;
    };
    const clock = createVirtualClock();
    const timeBase = earshot.createTimeBase(clock.scheduler);
    const microphone = memoryMicrophone({ timeBase });
    const loudspeaker = memoryLoudspeaker({ timeBase });
    const events: earshot.PlayoutEvent[] = [];
    const subscription = sayItBack(microphone, loudspeaker, levelDetector(), clock.scheduler).subscribe(
      (event) => events.push(event),
    );
    for (const leadMs of pauses) {
      microphone.say(burst({ sampleRateHz: 48_000, durationMs: 1000, leadMs, frequencyHz: 440 }));
    }
    clock.run(9000);
    subscription.unsubscribe();
    const endings = events.flatMap((event) => (event.type === 'playout-ended' ? [event] : []));
    const recorded = loudspeaker.recorded();
    const level = (fromMs: number, toMs: number) => earshot.peakDb(recorded.subarray(fromMs * 48, toMs * 48));
    return { endings, level };
  }

  it('says back what was said, when it is over', () => {
    const { endings, level } = speak(500);

    expect(level(0, 1800)).toBe(-120);
    expect(level(2200, 2900)).toBeCloseTo(-6, 0);
    expect(endings).toMatchObject([{ reason: 'heard' }]);
    // The utterance is 1000 ms, its pre-roll 300 ms and its silence at the end 320 ms, in windows of 32 ms.
    expect(endings[0]?.heardMs).toBeGreaterThanOrEqual(1600);
    expect(endings[0]?.heardMs).toBeLessThanOrEqual(1700);
  });

  it('falls silent when somebody speaks, and says that back', () => {
    const { endings, level } = speak(500, 900);

    expect(level(2000, 2400)).toBeCloseTo(-6, 0);
    expect(level(2700, 3600)).toBe(-120);
    expect(level(4200, 4800)).toBeCloseTo(-6, 0);
    expect(endings).toMatchObject([{ reason: 'cut' }, { reason: 'heard' }]);
  });
});
