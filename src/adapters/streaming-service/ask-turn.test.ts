import type { UnknownEnum } from '@bufbuild/protobuf';
import { describe, expect, it } from 'vitest';
import {
  end,
  errorMessage,
  type FakeCall,
  fakeService,
  settled,
  text,
} from '../../../test/support/fake-calls.js';
import type { UpstreamEvent } from '../../core/ports/upstream.js';
import { askTurn } from './ask-turn.js';
import type { ServiceEvent } from './service-event.js';
import type { StreamingServiceOptions } from './streaming-service-options.js';

function ask(options: Partial<StreamingServiceOptions> = {}) {
  const service = fakeService(options);
  const events: UpstreamEvent[] = [];
  let over = 0;
  const question = { turnId: 'a', revision: 2, text: 'hello', sessionId: 'first', commit: true };
  const turn = askTurn(question, service.connection, service.context, {
    event: (event) => events.push(event),
    answering: () => {},
    over: () => {
      over += 1;
    },
  });
  return {
    ...service,
    events,
    turn,
    overs: () => over,
    /** The call under way. */
    call: () => service.calls.at(-1) as FakeCall,
    ended: () => service.told.filter((event) => event.type === 'attempt-ended'),
  };
}

const sayEnd = (call: FakeCall) => {
  call.say(end);
  return call.endWith();
};
const unavailable = [14, 'Connection refused'] as const;

describe('a turn that fails before data', () => {
  it('is asked again after 1, 2, 4 and 8 s with another session id each, and is one turn to the port', async () => {
    const { call, calls, clock, events, ended, overs, told } = ask();
    const startMs = clock.nowMs;
    for (const delayMs of [1000, 2000, 4000, 8000]) {
      await call().endWith(...unavailable);
      expect(events).toEqual([]);
      const before = calls.length;
      clock.advanceBy(delayMs - 1);
      expect(calls).toHaveLength(before);
      clock.advanceBy(1);
      expect(calls).toHaveLength(before + 1);
    }
    expect(overs()).toBe(0);
    await call().endWith(...unavailable);
    clock.advanceBy(60_000);

    expect(calls.map(({ request }) => request.sessionId)).toEqual(['first', 'id-1', 'id-2', 'id-3', 'id-4']);
    // What was collected is bound to the first id; the whole text goes along with each.
    expect(calls.map(({ request }) => [request.prompt, request.phase ?? 0])).toEqual([
      ['hello', 2],
      ...Array.from({ length: 4 }, () => ['hello', 0]),
    ]);
    expect(events).toMatchObject([
      {
        type: 'turn-failed',
        turnId: 'a',
        revision: 2,
        error: { code: 'UPSTREAM_UNREACHABLE', grpcStatus: 14 },
      },
      { type: 'session-lost', error: { code: 'UPSTREAM_UNREACHABLE' } },
    ]);
    expect(overs()).toBe(1);
    expect(told.filter(({ type }) => type === 'attempt-started')).toMatchObject(
      // On the clock of the scheduler that the service was given.
      [0, 1000, 3000, 7000, 15_000].map((afterMs, index) => ({
        attempt: index + 1,
        turnId: 'a',
        revision: 2,
        atMs: startMs + afterMs,
      })),
    );
    expect(ended()).toMatchObject(
      [1000, 2000, 4000, 8000, null].map((retryInMs, index) => ({
        attempt: index + 1,
        outcome: 'failed',
        code: 'UPSTREAM_UNREACHABLE',
        grpcStatus: 14,
        retryable: true,
        message: 'Connection refused',
        decision: retryInMs === null ? 'give-up' : 'retry',
        retryInMs,
      })),
    );
  });

  it('is answered by the attempt that succeeds; nothing is said of the others', async () => {
    const { call, clock, events, ended } = ask();
    await call().endWith(13, 'Received RST_STREAM with code 2');
    clock.advanceBy(1000);
    await settled();
    call().say(text('Hi.'), end);
    await call().endWith();

    expect(events).toMatchObject([
      { type: 'reply-started', replyId: 'id-1', revision: 2 },
      { type: 'reply-text' },
      { type: 'reply-ended', replyId: 'id-1', reason: 'complete' },
    ]);
    expect(ended()).toMatchObject([
      { decision: 'retry' },
      { outcome: 'complete', code: null, decision: 'done' },
    ]);
  });

  it('gives the connection up before each next attempt where it may be dead', async () => {
    const { call, clock, replaced } = ask();
    await call().endWith(...unavailable);
    clock.advanceBy(1000);
    await call().endWith(8, 'Bandwidth exhausted or memory limit exceeded');
    clock.advanceBy(2000);
    await call().endWith(13, 'the model is out of order');
    clock.advanceBy(4000);
    await call().endWith(4);

    expect(replaced).toEqual([false, true, false]);
  });

  it.each<[string, Partial<StreamingServiceOptions>, (call: FakeCall) => unknown]>([
    ['is refused', {}, (call) => call.endWith(7, 'no')],
    ['was answered with nothing', {}, (call) => sayEnd(call)],
    ['is not to be asked again', { maxRetries: 0 }, (call) => call.endWith(...unavailable)],
  ])('and %s is not asked again', async (_why, options, finish) => {
    const { call, calls, clock, events, ended } = ask(options);
    await finish(call());
    clock.advanceBy(60_000);

    expect(calls).toHaveLength(1);
    expect(events[0]).toMatchObject({ type: 'turn-failed' });
    expect(ended()).toMatchObject([{ decision: 'give-up', retryInMs: null }]);
  });

  it('because its session id is taken gets another at once, and once', async () => {
    const { call, calls, clock, events } = ask();
    for (let k = 0; k < 2; k++) {
      call().say(errorMessage('Concurrent request for session_id=first is not allowed'));
      await call().endWith(8);
      clock.advanceBy(0);
    }
    clock.advanceBy(60_000);

    expect(calls.map(({ request }) => request.sessionId)).toEqual(['first', 'id-1']);
    expect(events).toMatchObject([{ type: 'turn-failed', error: { code: 'UPSTREAM_OVERLOADED' } }]);
  });
});

