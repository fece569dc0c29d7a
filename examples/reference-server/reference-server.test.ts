import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:net';
import type { Client, StatusObject } from '@grpc/grpc-js';
import { credentials, Client as GrpcClient } from '@grpc/grpc-js';
import { RequestPhase, streamingServiceDefinition } from 'earshot/adapters/streaming-service';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { isEspeakInstalled } from './espeak-voice.js';
import type { ReferenceServer } from './reference-server.js';
import { startReferenceServer } from './reference-server.js';
import type { ReferenceServerOptions } from './reference-server-options.js';

const cleanUps: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp();
});

/** One of a later generation. */
const unknownPhase = 7 as RequestPhase;

const hello = 'Hello! How can I help you?';

async function start(
  options: Partial<ReferenceServerOptions> = {},
): Promise<{ server: ReferenceServer; client: Client }> {
  const server = await startReferenceServer({
    voice: 'prompts',
    timeToFirstByteMs: 0,
    deliveryRate: 1000,
    answers: () => ({ sentences: [hello] }),
    ...options,
  });
  const client = new GrpcClient(`127.0.0.1:${server.port}`, credentials.createInsecure());
  cleanUps.push(server.close, () => client.close());
  return { server, client };
}

type RequestFields = Parameters<typeof streamingServiceDefinition.streamAudio.requestSerialize>[0];

interface Heard {
  readonly texts: string[];
  readonly audio: Uint8Array[];
  readonly end: string | undefined;
  readonly error: string | undefined;
  readonly status: { readonly code: number; readonly details: string };
}

function ask(
  client: Client,
  fields: RequestFields = {},
  onFirst: (cancel: () => void) => void = () => {},
): Promise<Heard> {
  const { path, requestSerialize, responseDeserialize } = streamingServiceDefinition.streamAudio;
  const request = { prompt: 'hi', hardwareId: 'kiosk-7', sessionId: randomUUID(), ...fields };
  const call = client.makeServerStreamRequest(path, requestSerialize, responseDeserialize, request);
  const heard = {
    texts: [] as string[],
    audio: [] as Uint8Array[],
    end: undefined as string | undefined,
    error: undefined as string | undefined,
  };
  let count = 0;
  call.on('error', () => {});
  call.on('data', ({ content }: ReturnType<typeof responseDeserialize>) => {
    if (content.case === 'textChunk') heard.texts.push(content.value);
    if (content.case === 'audioChunk') heard.audio.push(content.value.audioData);
    if (content.case === 'endMessage') heard.end = content.value;
    if (content.case === 'errorMessage') heard.error = content.value;
    if (count++ === 0) onFirst(() => call.cancel());
  });
  return new Promise((resolve) => {
    let status: StatusObject | undefined;
    call.on('status', (last: StatusObject) => {
      status = last;
    });
    call.on('end', () =>
      resolve({ ...heard, status: { code: status?.code ?? -1, details: status?.details ?? '' } }),
    );
  });
}

function interrupt(
  client: Client,
  hardwareId: string,
): Promise<{ success: boolean; message: string; interruptedSessions: string[] }> {
  const { path, requestSerialize, responseDeserialize } = streamingServiceDefinition.interruptSession;
  return new Promise((resolve, reject) => {
    client.makeUnaryRequest(path, requestSerialize, responseDeserialize, { hardwareId }, (error, answer) =>
      answer === undefined ? reject(error) : resolve(answer),
    );
  });
}

