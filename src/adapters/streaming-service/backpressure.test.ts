import { Subject } from 'rxjs';
import { afterEach, describe, expect, it } from 'vitest';
import { type StreamCall, startStreamServer } from '../../../test/support/stream-server.js';
import type { UpstreamEvent, UpstreamRequest } from '../../core/ports/upstream.js';
import { createVirtualClock } from '../../testing/virtual-clock.js';
import { streamingService } from './streaming-service.js';

const cleanUps: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp();
});

/** 500 ms of speech at 48 kHz. */
const halfSecond = new Uint8Array(48_000).fill(1);
const wholeMs = 600_000;

/** Ten minutes, as fast as the transport takes them. */
async function sendTenMinutes(call: StreamCall): Promise<void> {
  const value = { audioData: halfSecond, sampleRate: 48_000, channels: 1 };
  for (let sentMs = 0; sentMs < wholeMs; sentMs += 500) {
    if (call.write({ content: { case: 'audioChunk', value } })) continue;
    await new Promise<void>((resolve) => {
      call.once('drain', resolve);
      call.once('cancelled', resolve);
    });
    if (call.cancelled) return;
  }
  call.write({ content: { case: 'endMessage', value: 'done' } });
  call.end();
}

const turns = () => new Promise<void>((resolve) => setImmediate(resolve));

describe('an answer of ten minutes that comes faster than it is heard', () => {
  it.each([
    ['by a consumer that reports what was heard', true],
    ['by a consumer that never does', false],
  ])('is held within maxAheadMs, and comes whole, past the deadline of a call, %s', async (_who, reports) => {
    const clock = createVirtualClock();
    const server = await startStreamServer((call) => void sendTenMinutes(call));
    const service = streamingService({
      target: server.target,
      hardwareId: 'kiosk-7',
      scheduler: clock.scheduler,
      maxAheadMs: 20_000,
    });
    cleanUps.push(server.close, service.close);
    const requests$ = new Subject<UpstreamRequest>();
    let receivedMs = 0;
    let replyId = '';
    let end: UpstreamEvent | undefined;
    const session = service.openSession(requests$).subscribe((event) => {
      if (event.type === 'reply-started') replyId = event.replyId;
      else if (event.type === 'reply-audio') receivedMs += (event.frame.samplesPerChannel * 1000) / 48_000;
      else if (event.type === 'reply-ended' || event.type === 'turn-failed') end = event;
    });
    requests$.next({ type: 'turn-text', turnId: 'a', revision: 1, text: 'tell me everything' });
    requests$.next({ type: 'turn-ended', turnId: 'a', revision: 1 });

    let heardMs = 0;
    let mostMs = 0;
    for (let k = 0; heardMs < wholeMs || end === undefined; k++) {
      // The transport gets some turns of the event loop for each 250 ms of the answer.
      for (let n = 0; n < 10; n++) await turns();
      mostMs = Math.max(mostMs, receivedMs - heardMs);
      if (receivedMs === heardMs && end === undefined) continue;
      clock.advanceBy(250);
      heardMs = Math.min(receivedMs, heardMs + 250);
      if (reports && k % 2 === 0) requests$.next({ type: 'reply-progress', replyId, heardMs });
    }

    session.unsubscribe();
    expect(end).toMatchObject({ type: 'reply-ended', reason: 'complete' });
    expect(receivedMs).toBe(wholeMs);
    expect(mostMs).toBeGreaterThan(15_000);
    // One message more than the bound, and the half second between two reports.
    expect(mostMs).toBeLessThanOrEqual(20_000 + 1000);
  });
});
