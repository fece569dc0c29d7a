/** A backend of another make: another language, another gRPC implementation, and nothing in common but the contract. */
import { lastValueFrom, Subject, toArray } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { type StreamingService, streamingService } from '../src/adapters/streaming-service/index.js';
import type { UpstreamEvent, UpstreamRequest } from '../src/index.js';
import { startPythonBackend, whyNoPythonBackend } from './support/python-backend.js';
import { until } from './support/service-visit.js';

const missing = whyNoPythonBackend();
if (missing !== undefined) console.warn(`streaming-service-python: skipped, because ${missing}`);

interface Talk {
  readonly service: StreamingService;
  readonly events: readonly UpstreamEvent[];
  send(request: UpstreamRequest): void;
  /** Ask, and wait for the end. */
  ask(text: string): Promise<readonly UpstreamEvent[]>;
}

async function withBackend(body: (talk: Talk) => Promise<void>): Promise<void> {
  const backend = await startPythonBackend();
  const service = streamingService({ target: backend.target, hardwareId: 'kiosk', retryDelayMs: 20 });
  const events: UpstreamEvent[] = [];
  const requests$ = new Subject<UpstreamRequest>();
  const session = service.openSession(requests$).subscribe((event) => events.push(event));
  let turns = 0;
  try {
    await body({
      service,
      events,
      send: (request) => requests$.next(request),
      async ask(text) {
        turns += 1;
        const [turnId, from] = [`turn-${turns}`, events.length];
        requests$.next({ type: 'turn-text', turnId, revision: 1, text });
        requests$.next({ type: 'turn-ended', turnId, revision: 1 });
        const mine = () => events.slice(from);
        const isOver = () => mine().some(({ type }) => type === 'reply-ended' || type === 'turn-failed');
        await until(`the end of ${text}`, isOver, 10_000, mine);
        return mine();
      },
    });
  } finally {
    session.unsubscribe();
    service.close();
    await backend.close();
  }
}

const textOf = (events: readonly UpstreamEvent[]) =>
  events.map((event) => (event.type === 'reply-text' ? event.text : '')).join('');

describe('a backend in Python', () => {
  it('is served: text, audio in odd pieces at its own rate, an action, the end', async ({ skip }) => {
    if (missing !== undefined) return skip(missing);
    await withBackend(async ({ ask }) => {
      for (const prompt of ['hello', 'привет']) {
        const events = await ask(prompt);
        const frames = events.flatMap((event) => (event.type === 'reply-audio' ? [event.frame] : []));

        expect(textOf(events)).toBe(`Грüß dich: ${prompt}`);
        expect(frames[0]?.format).toEqual({ sampleRateHz: 22_050, channels: 1 });
        expect(frames.reduce((sum, { samplesPerChannel }) => sum + samplesPerChannel, 0)).toBe(6615);
        expect(events).toContainEqual(expect.objectContaining({ type: 'action', command: 'nod', args: [1] }));
        expect(events.at(-1)).toMatchObject({ type: 'reply-ended', reason: 'complete', message: 'done' });
      }
    });
  });

  it('is understood when it refuses, and when it breaks off', async ({ skip }) => {
    if (missing !== undefined) return skip(missing);
    await withBackend(async ({ ask }) => {
      expect((await ask('refuse')).at(-1)).toMatchObject({
        type: 'turn-failed',
        error: {
          code: 'UPSTREAM_FORBIDDEN',
          grpcStatus: 7,
          message: expect.stringMatching(/come back tomorrow/),
        },
      });
      const broken = await ask('break off');
      expect(textOf(broken)).toBe('Half of it');
      expect(broken.at(-1)).toMatchObject({ type: 'reply-ended', reason: 'truncated' });
    });
  });

  it('is told when an answer is cut', async ({ skip }) => {
    if (missing !== undefined) return skip(missing);
    await withBackend(async ({ ask, send }) => {
      const turn = { turnId: 'cut', revision: 1 };
      send({ type: 'turn-text', ...turn, text: 'say nothing' });
      send({ type: 'turn-ended', ...turn });
      for (let looks = 0; textOf(await ask('count')) !== '1 open, 0 cancelled'; looks += 1)
        expect(looks).toBeLessThan(100);

      send({ type: 'reply-cancelled', ...turn, replyId: null, heardMs: 0, heardText: '' });

      for (let looks = 0; textOf(await ask('count')) !== '0 open, 1 cancelled'; looks += 1)
        expect(looks).toBeLessThan(100);
    });
  });

  it('greets, takes an interrupt and a report', async ({ skip }) => {
    if (missing !== undefined) return skip(missing);
    await withBackend(async ({ service }) => {
      const frames = await lastValueFrom(service.greet().pipe(toArray()));
      const usage = { sessionId: 'a', source: 'local', inputTokens: 7, outputTokens: 0, model: 'm' };

      expect(frames.reduce((sum, { samplesPerChannel }) => sum + samplesPerChannel, 0)).toBe(3200);
      expect(await lastValueFrom(service.reportUsage(usage))).toEqual({ success: true, message: '7 tokens' });
      expect(await lastValueFrom(service.interruptSession())).toEqual({
        success: true,
        message: 'interrupted',
      });
    });
  });
});
