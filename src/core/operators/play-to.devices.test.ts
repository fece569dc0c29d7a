import { Subject } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { randomNumbers, stallingScheduler } from '../../../test/support/capture-device.js';
import { desk, mono48 } from '../../../test/support/loudspeaker-desk.js';
import { createVirtualClock } from '../../testing/virtual-clock.js';
import { audioFrame } from '../audio/audio-frame.js';
import { pacedSink } from '../pacing/paced-sink.js';
import { createTimeBase } from '../pacing/time-base.js';
import type { PlayoutCommand, PlayoutEvent, PlayoutOwner } from '../playout/playout-types.js';
import type { AudioSink } from '../ports/audio-sink.js';
import { playTo } from './play-to.js';

/** Each owner has a level of its own, so that whose sample it was can be told from it. */
const levelOf = (n: number): number => 0.5 + n / 1024;

/** Somebody who plays, ducks, hands over and cuts as it comes, now and then from inside of what is told. */
function conversation(seed: number) {
  const random = randomNumbers(seed);
  const upTo = (max: number): number => Math.floor(random() * (max + 1));
  // Whoever comes late finds several frames due at once, and whoever looks at the position first emits them.
  const stalls = Array.from({ length: 40 }, (_, index) => {
    const fromMs = 1500 + index * 100 + upTo(50);
    return [fromMs, fromMs + 5 + upTo(30)] as const;
  });
  const d = desk({
    stalls,
    device: {
      openMs: upTo(2) * 10,
      startMs: () => 5 + 20 * random(),
      reportEveryMs: 10,
      lowMs: () => 5 * random(),
      reachMs: upTo(1) === 0 ? Infinity : 15,
    },
    options: { wake: { strategy: upTo(1) === 0 ? 'keep-alive' : 'off', sleepsAfterMs: 300 } },
  });
  const sink = d.openNow();
  const commands$ = new Subject<PlayoutCommand>();
  const events: PlayoutEvent[] = [];
  const owners: PlayoutOwner[] = [];
  let fromInside: PlayoutCommand | undefined;
  const giveFromInside = (): void => {
    const command = fromInside;
    fromInside = undefined;
    if (command) commands$.next(command);
  };
  let end: unknown;
  commands$.pipe(playTo(sink, {}, stallingScheduler(d.clock.scheduler, stalls))).subscribe({
    next(event) {
      events.push(event);
      if (random() < 0.3) giveFromInside();
    },
    error: (error) => {
      end = error;
    },
  });
  sink.rendered$.subscribe(() => giveFromInside());

  const play = (kind: PlayoutOwner['kind'], ms: number): void => {
    const level = levelOf(owners.length);
    const owner = { kind, id: `${kind}${owners.length}` };
    owners.push(owner);
    const samples = new Float32Array(ms * 48).fill(level);
    const pausesMs = kind === 'filler' ? [ms / 4, ms / 2] : [];
    commands$.next({ type: 'play', owner, frame: audioFrame(mono48, samples, 0), pausesMs });
    commands$.next({ type: 'end', owner });
  };
  for (let round = 0; round < 150; round += 1) {
    const what = upTo(9);
    if (what <= 2) play('reply', 20 + upTo(300));
    else if (what === 3) play('filler', 100 + upTo(400));
    else if (what <= 8) {
      const type = (['duck', 'restore', 'cut'] as const)[upTo(2)] ?? 'cut';
      if (upTo(1) === 0) commands$.next({ type });
      else fromInside = { type };
    }
    d.clock.advanceBy(what === 9 ? 500 : upTo(40));
    // Whoever does all this stands still as well.
    const stall = stalls.find(([fromMs, untilMs]) => d.clock.nowMs >= fromMs && d.clock.nowMs < untilMs);
    if (stall) d.clock.run(stall[1]);
  }
  d.clock.advanceBy(60_000);
  return { d, events, owners, end };
}

