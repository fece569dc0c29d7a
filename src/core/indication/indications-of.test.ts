import { Subject } from 'rxjs';
import { describe, expect, it } from 'vitest';
import type { ConversationState } from '../conversation/conversation-state.js';
import { VoiceError } from '../errors.js';
import type { PipelineEvent } from '../pipeline/pipeline-event.js';
import type { Indication } from '../ports/indicator.js';
import { indicationsOf } from './indications-of.js';

const format = { sampleRateHz: 16_000, channels: 1 };
const error = new VoiceError('DEVICE_LOST', 'gone; plug it in');
const turn = { turnId: 't1', revision: 1 };
const awaiting: ConversationState = { name: 'awaiting-reply', ...turn, reopenUntilMs: 0 };
const replying: ConversationState = {
  name: 'replying',
  ...turn,
  replyId: 'r1',
  interruptible: true,
  progress: 'receiving',
};

function light() {
  const events$ = new Subject<PipelineEvent>();
  const seen: Indication[] = [];
  const ends: string[] = [];
  events$.pipe(indicationsOf()).subscribe({
    next: (indication) => seen.push(indication),
    error: (cause) => ends.push(String(cause)),
    complete: () => ends.push('completed'),
  });
  const tell = (event: Record<string, unknown>) => events$.next({ atMs: 0, ...event } as PipelineEvent);
  const opens = (device: string) => tell({ type: 'device-opened', device, format });
  return {
    events$,
    seen,
    ends,
    tell,
    opens,
    state: (state: ConversationState) =>
      tell({ type: 'state-changed', state, previous: { name: 'idle' }, cause: 'test' }),
    start() {
      opens('loudspeaker');
      tell({ type: 'session-opened', sessionId: 's1' });
      opens('microphone');
    },
  };
}

describe('what a person sees of a pipeline', () => {
  it('is that it starts, until both devices and the service are there', () => {
    const { seen, tell, opens } = light();

    opens('loudspeaker');
    opens('microphone');
    expect(seen).toEqual(['starting']);

    tell({ type: 'session-opened', sessionId: 's1' });
    expect(seen).toEqual(['starting', 'ready']);
  });

  it('follows a conversation, and does not change while it is undecided whether somebody speaks', () => {
    const { seen, start, state } = light();
    start();

    state({ name: 'listening', ...turn });
    state(awaiting);
    state({ name: 'filling', ...turn, reopenUntilMs: 0, fillerId: 'f1' });
    state(replying);
    state({ name: 'ducking', over: replying });
    state(replying);
    state({ name: 'idle' });

    expect(seen).toEqual(['starting', 'ready', 'listening', 'thinking', 'speaking', 'ready']);
  });

  it('is that the microphone is muted, whatever else goes on', () => {
    const { seen, start, state, tell } = light();
    start();

    tell({ type: 'microphone-muted', muted: true });
    state(replying);
    tell({ type: 'device-lost', device: 'loudspeaker', error, retryInMs: 100 });
    tell({ type: 'microphone-muted', muted: false });

    expect(seen).toEqual(['starting', 'ready', 'muted', 'faulty']);
  });

  it('is a fault from the loss of any part until all are back', () => {
    const { seen, start, tell, opens } = light();
    start();

    tell({ type: 'device-lost', device: 'loudspeaker', error, retryInMs: 100 });
    tell({ type: 'detector-lost', error, retryInMs: 100 });
    opens('loudspeaker');
    expect(seen.at(-1)).toBe('faulty');
    opens('microphone');

    expect(seen).toEqual(['starting', 'ready', 'faulty', 'ready']);
  });

  it('is that the service cannot be reached, but not while somebody speaks or is heard', () => {
    const { seen, start, state, tell } = light();
    start();

    tell({ type: 'session-lost', error, retryInMs: 100 });
    state({ name: 'listening', ...turn });
    state(awaiting);
    state({ name: 'apologising', turnId: 't1', fillerId: 'sorry' });
    state({ name: 'idle' });
    tell({ type: 'session-opened', sessionId: 's2' });
    tell({ type: 'degraded-mode-entered', error });
    tell({ type: 'degraded-mode-left', lastedMs: 1, turnsLost: 1 });

    expect(seen.slice(2)).toEqual([
      'unreachable',
      'listening',
      'unreachable',
      'speaking',
      'unreachable',
      'ready',
      'unreachable',
      'ready',
    ]);
  });

  it('says that the loop has ended, then completes; and passes an error on as it is', () => {
    const first = light();
    first.start();
    first.events$.complete();
    expect([first.seen.at(-1), first.ends]).toEqual(['off', ['completed']]);

    const second = light();
    second.events$.error('broken');
    expect([second.seen, second.ends]).toEqual([['starting'], ['broken']]);
  });

  it('is fresh for each subscriber, and lets go of the events', () => {
    const events$ = new Subject<PipelineEvent>();
    const indications$ = events$.pipe(indicationsOf());
    const first: Indication[] = [];
    const subscription = indications$.subscribe((indication) => first.push(indication));
    events$.next({ type: 'microphone-muted', muted: true, atMs: 0 });
    const second: Indication[] = [];
    indications$.subscribe((indication) => second.push(indication)).unsubscribe();
    subscription.unsubscribe();

    expect([first, second, events$.observed]).toEqual([['starting', 'muted'], ['starting'], false]);
  });
});