describe('StreamAudio', () => {
  it('gives the text of each sentence, then its audio at 48 kHz, then the end', async () => {
    const sentences = [hello, 'The light is on.'];
    const { client, server } = await start({ answers: () => ({ sentences }) });

    const { texts, audio, end, status } = await ask(client);

    expect(texts).toEqual(sentences);
    expect(end).toBe('Обработка завершена');
    expect(status.code).toBe(0);
    const bytes = audio.reduce((sum, { length }) => sum + length, 0);
    expect(bytes % 2).toBe(0);
    // Both prompts together last about three seconds.
    expect(bytes / 96_000).toBeGreaterThan(2);
    expect(bytes / 96_000).toBeLessThan(5);
    expect(Math.max(...audio.map(({ length }) => length))).toBe(4096);
    expect(audio.some(({ length }) => length % 2 === 1)).toBe(true);
    expect(server.openStreams()).toBe(0);
  });

  it.each<[string, RequestFields, string, number]>([
    [
      'no hardware id',
      { hardwareId: ' ' },
      "hardware_id is required and must be valid (not empty or 'unknown')",
      0,
    ],
    [
      'an unknown device',
      { hardwareId: 'Unknown' },
      "hardware_id is required and must be valid (not empty or 'unknown')",
      0,
    ],
    ['no session id', { sessionId: '' }, 'session_id is required and must be provided by client', 0],
    [
      'a UUID of version 1',
      { sessionId: 'c232ab00-9414-11ec-b3c8-9f6bdeced846' },
      'session_id is required and must be provided by client',
      0,
    ],
    ['an unknown phase', { phase: unknownPhase }, 'unsupported request phase: REQUEST_PHASE_UNSPECIFIED', 0],
    ['a blank prompt', { prompt: ' ' }, 'Empty prompt: text field is required', 3],
  ])('refuses %s as the real service does', async (_what, fields, message, code) => {
    const { client } = await start();

    const { error, status, texts } = await ask(client, fields);

    expect([error, status.code, texts]).toEqual([message, code, []]);
    if (code !== 0) expect(status.details).toBe(message);
  });

  it('checks the device before the session, and the session before the phase', async () => {
    const { client } = await start();
    const all = { hardwareId: '', sessionId: '', phase: unknownPhase, prompt: '' } as const;

    expect((await ask(client, all)).error).toMatch(/^hardware_id/);
    expect((await ask(client, { ...all, hardwareId: 'd' })).error).toMatch(/^session_id/);
    expect((await ask(client, { phase: unknownPhase, prompt: '' })).error).toMatch(/^unsupported/);
  });

  it('collects partial transcripts and joins them to the prompt', async () => {
    const prompts: string[] = [];
    const { client } = await start({ onRequest: ({ prompt }) => prompts.push(prompt) });
    const sessionId = randomUUID();
    const collect = { sessionId, phase: RequestPhase.COLLECT, prompt: '' };

    const first = await ask(client, { ...collect, chunkSeq: 1, chunkText: 'turn on' });
    await ask(client, { ...collect, chunkSeq: 2, chunkText: 'turn on the light' });
    const answer = await ask(client, { sessionId, phase: RequestPhase.COMMIT, prompt: 'please' });

    expect([first.end, first.texts]).toEqual(['COLLECT_ACCEPTED', []]);
    expect(prompts).toEqual(['turn on the light please']);
    expect(answer.end).toBe('Обработка завершена');
  });

  it('refuses a second stream of the same session, which also ends the first', async () => {
    const { client, server } = await start({ deliveryRate: 1 });
    const sessionId = randomUUID();
    let begun = false;
    const first = ask(client, { sessionId }, () => {
      begun = true;
    });
    await vi.waitUntil(() => begun);
    const twin = await ask(client, { sessionId });
    const { texts, end, error, status } = await first;

    expect(twin.error).toBe(`Concurrent request for session_id=${sessionId} is not allowed`);
    expect(twin.status.code).toBe(8);
    expect([texts, end, error, status.code]).toEqual([[hello], undefined, undefined, 0]);
    await vi.waitUntil(() => server.openStreams() === 0);
    expect((await ask(client, { sessionId, prompt: 'fault: empty-answer' })).end).toBe('Обработка завершена');
  });

  it('takes no more streams than its limit', async () => {
    const { client, server } = await start({
      maxStreams: 2,
      fault: (prompt) => (prompt === 'stay' ? 'never-answers' : undefined),
    });
    void ask(client, { prompt: 'stay' });
    void ask(client, { prompt: 'stay' });
    await vi.waitUntil(() => server.openStreams() === 2);

    const { error, status } = await ask(client);

    expect(error).toBe('STREAM_LIMIT_EXCEEDED: Maximum concurrent streams (2) reached. Current active: 2');
    expect(status).toMatchObject({ code: 8, details: error });
  });

  it('says what it cannot speak', async () => {
    const { client } = await start({ answers: () => ({ sentences: ['Nobody rendered this.'] }) });

    const { error, status } = await ask(client);

    expect(error).toMatch(/^there is no prompt for "Nobody rendered this\."; render it/);
    expect(status.code).toBe(13);
  });

  it('stops at once when it is cancelled', async () => {
    const { client, server } = await start({ deliveryRate: 0.1 });

    const { status, texts } = await ask(client, {}, (cancel) => cancel());

    expect([status.code, texts]).toEqual([1, [hello]]);
    await vi.waitUntil(() => server.openStreams() === 0);
  });

  it('sends an action behind the sentences', async () => {
    const { client } = await start({
      answers: () => ({ sentences: [hello], action: { command: 'nod', args: { n: 1 } } }),
    });
    const { path, requestSerialize, responseDeserialize } = streamingServiceDefinition.streamAudio;
    const sessionId = randomUUID();
    const call = client.makeServerStreamRequest(path, requestSerialize, responseDeserialize, {
      prompt: 'x',
      hardwareId: 'd',
      sessionId,
    });
    const contents = [];
    for await (const { content } of call) contents.push(content);

    const [action, end] = contents.slice(-2);
    expect(end.case).toBe('endMessage');
    expect(JSON.parse(action.value.actionJson)).toEqual({
      command: 'nod',
      args: { n: 1 },
      session_id: sessionId,
    });
  });
});

