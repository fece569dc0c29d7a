import { firstValueFrom, lastValueFrom, type Observable, Subject, toArray } from 'rxjs';
import { afterEach, describe, expect, it } from 'vitest';
import {
  type StreamServer,
  type StreamServerInit,
  startStreamServer,
} from '../../../test/support/stream-server.js';
import type { UpstreamEvent, UpstreamRequest } from '../../core/ports/upstream.js';
import { describeSynthesizerContract } from '../../testing/contracts/synthesizer.contract.js';
import type { StreamingServiceHandlers } from './index.js';
import type { ServiceEvent } from './service-event.js';
import type { StreamingService } from './service-interface.js';
import { streamingService } from './streaming-service.js';
import type { StreamingServiceInit } from './streaming-service-options.js';

type WelcomeCall = Parameters<StreamingServiceHandlers['generateWelcomeAudio']>[0];

const cleanUps: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp();
});

async function start(
  others: NonNullable<StreamServerInit['others']>,
  options: Partial<StreamingServiceInit> = {},
) {
  const server = await startStreamServer(
    (call) => call.write({ content: { case: 'textChunk', value: 'Hi.' } }),
    {
      others,
    },
  );
  cleanUps.push(server.close);
  const service = streamingService({
    target: server.target,
    hardwareId: 'kiosk-7',
    maxRetries: 0,
    metadata: { authorization: 'Bearer secret' },
    ...options,
  });
  cleanUps.push(service.close);
  const told: ServiceEvent[] = [];
  service.events$.subscribe((event) => told.push(event));
  return { server, service, told };
}

