import { createVoicePipeline, DeviceError, ModelError, type PipelineEvent, UpstreamError } from 'earshot';
import { createVirtualClock, levelDetector, scriptedUpstream } from 'earshot/testing';
import { map, merge, mergeMap, mergeWith, NEVER, Subject, tap, throwError, timer } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { kiosk } from '../../../test/pipeline/kiosk.js';
import { watchProgress } from './watch-progress.js';
import type { ProgressReport } from './watchdog.js';
import { defaultWatchdogOptions, type WatchdogOptions } from './watchdog-options.js';

type Told = { [Type in PipelineEvent['type']]: Omit<Extract<PipelineEvent, { type: Type }>, 'atMs'> };
type ToldEvent = Told[keyof Told];

const level = (device: 'microphone' | 'loudspeaker') =>
  ({ type: 'level', device, endMs: 0, rmsDb: -50, peakDb: -40 }) as const;
const scored = {
  type: 'speech-probability',
  startMs: 0,
  endMs: 32,
  probability: 0,
  detectorProbability: 0,
  upstreamProbability: null,
  confidence: null,
} as const;
const retryable = { retryable: true };
const lost = (
  device: 'microphone' | 'loudspeaker',
  code: 'DEVICE_LOST' | 'DEVICE_NOT_FOUND' = 'DEVICE_LOST',
) =>
  ({
    type: 'device-lost',
    device,
    error: new DeviceError(code, 'it is gone; plug it in', retryable),
    retryInMs: 500,
  }) as const;

/** A watchdog and what it is told, in virtual time. */
function watched(options: Partial<WatchdogOptions> = {}) {
  const clock = createVirtualClock();
  const events$ = new Subject<PipelineEvent>();
  const reports: ProgressReport[] = [];
  let isComplete = false;
  events$.pipe(watchProgress(options, clock.scheduler)).subscribe({
    next: (report) => reports.push(report),
    complete: () => {
      isComplete = true;
    },
  });
  const tell = (...events: readonly ToldEvent[]) => {
    for (const event of events) events$.next({ atMs: clock.nowMs, ...event } as PipelineEvent);
  };
  const all = [level('microphone'), scored, level('loudspeaker')] as const;
  return {
    clock,
    events$,
    reports,
    tell,
    /** So long everything works, or what is given. */
    run(ms: number, ...events: readonly ToldEvent[]) {
      for (let passedMs = 0; passedMs < ms; passedMs += 100) {
        tell(...(events.length > 0 ? events : all));
        clock.advanceBy(100);
      }
    },
    get last() {
      const last = reports.at(-1);
      if (!last) throw new Error('there was no report yet');
      return last;
    },
    get isComplete() {
      return isComplete;
    },
  };
}