describe('a turn that an interrupt blocks', () => {
  const blocked = async (call: FakeCall) => {
    call.say(errorMessage('Глобальное прерывание активно'));
    await call.endWith(13, '');
  };

  it('is asked again when the block that we caused is over', async () => {
    const service = fakeService();
    service.context.interrupts.noteSent();
    service.context.interrupts.noteTaken();
    service.clock.advanceBy(1500);
    const question = { turnId: 'a', revision: 1, text: 'hello', sessionId: 'first', commit: false };
    const listener = { event: () => {}, answering: () => {}, over: () => {} };
    askTurn(question, service.connection, service.context, listener);
    await blocked(service.calls[0] as FakeCall);
    service.clock.advanceBy(3599);
    expect(service.calls).toHaveLength(1);
    service.clock.advanceBy(1);

    expect(service.calls).toHaveLength(2);
  });

  it('is asked each second for six when somebody else caused it, then it is given up as blocked', async () => {
    const { call, calls, clock, events, ended } = ask();
    for (let k = 0; k < 7; k++) {
      await blocked(call());
      clock.advanceBy(1000);
    }
    clock.advanceBy(60_000);

    expect(calls).toHaveLength(7);
    expect(events).toMatchObject([
      { type: 'turn-failed', error: { code: 'UPSTREAM_ABORTED', retryable: true } },
    ]);
    expect(ended().at(-1)).toMatchObject({ outcome: 'blocked', decision: 'give-up', grpcStatus: 13 });
  });

  it('is not asked again when the interrupt was meant for it', async () => {
    const { call, calls, clock, context, ended } = ask();
    context.interrupts.noteSent();
    call().say(errorMessage('Concurrent request for session_id=first is not allowed'));
    await call().endWith(8);
    clock.advanceBy(60_000);

    expect(calls).toHaveLength(1);
    expect(ended()).toMatchObject([{ outcome: 'blocked', decision: 'give-up' }]);
  });
});