async function until(isSo: () => boolean): Promise<void> {
  for (let waited = 0; !isSo(); waited += 5) {
    if (waited > 5000) throw new Error('waited five seconds in vain');
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

const all = <T>(source$: Observable<T>): Promise<T[]> => lastValueFrom(source$.pipe(toArray()));
const failureOf = (source$: Observable<unknown>): Promise<unknown> =>
  all(source$).then(
    () => 'no error',
    (error: unknown) => error,
  );

/** 10 ms for each character, at a quarter of full scale. */
function speak(call: WelcomeCall, { rate = 48_000 } = {}): void {
  call.write({
    content: {
      case: 'metadata',
      value: { method: 'edge_tts', sampleRate: rate, channels: 1, dtype: 'int16' },
    },
  });
  const samples = new Int16Array(((call.request.text || 'Hi.').length * rate) / 100).fill(8192);
  const audioData = new Uint8Array(samples.buffer);
  for (let at = 0; at < audioData.length; at += 4095) {
    const value = {
      audioData: audioData.subarray(at, at + 4095),
      dtype: 'int16',
      sampleRate: rate,
      channels: 1,
    };
    call.write({ content: { case: 'audioChunk', value } });
  }
  call.write({ content: { case: 'endMessage', value: 'Welcome audio generation completed' } });
  call.end();
}

describe('greet', () => {
  it('asks for the text, or for the greeting of the service, and gives contiguous frames', async () => {
    const requests: unknown[] = [];
    const { service } = await start({
      generateWelcomeAudio(call) {
        requests.push([call.request.text, call.metadata.get('authorization')]);
        expect(call.request.sessionId).toMatch(/^[0-9a-f-]{36}$/);
        speak(call);
      },
    });
    const frames = await all(service.greet('Hello there.'));
    await all(service.greet());

    expect(requests).toEqual([
      ['Hello there.', ['Bearer secret']],
      ['', ['Bearer secret']],
    ]);
    const samples = frames.reduce((sum, frame) => sum + frame.samplesPerChannel, 0);
    expect(samples).toBe(12 * 480);
    expect(frames.map(({ timestampMs }) => timestampMs)).toEqual(
      [...frames.map(({ timestampMs }) => timestampMs)].sort((a, b) => a - b),
    );
    expect(frames[0]?.timestampMs).toBe(0);
  });

  it.each<[string, (call: WelcomeCall) => void, string]>([
    [
      'fails before audio',
      (call) => {
        call.write({ content: { case: 'errorMessage', value: 'Ошибка генерации' } });
        call.emit('error', { code: 13, details: 'Ошибка генерации' });
      },
      'UPSTREAM_FAULT',
    ],
    [
      'fails after audio',
      (call) => {
        const value = { audioData: new Uint8Array(960), sampleRate: 48_000, channels: 1 };
        call.write({ content: { case: 'audioChunk', value } });
        call.write({ content: { case: 'errorMessage', value: 'Ошибка генерации' } });
        call.emit('error', { code: 13, details: 'Ошибка генерации' });
      },
      'UPSTREAM_FAULT',
    ],
    [
      'stops in the middle',
      (call) => {
        const value = { audioData: new Uint8Array(960), sampleRate: 48_000, channels: 1 };
        call.write({ content: { case: 'audioChunk', value } });
        call.end();
      },
      'UPSTREAM_ABORTED',
    ],
    ['says nothing', (call) => call.end(), 'UPSTREAM_NO_RESPONSE'],
    ['never answers', () => {}, 'UPSTREAM_TIMEOUT'],
    [
      'sends MP3',
      (call) => {
        const audioData = Uint8Array.from('ID3 and so on', (letter) => letter.charCodeAt(0));
        call.write({
          content: { case: 'audioChunk', value: { audioData, sampleRate: 48_000, channels: 1 } },
        });
      },
      'AUDIO_FORMAT_UNSUPPORTED',
    ],
  ])('errors when the service %s', async (_what, generateWelcomeAudio, code) => {
    const { service } = await start({ generateWelcomeAudio }, { firstMessageMs: 200 });

    expect(await failureOf(service.greet('Hello.'))).toMatchObject({ code });
  });

  it('is cancelled on the service when it is unsubscribed, and emits nothing more', async () => {
    let cancelled = 0;
    const { service } = await start({
      generateWelcomeAudio(call) {
        const value = { audioData: new Uint8Array(960), sampleRate: 48_000, channels: 1 };
        const timer = setInterval(() => call.write({ content: { case: 'audioChunk', value } }), 1);
        call.on('cancelled', () => {
          clearInterval(timer);
          cancelled += 1;
        });
      },
    });
    let frames = 0;
    const subscription = service.greet('Hello.').subscribe(() => {
      frames += 1;
    });
    await until(() => frames > 3);
    subscription.unsubscribe();
    const before = frames;
    await until(() => cancelled === 1);

    expect(frames).toBe(before);
  });
});

describe('synthesizer', () => {
  const servers = new WeakMap<
    object,
    { readonly server: StreamServer; readonly service: StreamingService }
  >();
  describeSynthesizerContract(
    { describe, it, expect },
    {
      name: 'GenerateWelcomeAudio',
      unspeakableText: '  ',
      async create() {
        const server = await startStreamServer(() => {}, {
          others: { generateWelcomeAudio: (call) => speak(call) },
        });
        const service = streamingService({ target: server.target, hardwareId: 'kiosk-7' });
        const synthesizer = service.synthesizer();
        servers.set(synthesizer, { server, service });
        return synthesizer;
      },
      async destroy(synthesizer) {
        const made = servers.get(synthesizer);
        made?.service.close();
        await made?.server.close();
      },
    },
  );

  it('asks for a voice and a language, names itself, and converts what comes at another rate', async () => {
    const asked: unknown[] = [];
    const { service, server } = await start({
      generateWelcomeAudio(call) {
        asked.push([call.request.voice, call.request.language]);
        speak(call, { rate: 24_000 });
      },
    });
    const synthesizer = service.synthesizer({ voice: 'anna', language: 'ru' });
    const frames = await all(synthesizer.synthesize('Hello there.'));

    expect(synthesizer).toMatchObject({
      engine: `streaming-service ${server.target}`,
      voice: 'anna ru',
      speed: 1,
    });
    expect(asked).toEqual([['anna', 'ru']]);
    expect(frames.every(({ format }) => format.sampleRateHz === 48_000)).toBe(true);
    expect(frames.reduce((sum, frame) => sum + frame.samplesPerChannel, 0)).toBe(12 * 480);
  });

  it('says SYNTHESIS_FAILED, with the cause, when the service does not speak', async () => {
    const { service } = await start({});

    expect(await failureOf(service.synthesizer().synthesize('Hello.'))).toMatchObject({
      code: 'SYNTHESIS_FAILED',
      retryable: false,
      cause: { code: 'UPSTREAM_INCOMPATIBLE' },
    });
  });
});

describe('interruptSession', () => {
  const interrupt = (
    answer: { success: boolean; message: string },
    seen: string[] = [],
  ): StreamServerInit['others'] => ({
    interruptSession(call, callback) {
      seen.push(call.request.hardwareId);
      callback(null, answer);
    },
  });

  it('names the device, gives the answer, and tells how long the service is blocked', async () => {
    const seen: string[] = [];
    const { service, told } = await start(
      interrupt({ success: true, message: 'Сессии успешно прерваны' }, seen) ?? {},
    );
    const beforeMs = Date.now();
    const answer = await firstValueFrom(service.interruptSession());

    expect(seen).toEqual(['kiosk-7']);
    expect(answer).toEqual({ success: true, message: 'Сессии успешно прерваны' });
    const event = told.find(({ type }) => type === 'interrupt-sent');
    expect(event).toMatchObject(answer);
    expect(event?.type === 'interrupt-sent' && event.blockedUntilMs - beforeMs).toBeGreaterThanOrEqual(5000);
  });

  it('is sent by itself when an answer is cut, if wanted, and only then', async () => {
    for (const interruptOnCut of [true, false]) {
      const seen: string[] = [];
      const { service, server } = await start(interrupt({ success: true, message: '' }, seen) ?? {}, {
        interruptOnCut,
      });
      const requests$ = new Subject<UpstreamRequest>();
      const events: UpstreamEvent[] = [];
      const session = service.openSession(requests$).subscribe((event) => events.push(event));
      const turn = { turnId: 'a', revision: 1 };
      const cut = { type: 'reply-cancelled', ...turn, replyId: null, heardMs: 0, heardText: '' } as const;
      requests$.next({ type: 'turn-text', ...turn, text: 'hello' });
      // Nothing is being answered yet.
      requests$.next(cut);
      requests$.next({ type: 'turn-text', ...turn, text: 'hello' });
      requests$.next({ type: 'turn-ended', ...turn });
      await until(() => events.some(({ type }) => type === 'reply-text'));
      requests$.next(cut);
      await until(() => server.cancelledCalls() === 1 && (seen.length > 0 || !interruptOnCut));
      session.unsubscribe();

      expect(seen).toEqual(interruptOnCut ? ['kiosk-7'] : []);
    }
  });
});

describe('reportUsage', () => {
  const usage = { sessionId: 's', source: 'local', inputTokens: 12, outputTokens: 34, model: 'm' };

  it('is sent with the device and told as an event', async () => {
    const seen: unknown[] = [];
    const { service, told } = await start({
      reportUsage({ request }, callback) {
        const { hardwareId, sessionId, source, inputTokens, outputTokens, model } = request;
        seen.push({ hardwareId, sessionId, source, inputTokens, outputTokens, model });
        callback(null, { success: true, message: 'Usage recorded' });
      },
    });
    const answer = await firstValueFrom(service.reportUsage(usage));

    expect(seen).toEqual([{ hardwareId: 'kiosk-7', ...usage }]);
    expect(answer).toEqual({ success: true, message: 'Usage recorded' });
    expect(told).toContainEqual({ type: 'usage-reported', ...answer });
  });

  it('errors where the service does not know it, does not answer, or the numbers are none', async () => {
    const unknown = await start({});
    const mute = await start({ reportUsage: () => {} }, { firstMessageMs: 200 });

    expect(await failureOf(unknown.service.reportUsage(usage))).toMatchObject({
      code: 'UPSTREAM_INCOMPATIBLE',
    });
    expect(await failureOf(mute.service.reportUsage(usage))).toMatchObject({ code: 'UPSTREAM_TIMEOUT' });
    expect(await failureOf(mute.service.reportUsage({ ...usage, inputTokens: 1.5 }))).toMatchObject({
      code: 'OPTION_INVALID',
      message: expect.stringMatching(/reportUsage: inputTokens must be a whole number/),
    });
  });
});

describe('close', () => {
  it('ends whatever is under way and whatever is begun afterwards with one clear error', async () => {
    const { service, server, told } = await start({
      generateWelcomeAudio: () => {},
      interruptSession: () => {},
    });
    const requests$ = new Subject<UpstreamRequest>();
    const underWay = [service.openSession(requests$), service.greet(), service.interruptSession()].map(
      failureOf,
    );
    requests$.next({ type: 'turn-text', turnId: 'a', revision: 1, text: 'hello' });
    requests$.next({ type: 'turn-ended', turnId: 'a', revision: 1 });
    await until(() => server.openCalls() === 1);
    service.close();
    service.close();

    const late = [service.openSession(requests$), service.greet(), service.synthesizer().synthesize('a')].map(
      failureOf,
    );
    for (const error of await Promise.all([...underWay, ...late])) {
      expect(error).toMatchObject({
        code: 'UPSTREAM_ABORTED',
        retryable: false,
        message: /was closed; make a new one/,
      });
    }
    await until(() => server.openCalls() === 0 && server.openSockets().size === 0);
    expect(told.filter((event) => event.type === 'connection').at(-1)).toMatchObject({ state: 'closed' });
    expect(told.filter((event) => event.type === 'attempt-ended')).toMatchObject([{ outcome: 'cancelled' }]);
  });
});
