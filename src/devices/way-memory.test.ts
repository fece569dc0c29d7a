import { Subject } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { createVirtualClock } from '../testing/index.js';
import { createWayMemory } from './way-memory.js';

const pulse = { backend: 'process', api: 'pulse' } as const;
const alsa = { backend: 'process', api: 'alsa' } as const;

describe('the memory of the way to devices', () => {
  it('stays with a sound server for 15 s after it is lost, and no longer', () => {
    const clock = createVirtualClock();
    const memory = createWayMemory(clock.scheduler);
    const stream$ = new Subject<number>();
    stream$.pipe(memory.opened(pulse)).subscribe({ error: () => {} });
    expect(memory.current, 'before anything came').toBeUndefined();

    stream$.next(1);
    clock.advanceBy(3_600_000);
    expect(memory.current, 'while it is open').toEqual(pulse);

    stream$.error(new Error('gone'));
    clock.advanceBy(14_999);
    expect(memory.current).toEqual(pulse);
    clock.advanceBy(2);
    expect(memory.current).toBeUndefined();
  });

  it('knows already when whoever hears of the loss opens again', () => {
    const clock = createVirtualClock();
    const memory = createWayMemory(clock.scheduler);
    const stream$ = new Subject<number>();
    let seen: unknown;
    stream$.pipe(memory.opened(pulse)).subscribe({
      error: () => {
        seen = memory.current;
      },
    });
    stream$.next(1);
    stream$.error(new Error('gone'));
    expect(seen).toEqual(pulse);
  });

  it('is not loyal to a server that was never heard, nor to a card', () => {
    const clock = createVirtualClock();
    const memory = createWayMemory(clock.scheduler);
    const refused$ = new Subject<number>();
    refused$.pipe(memory.opened(pulse)).subscribe({ error: () => {} });
    refused$.error(new Error('refused'));
    expect(memory.current).toBeUndefined();

    const card$ = new Subject<number>();
    card$.pipe(memory.opened(alsa)).subscribe();
    card$.next(1);
    expect(memory.current).toBeUndefined();
  });

  it('counts the two devices of a conversation as one server', () => {
    const clock = createVirtualClock();
    const memory = createWayMemory(clock.scheduler);
    const [microphone$, loudspeaker$] = [new Subject<number>(), new Subject<number>()];
    const captured = microphone$.pipe(memory.opened(pulse)).subscribe();
    loudspeaker$.pipe(memory.opened(pulse)).subscribe();
    microphone$.next(1);
    loudspeaker$.next(1);
    captured.unsubscribe();
    captured.unsubscribe();
    clock.advanceBy(60_000);
    expect(memory.current, 'the other one is still open').toEqual(pulse);
    loudspeaker$.complete();
    clock.advanceBy(60_000);
    expect(memory.current).toBeUndefined();
  });
});