describe('a turn that is cancelled', () => {
  it('in the middle of an attempt cancels the call at once and says nothing more', async () => {
    const { call, clock, events, turn, ended, overs } = ask();
    call().say(text('One.'));
    await settled();
    clock.advanceBy(700);
    turn.cancel();
    turn.cancel();
    call().say(text('Two.'), end);
    await call().endWith();
    clock.advanceBy(60_000);

    expect(call().cancelled).toBe(1);
    expect(events.map(({ type }) => type)).toEqual(['reply-started', 'reply-text']);
    expect(ended()).toMatchObject([{ outcome: 'cancelled', decision: 'done', code: null, afterMs: 700 }]);
    expect(overs()).toBe(0);
  });

  it('while it waits for the next attempt is not asked again', async () => {
    const { call, calls, clock, events, turn, ended } = ask();
    await call().endWith(...unavailable);
    clock.advanceBy(500);
    turn.cancel();
    clock.advanceBy(60_000);

    expect(calls).toHaveLength(1);
    expect(events).toEqual([]);
    expect(ended()).toHaveLength(1);
  });

  it('by whoever is told of an attempt makes no call', async () => {
    const { call, calls, clock, context, turn } = ask();
    context.events.events$.subscribe((event: ServiceEvent) => {
      if (event.type === 'attempt-started') turn.cancel();
    });
    await call().endWith(...unavailable);
    clock.advanceBy(60_000);

    expect(calls).toHaveLength(1);
  });
});

describe('what is told of an attempt', () => {
  it('is the first message of each kind, audio as it came, and progress', async () => {
    const { call, clock, told } = ask();
    const bytes = Uint8Array.of(1, 2, 3);
    const audioChunk = { audioData: bytes, dtype: 'int16', sampleRate: 48_000, channels: 1, shape: [1, 1] };
    clock.advanceBy(20);
    call().say(text('One.'), text('Two.'));
    await settled();
    clock.advanceBy(30);
    call().say(
      { case: 'audioChunk', value: audioChunk },
      { case: 'browserProgress', value: { type: 2, taskId: 't', stepNumber: 3, timestamp: '2026-01-01' } },
      { case: 'browserProgress', value: { type: 99 as UnknownEnum } },
      { case: 'actionMessage', value: { actionJson: '{}' } },
    );
    await settled();
    bytes.fill(9);

    expect(told.slice(1)).toEqual([
      { type: 'first-message', sessionId: 'first', kind: 'text', afterMs: 20 },
      { type: 'first-message', sessionId: 'first', kind: 'audio', afterMs: 50 },
      {
        type: 'audio-received',
        sessionId: 'first',
        bytes: Uint8Array.of(1, 2, 3),
        dtype: 'int16',
        sampleRateHz: 48_000,
        channels: 1,
        shape: [1, 1],
      },
      { type: 'first-message', sessionId: 'first', kind: 'progress', afterMs: 50 },
      {
        type: 'progress',
        sessionId: 'first',
        kind: 'BROWSER_STEP_COMPLETED',
        taskId: 't',
        stepNumber: 3,
        description: null,
        url: null,
        action: null,
        error: null,
        timestamp: '2026-01-01',
      },
      expect.objectContaining({ type: 'progress', kind: '99' }),
      { type: 'first-message', sessionId: 'first', kind: 'action', afterMs: 50 },
    ]);
  });

  it('counts progress as a sign of an answer, so that what a browser does is not done twice', async () => {
    const { call, calls, clock, events } = ask();
    call().say({ case: 'browserProgress', value: { taskId: 't' } });
    await call().endWith(13, 'the browser crashed');
    clock.advanceBy(60_000);

    expect(calls).toHaveLength(1);
    expect(events).toMatchObject([{ type: 'reply-started' }, { type: 'reply-ended', reason: 'truncated' }]);
  });

  it('takes a text behind __MCP__ for the action that it is', async () => {
    const { call, events, told } = ask();
    call().say(
      text('__MCP__{"event":"mcp.command_request","payload":{"command":"nod","args":{"times":2}}}'),
      text('__MCP__{"event":"mcp.command_request","payload":{"command":"shake"}}'),
      text('Yes.'),
      end,
    );
    await call().endWith();

    expect(events).toMatchObject([
      { type: 'reply-started' },
      { type: 'action', command: 'nod', args: { times: 2 } },
      { type: 'upstream-fact', fact: 'action-repeated' },
      { type: 'reply-text', text: 'Yes.' },
      { type: 'reply-ended', reason: 'complete' },
    ]);
    expect(told).toContainEqual(expect.objectContaining({ type: 'first-message', kind: 'action' }));
  });
});