describe('a fault', () => {
  it.each<[string, Partial<Heard>, number]>([
    ['stops-in-mid-sentence', { texts: [hello], end: undefined, error: undefined }, 0],
    ['error-after-data', { texts: [hello], end: undefined, error: 'the voice was lost in mid-sentence' }, 0],
    ['fails', { texts: [], end: undefined, error: 'the model is out of order' }, 13],
    [
      'refuses',
      {
        texts: [],
        end: undefined,
        error: 'Your limit for today is used up, please come back tomorrow or subscribe.',
      },
      7,
    ],
    ['empty-answer', { texts: [], end: 'Обработка завершена', error: undefined }, 0],
    ['no-message', { texts: [], end: undefined, error: undefined }, 0],
    ['drops-before-data', { texts: [], end: undefined, error: undefined }, 14],
    ['drops-connection', { texts: [hello], end: undefined, error: undefined }, 14],
    ['mislabelled-audio', { texts: [hello], end: 'Обработка завершена', error: undefined }, 0],
  ])('%s, asked for by the prompt, is as it says', async (fault, expected, code) => {
    const { client, server } = await start();

    const heard = await ask(client, { prompt: `fault: ${fault}` });

    expect(heard).toMatchObject(expected);
    expect(heard.status.code).toBe(code);
    if (fault === 'mislabelled-audio')
      expect(Buffer.from(heard.audio[0] ?? []).toString('latin1', 0, 4)).toBe('RIFF');
    await vi.waitUntil(() => server.openStreams() === 0);
    // The next one is answered, whatever happened.
    expect((await ask(client)).end).toBe('Обработка завершена');
  });

  it.each([
    ['never-answers', 0],
    ['stalls', 1],
  ] as const)('%s keeps the call open until it is cancelled', async (fault, messages) => {
    const { client, server } = await start({ fault });
    const { path, requestSerialize, responseDeserialize } = streamingServiceDefinition.streamAudio;
    const request = { prompt: 'x', hardwareId: 'd', sessionId: randomUUID() };
    const call = client.makeServerStreamRequest(path, requestSerialize, responseDeserialize, request);
    call.on('error', () => {});
    let texts = 0;
    call.on('data', ({ content }) => {
      if (content.case === 'textChunk') texts += 1;
    });
    await vi.waitUntil(() => server.openStreams() === 1 && texts === messages);

    call.cancel();

    await vi.waitUntil(() => server.openStreams() === 0);
  });
});

describe('InterruptSession', () => {
  it('ends the stream of the device and bars it, as the real service does', async () => {
    const { client } = await start({ deliveryRate: 1 });
    const { path, requestSerialize, responseDeserialize } = streamingServiceDefinition.streamAudio;
    const call = client.makeServerStreamRequest(path, requestSerialize, responseDeserialize, {
      prompt: 'x',
      hardwareId: 'kiosk-7',
      sessionId: randomUUID(),
    });
    await once(call, 'data');
    const rest: unknown[] = [];
    call.on('data', ({ content }) => content.case === 'errorMessage' && rest.push(content.value));

    const answer = await interrupt(client, 'kiosk-7');
    await once(call, 'end');
    const barred = await ask(client);
    const other = await ask(client, { hardwareId: 'kiosk-8', prompt: 'fault: no-message' });

    expect(answer).toMatchObject({
      success: true,
      message: 'Сессии успешно прерваны',
      interruptedSessions: [],
    });
    expect(rest).toEqual(['Interrupted during processing for kiosk-7']);
    expect([barred.error, barred.status]).toEqual([
      'Глобальное прерывание активно',
      { code: 13, details: '' },
    ]);
    expect(other.status.code).toBe(0);
  });

  it('refuses a device without a name', async () => {
    const { client } = await start();

    expect(await interrupt(client, 'unknown')).toMatchObject({ success: false });
  });
});