describe('playTo on a loudspeaker whose stream is opened anew by each cut', () => {
  it.each(Array.from({ length: 20 }, (_, seed) => seed + 1))(
    'counts as heard what was heard, whatever is asked and from wherever: %i',
    (seed) => {
      const { d, events, owners, end } = conversation(seed);
      expect(end).toBeUndefined();
      const told = events.flatMap((event) => (event.type === 'playout-ended' ? [event] : []));
      expect(told.map(({ owner }) => owner.id).sort()).toEqual(owners.map(({ id }) => id).sort());
      const toldMs = told.reduce((sum, { heardMs }) => sum + heardMs, 0);
      const renderedMs =
        d.rendered.reduce((sum, { samples }) => sum + samples.filter((sample) => sample !== 0).length, 0) /
        48;
      // A hand-over fades to a sample of silence.
      expect(Math.abs(toldMs - renderedMs)).toBeLessThan(0.2);
    },
  );
});

describe('playTo on a sink that renders inside of any call', () => {
  /** Time passes between two calls, so each of them may find frames that are due, and whoever hears them may ask for something. */
  function rig(command: PlayoutCommand | 'leave', atLook: number) {
    const clock = createVirtualClock();
    const real = pacedSink({ format: mono48, timeBase: createTimeBase(clock.scheduler) });
    const written: number[] = [];
    real.rendered$.subscribe(({ samples }) => written.push(...samples.filter((sample) => sample !== 0)));
    let looks = 0;
    let heardAtLeaving = 0;
    const sink: AudioSink = {
      ...real,
      position() {
        looks += 1;
        if (looks === atLook) {
          if (command === 'leave') {
            heardAtLeaving = written.length;
            subscription.unsubscribe();
          } else commands$.next(command);
        }
        return real.position();
      },
    };
    const commands$ = new Subject<PlayoutCommand>();
    const events: PlayoutEvent[] = [];
    const problems: unknown[] = [];
    const subscription = commands$.pipe(playTo(sink, { cutRampMs: 0 }, clock.scheduler)).subscribe({
      next: (event) => events.push(event),
      error: (error) => problems.push(error),
    });
    const owner = { kind: 'reply', id: 'r1' } as const;
    const samples = new Float32Array(48 * 400).fill(0.5);
    commands$.next({ type: 'play', owner, frame: audioFrame(mono48, samples, 0) });
    commands$.next({ type: 'end', owner });
    return {
      clock,
      commands$,
      events,
      problems,
      real,
      heard: () => written.length,
      heardAfterLeaving: () => written.length - heardAtLeaving,
    };
  }
  const heardOf = (events: readonly PlayoutEvent[]): number =>
    events.reduce((sum, event) => sum + (event.type === 'playout-ended' ? event.heardMs : 0), 0);

  it.each(Array.from({ length: 60 }, (_, n) => n + 2))(
    'cuts at once, and counts what was heard: look %i',
    (look) => {
      const { clock, commands$, events, problems, heard, real } = rig({ type: 'cut' }, look);
      clock.advanceBy(1000);
      const owner = { kind: 'reply', id: 'r2' } as const;
      const samples = new Float32Array(48 * 100).fill(0.25);
      commands$.next({ type: 'play', owner, frame: audioFrame(mono48, samples, 0) });
      commands$.next({ type: 'end', owner });
      clock.advanceBy(1000);
      expect(problems).toEqual([]);
      expect(heardOf(events)).toBeCloseTo(heard() / 48, 1);
      expect(real.position().heardMs).toBeCloseTo(heard() / 48, 1);
      const told = events.flatMap((event) => (event.type === 'playout-ended' ? [event.owner.id] : []));
      expect(told.at(-1)).toBe('r2');
      expect(told.filter((id) => id === 'r2')).toHaveLength(1);
    },
  );

  it.each(Array.from({ length: 60 }, (_, n) => n + 2))(
    'leaves nothing to be heard when it is left: look %i',
    (look) => {
      const { clock, heardAfterLeaving } = rig('leave', look);
      clock.advanceBy(1000);
      // The period under way is the hardware's.
      expect(heardAfterLeaving()).toBeLessThanOrEqual(480);
    },
  );
});
