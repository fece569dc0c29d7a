import { describe, expect, it } from 'vitest';
import { end, errorMessage, type FakeCall, fakeService, settled } from '../../../test/support/fake-calls.js';
import { createPartialTranscripts } from './partial-transcripts.js';

const collected = { case: 'endMessage', value: 'COLLECT_ACCEPTED' } as const;

function start() {
  const service = fakeService();
  const refusals: string[] = [];
  const partials = createPartialTranscripts(service.connection, service.context, (why) => refusals.push(why));
  return {
    ...service,
    partials,
    refusals,
    sent: () =>
      service.calls.map(({ request }) => [
        request.sessionId,
        request.phase,
        request.chunkSeq,
        request.chunkText,
      ]),
    async accept() {
      const call = service.calls.at(-1) as FakeCall;
      call.say(collected);
      await call.endWith();
    },
  };
}

describe('partial transcripts', () => {
  it('are sent as far as two in a row agree, in order, under one session id that the turn is asked with', async () => {
    const { partials, sent, accept } = start();
    partials.add('turn');
    expect(sent()).toEqual([]);
    partials.add('turn on');
    await accept();
    partials.add('turn on a');
    await accept();
    partials.add('turn on the light');
    partials.add('turn on the light please');
    await accept();

    expect(sent()).toEqual([
      ['id-1', 1, 0, 'turn'],
      ['id-1', 1, 1, 'turn on'],
      ['id-1', 1, 2, 'turn on the light'],
    ]);
    expect(partials.finish('turn on the light, please')).toEqual({ sessionId: 'id-2', commit: false });
    const again = start();
    again.partials.add('turn on');
    again.partials.add('turn on');
    await again.accept();
    expect(again.partials.finish('turn on the light')).toEqual({ sessionId: 'id-1', commit: true });
  });

  it('wait for each other: one call at a time, with all that is certain by then', async () => {
    const { partials, sent, accept } = start();
    for (const text of ['one', 'one two', 'one two three', 'one two three four']) partials.add(text);
    expect(sent()).toEqual([['id-1', 1, 0, 'one']]);
    await accept();

    expect(sent()).toEqual([
      ['id-1', 1, 0, 'one'],
      ['id-1', 1, 1, 'one two three'],
    ]);
  });

  it('that were wrong are left behind: the turn is asked where nothing was collected', async () => {
    const { partials, sent, accept } = start();
    partials.add('recognise speech');
    partials.add('recognise speech now');
    await accept();
    partials.add('wreck a nice beach');
    partials.add('wreck a nice beach today');

    expect(sent()).toHaveLength(1);
    expect(partials.finish('wreck a nice beach today')).toEqual({ sessionId: 'id-2', commit: false });
  });

  it('that the service refuses are not sent any more', async () => {
    const { partials, calls, refusals } = start();
    partials.add('one two');
    partials.add('one two three');
    calls[0]?.say(errorMessage('Empty prompt: text field is required'));
    await calls[0]?.endWith(3);
    partials.add('one two three four');
    partials.add('one two three four five');

    expect(refusals).toEqual(['Empty prompt: text field is required']);
    expect(calls).toHaveLength(1);
    expect(partials.finish('one two three')).toEqual({ sessionId: 'id-2', commit: false });
  });

  it('that are not acknowledged in time are given up', async () => {
    const { partials, calls, clock, refusals } = start();
    partials.add('one');
    partials.add('one two');
    clock.advanceBy(15_000);

    expect(refusals).toHaveLength(1);
    expect(calls[0]?.cancelled).toBe(1);
  });

  it('do not hold the end of the turn up: what is under way is cancelled', async () => {
    const { partials, calls } = start();
    partials.add('one');
    partials.add('one two');
    const asked = partials.finish('one two');
    calls[0]?.say(end);
    await settled();

    expect(asked).toEqual({ sessionId: 'id-2', commit: false });
    expect(calls[0]?.cancelled).toBe(1);
  });
});