describe('the other methods', () => {
  it('GenerateWelcomeAudio says what comes, speaks, and says that it is done', async () => {
    const { client } = await start();
    const { path, requestSerialize, responseDeserialize } = streamingServiceDefinition.generateWelcomeAudio;
    for (const text of ['', hello]) {
      const call = client.makeServerStreamRequest(path, requestSerialize, responseDeserialize, { text });
      const contents = [];
      for await (const { content } of call) contents.push(content);

      expect(contents[0]).toMatchObject({
        case: 'metadata',
        value: { sampleRate: 48_000, channels: 1, dtype: 'int16' },
      });
      expect(contents.at(-1)).toEqual({ case: 'endMessage', value: 'Welcome audio generation completed' });
      expect(contents.length).toBeGreaterThan(10);
    }
  });

  it('GenerateWelcomeAudio fails with a message and INTERNAL', async () => {
    const { client } = await start();
    const { path, requestSerialize, responseDeserialize } = streamingServiceDefinition.generateWelcomeAudio;
    const call = client.makeServerStreamRequest(path, requestSerialize, responseDeserialize, {
      text: 'not rendered',
    });
    const messages: unknown[] = [];
    call.on('data', ({ content }) => messages.push(content.case));

    const [error] = await once(call, 'error');

    expect(error).toMatchObject({
      code: 13,
      details: /^Ошибка генерации приветственного аудио: there is no prompt/,
    });
    expect(messages).toEqual(['errorMessage']);
  });

  it('ReportUsage answers', async () => {
    const { client } = await start();
    const { path, requestSerialize, responseDeserialize } = streamingServiceDefinition.reportUsage;
    const report = (hardwareId: string) =>
      new Promise((resolve) => {
        client.makeUnaryRequest(
          path,
          requestSerialize,
          responseDeserialize,
          { hardwareId },
          (_error, answer) => resolve(answer),
        );
      });

    expect(await report('kiosk-7')).toMatchObject({ success: true, message: 'Usage recorded' });
    expect(await report('')).toMatchObject({ success: false, message: 'hardware_id required' });
  });
});

describe('starting and closing', () => {
  it('frees its port, cutting what is open', async () => {
    const { client, server } = await start({ fault: 'never-answers' });
    const cut = ask(client);
    await vi.waitUntil(() => server.openStreams() === 1);

    await server.close();
    await server.close();

    expect((await cut).status.code).toBe(14);
    expect([server.openStreams(), server.openConnections()]).toEqual([0, 0]);
    const next = await startReferenceServer({ voice: 'prompts', port: server.port });
    await next.close();
  });

  it('says in one sentence that its port is in use', async () => {
    const taken = createServer().listen(0, '127.0.0.1');
    await once(taken, 'listening');
    cleanUps.push(() => taken.close());
    const address = taken.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;

    await expect(startReferenceServer({ voice: 'prompts', port })).rejects.toThrow(
      `[OPTION_INVALID] port ${port} of 127.0.0.1 is in use; take another, or 0 for a free one`,
    );
  });

  it.each<[Partial<ReferenceServerOptions>, string]>([
    [{ port: 70_000 }, 'port must be a whole number from 0 to 65535, but is 70000'],
    [{ timeToFirstByteMs: -1 }, 'timeToFirstByteMs must be a number from 0 to 600000, but is -1'],
    [{ deliveryRate: Number.NaN }, 'deliveryRate must be a number from 0.1 to 1000, but is NaN'],
    [
      { chunkBytes: 1.5, chunkMs: 0 },
      'chunkMs must be a number from 5 to 10000, but is 0; chunkBytes must be a whole number',
    ],
    [{ fault: 'tired' as 'none' }, 'fault must be none or one of never-answers, '],
    [{ promptsFolder: '/nowhere' }, 'there is no /nowhere/prompts.json'],
  ])('refuses %j', async (options, said) => {
    await expect(startReferenceServer({ voice: 'prompts', ...options })).rejects.toThrow(said);
  });

  it('speaks with espeak-ng where it is installed and says so where it is not', async () => {
    const started = startReferenceServer({
      voice: 'en-us',
      answers: () => ({ sentences: ['Anything at all.'] }),
      timeToFirstByteMs: 0,
      deliveryRate: 1000,
    });
    if (!(await isEspeakInstalled())) {
      await expect(started).rejects.toThrow(/needs espeak-ng, which cannot be run here/);
      return;
    }
    const server = await started;
    const client = new GrpcClient(`127.0.0.1:${server.port}`, credentials.createInsecure());
    cleanUps.push(server.close, () => client.close());

    const { audio, end } = await ask(client);

    expect(end).toBe('Обработка завершена');
    expect(Buffer.concat(audio).length / 96_000).toBeGreaterThan(0.5);
    await expect(startReferenceServer({ voice: 'klingon9' })).rejects.toThrow(
      /espeak-ng has no voice "klingon9"/,
    );
    await expect(startReferenceServer({ voice: 'en+nobody9' })).rejects.toThrow(/espeak-ng has no voice/);
  });
});