describe('watchProgress', () => {
  it('reports at every check, and that all parts move while they do', () => {
    const { run, reports } = watched();
    run(20_000);
    expect(reports).toHaveLength(40);
    expect(reports.every(({ isProgressing }) => isProgressing)).toBe(true);
    expect(Object.values(reports.at(-1)?.parts ?? {}).map(({ standing }) => standing)).toEqual([
      'moving',
      'moving',
      'moving',
    ]);
  });

  it.each([
    ['capture', [level('loudspeaker')]],
    ['detection', [level('loudspeaker'), level('microphone')]],
    ['playout', [level('microphone'), scored]],
  ] as const)(
    'finds that %s is stuck although the rest moves, and for no longer than it is',
    (part, rest) => {
      const dog = watched();
      dog.run(10_000);
      dog.run(9000, ...rest);
      expect(dog.last.isProgressing).toBe(true);
      dog.run(4000, ...rest);
      expect(dog.last.isProgressing).toBe(false);
      const stuck = Object.entries(dog.last.parts).filter(([, { standing }]) => standing === 'stuck');
      expect(stuck.map(([name]) => name)).toEqual([part]);

      dog.run(defaultWatchdogOptions.settledAfterMs + 1000);
      expect(dog.last.isProgressing).toBe(true);
      expect(dog.last.parts[part]).toEqual({ standing: 'moving', forMs: 0, error: null });
    },
  );

  it('finds that a loop that never got on is stuck', () => {
    const dog = watched();
    dog.clock.advanceBy(10_000);
    expect(dog.last.isProgressing).toBe(true);
    expect(dog.last.parts.capture.standing).toBe('opening');
    dog.clock.advanceBy(1000);
    expect(dog.last.isProgressing).toBe(false);
  });

  it('is not deceived by a device that opens, works for two seconds and is lost again', () => {
    const dog = watched();
    dog.run(10_000);
    for (let round = 0; round < 6; round += 1) {
      dog.run(2000);
      dog.tell(lost('loudspeaker'));
      dog.run(500, level('microphone'), scored);
    }
    expect(dog.last.isProgressing).toBe(false);
    expect(dog.last.parts.playout).toMatchObject({ standing: 'stuck', error: { code: 'DEVICE_LOST' } });
  });

  it('holds one loss after long work against nobody', () => {
    const dog = watched();
    for (let round = 0; round < 20; round += 1) {
      dog.run(9000);
      dog.tell(lost('microphone'));
      dog.run(500, level('loudspeaker'));
    }
    expect(dog.reports.every(({ isProgressing }) => isProgressing)).toBe(true);
  });

  it('waits for a device that is not there as long as it is told to, while it is tried', () => {
    const dog = watched({ maxAbsenceMs: 60_000 });
    dog.run(10_000);
    dog.tell(lost('microphone'));
    for (let second = 0; second < 59; second += 1) {
      dog.tell(lost('microphone', 'DEVICE_NOT_FOUND'));
      dog.run(1000, level('loudspeaker'));
    }
    expect(dog.reports.every(({ isProgressing }) => isProgressing)).toBe(true);
    expect(dog.last.parts.capture).toMatchObject({ standing: 'absent', error: { code: 'DEVICE_NOT_FOUND' } });

    dog.tell(lost('microphone', 'DEVICE_NOT_FOUND'));
    dog.run(2000, level('loudspeaker'));
    expect(dog.last.parts.capture.standing).toBe('stuck');
  });

  it('does not wait for a device that nobody tries to open any more', () => {
    const dog = watched();
    dog.run(10_000);
    dog.tell(lost('microphone', 'DEVICE_NOT_FOUND'));
    dog.run(12_000, level('loudspeaker'));
    expect(dog.last.parts.capture.standing).toBe('stuck');
  });

  it('finds a detector stuck that fails at every start, and no detector that is given nothing', () => {
    const failing = watched();
    failing.run(10_000);
    const error = new ModelError(
      'MODEL_INFERENCE_FAILED',
      'it scored nothing; it is started again',
      retryable,
    );
    for (let round = 0; round < 4; round += 1) {
      failing.tell({ type: 'detector-lost', error, retryInMs: 500 });
      failing.run(3500, level('microphone'), level('loudspeaker'));
    }
    expect(failing.last.parts).toMatchObject({
      capture: { standing: 'moving' },
      detection: { standing: 'stuck', error },
    });

    const unfed = watched();
    unfed.run(10_000);
    unfed.run(30_000, level('loudspeaker'));
    expect(unfed.last.parts).toMatchObject({
      capture: { standing: 'stuck' },
      detection: { standing: 'moving' },
    });
  });

  it('counts no time in which the event loop stood still', () => {
    const dog = watched();
    dog.run(10_000);
    // Nothing runs for a minute; then the timer is the first to come.
    let isLate = false;
    const { scheduler } = dog.clock;
    const slow = { now: () => scheduler.now() + (isLate ? 60_000 : 0), schedule: scheduler.schedule };
    const reports: ProgressReport[] = [];
    dog.events$.pipe(watchProgress({}, slow as typeof scheduler)).subscribe((report) => reports.push(report));
    dog.run(10_000);
    isLate = true;
    dog.clock.advanceBy(500);
    expect(reports.at(-1)?.atMs).toBe(dog.clock.nowMs + 60_000);
    expect(reports.every(({ isProgressing }) => isProgressing)).toBe(true);
  });

  it('ends with its source, and leaves no timer', () => {
    const dog = watched();
    dog.run(1000);
    dog.events$.complete();
    dog.clock.advanceBy(60_000);
    expect([dog.isComplete, dog.reports.length]).toEqual([true, 2]);
  });

  it.each([
    [{ stuckAfterMs: 999 }, 'stuckAfterMs'],
    [{ stuckAfterMs: 4000 }, 'settledAfterMs'],
    [{ stuckAfterMs: 6000, checkEveryMs: 5000 }, 'checkEveryMs'],
    [{ maxAbsenceMs: -1 }, 'maxAbsenceMs'],
    [{ settledAfterMs: Number.NaN }, 'settledAfterMs'],
  ])('refuses %o', (options, named) => {
    expect(() => watchProgress(options)).toThrow(named);
  });
});

