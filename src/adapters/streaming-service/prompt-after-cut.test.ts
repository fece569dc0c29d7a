import { Observable } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { type FakeCall, fakeService } from '../../../test/support/fake-calls.js';
import type { UpstreamEvent, UpstreamRequest } from '../../core/ports/upstream.js';
import { createSession, type Session } from './session.js';
import type { StreamingServiceOptions } from './streaming-service-options.js';

const interrupted = { replyId: 'r1', heardMs: 1200, heardText: 'One two' };

function start(options: Partial<StreamingServiceOptions>) {
  const { connection, context, calls } = fakeService(options);
  const events: UpstreamEvent[] = [];
  let session: Session | undefined;
  new Observable<UpstreamEvent>((subscriber) => {
    session = createSession(connection, context, () => {}, subscriber);
  }).subscribe((event) => events.push(event));
  const take = (request: UpstreamRequest) => session?.take(request);
  const ask = (cut: boolean) => {
    const turn = { turnId: 'b', revision: 1, ...(cut && { interrupted }) };
    const requests: UpstreamRequest[] = [
      { type: 'turn-text', ...turn, text: 'stop it' },
      { type: 'turn-ended', ...turn },
    ];
    for (const request of requests) take(request);
  };
  const prompts = () => calls.map(({ request }) => [request.sessionId, request.prompt, request.phase ?? 0]);
  return { take, ask, calls, events, prompts };
}
const promptAfterCut = (text: string, { heardText }: typeof interrupted) => `[heard: ${heardText}] ${text}`;

describe('the prompt after a cut', () => {
  it('is what the user said, unless something else is asked for', () => {
    const { ask, prompts } = start({});
    ask(true);
    expect(prompts()).toEqual([['id-1', 'stop it', 0]]);
  });

  it('is what the option makes of it, for the turn that cut and no other', () => {
    const cut = start({ promptAfterCut });
    cut.ask(true);
    expect(cut.prompts().map(([, prompt]) => prompt)).toEqual(['[heard: One two] stop it']);
    const ordinary = start({ promptAfterCut });
    ordinary.ask(false);
    expect(ordinary.prompts().map(([, prompt]) => prompt)).toEqual(['stop it']);
  });

  it('is asked apart from what was sent ahead, which begins differently', async () => {
    const { take, ask, calls, prompts } = start({ promptAfterCut, partialTranscripts: true });
    for (const [sequence, text] of ['stop', 'stop it'].entries()) {
      take({ type: 'turn-partial', turnId: 'b', revision: 1, text, sequence });
    }
    const collect = calls[0] as FakeCall;
    collect.say({ case: 'endMessage', value: 'COLLECT_ACCEPTED' });
    await collect.endWith();
    ask(true);
    const [sentAhead, asked] = prompts();
    expect(sentAhead?.[2]).toBe(1);
    expect(asked?.slice(1)).toEqual(['[heard: One two] stop it', 0]);
    expect(asked?.[0]).not.toBe(sentAhead?.[0]);
  });

  const oops = (): string => {
    throw new Error('oops');
  };
  it.each([
    ['throws', oops, ['prompt-after-cut-failed']],
    ['gives nothing', () => ' ', []],
  ])('is what the user said when the option %s', (_how, broken, facts) => {
    const { ask, prompts, events } = start({ promptAfterCut: broken });
    ask(true);
    expect(prompts()).toEqual([['id-1', 'stop it', 0]]);
    expect(events.flatMap((event) => (event.type === 'upstream-fact' ? [event.fact] : []))).toEqual(facts);
  });
});
