import {
  audioFrame,
  type ClosableSynthesizer,
  defaultVoiceLadderOptions,
  earcon,
  SpeechError,
  voiceLadder,
} from 'earshot';
import { createVirtualClock } from 'earshot/testing';
import { catchError, concat, from, ignoreElements, map, of, throwError } from 'rxjs';
import { describe, expect, it } from 'vitest';
import type { StartEngineChild } from '../src/adapters/engine-host/engine-child.js';
import { createEngineHost } from '../src/adapters/engine-host/engine-host.js';
import type { After } from '../src/adapters/engine-host/timers.js';

const { format } = defaultVoiceLadderOptions;

/** A voice in a child process that is killed again and again for a while, with an earcon below it. */
function killedVoice({
  loadMs,
  killedForMs,
  textEveryMs = 5000,
  pastMs = 900_000,
}: {
  loadMs: number;
  killedForMs: number;
  textEveryMs?: number;
  pastMs?: number;
}) {
  const clock = createVirtualClock();
  const { scheduler } = clock;
  let die: () => void = () => {};
  let starts = 0;
  const startChild: StartEngineChild = (_program, { onMessage, onGone }) => {
    let isAlive = true;
    starts += 1;
    const end = () => {
      isAlive = false;
    };
    const later = (ms: number, news: object) =>
      scheduler.schedule(() => {
        if (isAlive) onMessage({ ...news, residentBytes: 0 } as Parameters<typeof onMessage>[0]);
      }, ms);
    later(loadMs, { type: 'ready' });
    die = () => {
      if (!isAlive) return;
      end();
      onGone('was killed');
    };
    return {
      pid: starts,
      gone: Promise.resolve(),
      send(order) {
        if (order.type !== 'run') return;
        later(1, { type: 'begun', id: order.id });
        later(400, { type: 'piece', id: order.id, piece: 'sound' });
        later(401, { type: 'done', id: order.id });
      },
      keepAlive: () => {},
      kill: end,
      residentBytes: () => Promise.resolve(undefined),
    };
  };
  const after: After = (delayMs, work) => {
    const timer = scheduler.schedule(work, delayMs);
    return { cancel: () => timer.unsubscribe(), keepAlive: () => {} };
  };
  const host = createEngineHost<object, string, string>(
    { label: 'the voice', program: { file: 'none', nodeOptions: [] }, settings: {} },
    { startChild, after },
  );
  const voice: ClosableSynthesizer = {
    format,
    engine: 'killed',
    voice: 'killed',
    speed: 1,
    synthesize: (text) =>
      host.request(text).pipe(
        map(() => audioFrame(format, new Float32Array(480), 0)),
        catchError((cause: Error) =>
          throwError(() => new SpeechError('SYNTHESIS_FAILED', cause.message, { retryable: true, cause })),
        ),
      ),
  };
  const ladder = voiceLadder(
    [
      { name: 'killed', open: () => concat(host.warmUp().pipe(ignoreElements()), of(voice)) },
      { name: 'earcon', open: () => from([earcon()]) },
    ],
    { scheduler },
  );
  let inUse = '';
  let usedAtMs = 0;
  ladder.events$.subscribe((event) => {
    if (event.type === 'rung-in-use') {
      inUse = event.rung;
      usedAtMs = scheduler.now();
    }
  });
  ladder.warmUp().subscribe();
  clock.advanceBy(loadMs + 1000);
  const fromMs = clock.nowMs;
  const killing = scheduler.schedule(function kill() {
    die();
    this.schedule(undefined, 700);
  }, 700);
  scheduler.schedule(() => killing.unsubscribe(), killedForMs);
  for (let ms = 0; ms < killedForMs + pastMs; ms += textEveryMs) {
    ladder.synthesize('Hello.').subscribe();
    clock.advanceBy(textEveryMs);
  }
  return { inUse, backAfterMs: usedAtMs - fromMs - killedForMs, starts };
}

describe('a voice that is killed every 0.7 s for a while', () => {
  it.each([
    { loadMs: 600, killedForMs: 10_000, withinMs: 20_000 },
    { loadMs: 600, killedForMs: 60_000, withinMs: 40_000 },
    { loadMs: 6000, killedForMs: 60_000, withinMs: 45_000 },
    { loadMs: 20_000, killedForMs: 60_000, withinMs: 60_000 },
    { loadMs: 600, killedForMs: 600_000, withinMs: 340_000 },
    // Longer than `firstSoundMs`, and than the child stays when nothing is asked.
    { loadMs: 6000, killedForMs: 600_000, withinMs: 340_000 },
    { loadMs: 20_000, killedForMs: 600_000, withinMs: 340_000 },
  ])('is back within one rest, however long it takes to load: %o', ({ withinMs, ...story }) => {
    const { inUse, backAfterMs } = killedVoice(story);
    expect(inUse).toBe('killed');
    expect(backAfterMs).toBeGreaterThan(0);
    expect(backAfterMs).toBeLessThanOrEqual(withinMs);
  });
});