describe('watchProgress over a pipeline', () => {
  const watch = (of: ReturnType<typeof kiosk>) => {
    const reports: ProgressReport[] = [];
    of.pipeline.events$.pipe(watchProgress({}, of.scheduler)).subscribe((report) => reports.push(report));
    return reports;
  };

  it('is satisfied with a conversation, and with silence', () => {
    const loop = kiosk();
    const reports = watch(loop);
    loop.wait(20_000);
    loop.say(1500, 'what time is it');
    loop.waitFor('playout-started');
    loop.wait(20_000);
    expect(reports.length).toBeGreaterThan(70);
    expect(reports.filter(({ isProgressing }) => !isProgressing)).toEqual([]);
    expect(Object.values(reports.at(-1)?.parts ?? {}).every(({ standing }) => standing === 'moving')).toBe(
      true,
    );
  });

  it('is satisfied while the service is dead, however long', () => {
    const dead = () =>
      throwError(() => new UpstreamError('UPSTREAM_UNREACHABLE', 'nobody is there; start it', retryable));
    const loop = kiosk({ through: (upstream) => ({ ...upstream, openSession: dead }) });
    const reports = watch(loop);
    for (let minute = 0; minute < 5; minute += 1) {
      loop.say(1500, 'is anybody there');
      loop.wait(30_000);
    }
    expect(loop.of('session-lost').length).toBeGreaterThan(10);
    expect(reports.filter(({ isProgressing }) => !isProgressing)).toEqual([]);
  });

  it('finds a microphone stuck that never delivers anything, through all attempts of the pipeline', () => {
    const healthy = kiosk();
    const format = healthy.microphone.format;
    const loop = kiosk({ ports: { microphone: { format, capture: () => NEVER } } });
    const reports = watch(loop);
    loop.wait(20_000);
    expect(loop.of('device-lost').length).toBeGreaterThan(3);
    expect(reports.at(-1)?.parts.capture).toMatchObject({
      standing: 'stuck',
      error: { code: 'DEVICE_LOST' },
    });
    expect(reports.at(-1)?.parts.playout.standing).toBe('moving');
  });

  it('finds a loudspeaker stuck that opens, seems to play for two seconds, and is lost, again and again', () => {
    const { loudspeaker, scheduler, ...rest } = kiosk();
    rest.subscription.unsubscribe();
    const lostAgain = timer(2000, scheduler).pipe(
      mergeMap(() =>
        throwError(() => new DeviceError('DEVICE_LOST', 'it plays nothing; unplug it', retryable)),
      ),
    );
    const flapping = {
      openSink: () =>
        loudspeaker.openSink().pipe(
          map((sink) => {
            const rendered$ = merge(sink.rendered$, lostAgain);
            return new Proxy(sink, {
              get: (of, name) => (name === 'rendered$' ? rendered$ : Reflect.get(of, name)),
            });
          }),
          mergeWith(lostAgain),
        ),
    };
    const { microphone } = rest;
    const pipeline = createVoicePipeline(
      {
        microphone,
        loudspeaker: flapping,
        detector: levelDetector(),
        upstream: scriptedUpstream({ scheduler, accepts: 'audio', answer: () => [] }),
      },
      { scheduler },
    );
    const reports: ProgressReport[] = [];
    const levels: PipelineEvent[] = [];
    pipeline.events$
      .pipe(
        tap((event) => {
          if (event.type === 'level' && event.device === 'loudspeaker') levels.push(event);
        }),
        watchProgress({}, scheduler),
      )
      .subscribe((report) => reports.push(report));
    rest.wait(30_000);
    // It looks alive most of the time.
    expect(levels.length).toBeGreaterThan(150);
    expect(reports.at(-1)?.parts).toMatchObject({
      capture: { standing: 'moving' },
      playout: { standing: 'stuck', error: { code: 'DEVICE_LOST' } },
    });
  });
});
