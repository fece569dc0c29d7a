import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  createTimeBase,
  createVoicePipeline,
  DeviceError,
  type PipelineEvent,
  type Upstream,
  UpstreamError,
} from 'earshot';
import { monotonicScheduler } from 'earshot/devices/clock';
import { memoryLoudspeaker, memoryMicrophone } from 'earshot/devices/memory';
import { levelDetector } from 'earshot/testing';
import {
  filter,
  firstValueFrom,
  lastValueFrom,
  NEVER,
  of,
  Subject,
  Subscription,
  skip,
  take,
  tap,
  throwError,
  toArray,
} from 'rxjs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  bindNotifySocket,
  type Heard,
  type NotifySocket,
  whyNoNotifySocket,
} from '../../../test/support/notify-socket.js';
import { watchProgress } from '../../core/watchdog/watch-progress.js';
import type { ProgressReport } from '../../core/watchdog/watchdog.js';
import { type FeedingReport, feedSystemd, systemdNotifier } from './index.js';

const moving = { standing: 'moving', forMs: 0, error: null } as const;
const stuck = {
  standing: 'stuck',
  forMs: 11_000,
  error: new DeviceError('DEVICE_LOST', 'it is gone; plug it in'),
} as const;
const reportAt = (atMs: number, capture: ProgressReport['parts']['capture'] = moving): ProgressReport => ({
  atMs,
  isProgressing: capture.standing !== 'stuck',
  parts: { capture, detection: moving, playout: moving },
});

describe('feedSystemd', () => {
  function fed(watchdogMs: number | null, ...reports: readonly ProgressReport[]) {
    const calls: string[] = [];
    const notifier = {
      ...systemdNotifier({ env: {}, pid: 1 }),
      watchdogMs,
      status: (text: string) => calls.push(text),
      feedWatchdog: () => calls.push('fed'),
    };
    const passedOn: FeedingReport[] = [];
    of(...reports)
      .pipe(feedSystemd(notifier))
      .subscribe((report) => passedOn.push(report));
    return { calls, passedOn };
  }
  const everyHalfSecond = (untilMs: number) =>
    Array.from({ length: untilMs / 500 }, (_, n) => reportAt(n * 500));

  it('feeds three times in a period, and passes every report on', () => {
    const { calls, passedOn } = fed(3000, ...everyHalfSecond(6000));
    expect(calls).toEqual(['capture, detection and playout work', ...Array(6).fill('fed')]);
    expect(passedOn.map(({ isFed }) => isFed)).toEqual(Array(12).fill(true));
  });

  it('stops at once when a part is stuck, says which and why, once, and goes on when it works again', () => {
    const { calls } = fed(3000, reportAt(0), reportAt(1000, stuck), reportAt(9000, stuck), reportAt(9500));
    expect(calls).toEqual([
      'capture, detection and playout work',
      'fed',
      'capture is stuck: [DEVICE_LOST] it is gone; plug it in',
      'capture, detection and playout work',
      'fed',
    ]);
  });

  it('feeds nobody who does not ask for it, and shows a status all the same', () => {
    const { calls, passedOn } = fed(null, ...everyHalfSecond(2000));
    expect(calls).toEqual(['capture, detection and playout work']);
    expect(passedOn.every(({ isFed }) => !isFed)).toBe(true);
  });
});

const missing = whyNoNotifySocket();
const watchdogMs = 1200;
const isFeed = (heard: Heard) => heard.type === 'told' && heard.variables.includes('WATCHDOG=1');
const isStatus = (text: string) => (heard: Heard) =>
  heard.type === 'told' && heard.variables.includes(`STATUS=${text}`);

describe('a loop in real time, on a real socket', () => {
  let folder: string;
  let socket: NotifySocket;
  let running: Subscription;

  beforeEach(async ({ skip }) => {
    if (missing !== undefined) return skip(missing);
    folder = mkdtempSync(join(tmpdir(), 'earshot-watchdog-'));
    socket = await bindNotifySocket(join(folder, 'notify'), watchdogMs);
    running = new Subscription();
  });
  afterEach(async () => {
    running?.unsubscribe();
    await socket?.close();
    if (folder) rmSync(folder, { recursive: true, force: true });
  });

  function startLoop(openSession: Upstream['openSession'] = () => NEVER) {
    const scheduler = monotonicScheduler();
    const timeBase = createTimeBase(scheduler);
    const microphone = memoryMicrophone({ timeBase });
    let isMicrophoneStuck = false;
    const pipeline = createVoicePipeline(
      {
        microphone: {
          format: microphone.format,
          capture: () => microphone.capture().pipe(filter(() => !isMicrophoneStuck)),
        },
        loudspeaker: memoryLoudspeaker({ timeBase }),
        detector: levelDetector(),
        upstream: { accepts: 'audio', format: microphone.format, openSession } as Upstream,
      },
      { scheduler, patience: { captureStallMs: 300, reopenDelayMs: 50, maxReopenDelayMs: 50 } },
    );
    const notifier = systemdNotifier({
      env: {
        PATH: process.env['PATH'],
        NOTIFY_SOCKET: socket.name,
        WATCHDOG_USEC: String(watchdogMs * 1000),
        WATCHDOG_PID: String(process.pid),
      },
      pid: process.pid,
    });
    const events$ = new Subject<PipelineEvent>();
    const reports$ = new Subject<FeedingReport>();
    const options = { stuckAfterMs: 1000, settledAfterMs: 500, checkEveryMs: 100 };
    running.add(() => notifier.close());
    running.add(
      pipeline.events$
        .pipe(
          tap((event) => events$.next(event)),
          watchProgress(options, scheduler),
          feedSystemd(notifier),
        )
        .subscribe(reports$),
    );
    notifier.ready();
    const flushed = () => lastValueFrom(notifier.flushed(), { defaultValue: undefined });
    return {
      events$,
      reports$,
      flushed,
      setStuck: (isStuck: boolean) => {
        isMicrophoneStuck = isStuck;
      },
      /** A line in the order of what is told. */
      async mark(text: string) {
        notifier.status(text);
        await flushed();
        await socket.waitFor(isStatus(text));
      },
    };
  }
  /** So many notifications more. */
  async function feeds(count: number) {
    for (let n = 0; n < count; n += 1) await socket.waitFor(isFeed, socket.heard.length);
  }
  const heardBetween = (from: string, to: string) =>
    socket.heard.slice(socket.heard.findIndex(isStatus(from)), socket.heard.findIndex(isStatus(to)));

  it('is fed while it works, and not while its event loop is blocked', async () => {
    const loop = startLoop();
    await feeds(3);
    await loop.flushed();
    const before = socket.heard.length;
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 3 * watchdogMs);
    await socket.waitFor(({ type }) => type === 'expired', before);
    const kinds = socket.heard.slice(before).map((heard) => (isFeed(heard) ? 'fed' : heard.type));
    expect(kinds.filter((kind) => kind !== 'told')[0]).toBe('expired');

    // It is not a part of it that was stuck.
    await feeds(2);
  });

  it('is not fed while a device is stuck, through all that is tried to mend it', async () => {
    const loop = startLoop();
    await feeds(2);
    const isHeldBack = firstValueFrom(loop.reports$.pipe(filter(({ isProgressing }) => !isProgressing)));
    loop.setStuck(true);
    const { parts } = await isHeldBack;
    expect(parts).toMatchObject({ capture: { standing: 'stuck' }, playout: { standing: 'moving' } });

    await loop.mark('from here');
    await lastValueFrom(loop.reports$.pipe(take(15)));
    await loop.mark('to here');
    expect(heardBetween('from here', 'to here').filter(isFeed)).toEqual([]);
    await socket.waitFor(({ type }) => type === 'expired');

    loop.setStuck(false);
    await feeds(2);
  });

  it('is fed while the service is dead', async () => {
    const dead = new UpstreamError('UPSTREAM_UNREACHABLE', 'nobody is there; start it', { retryable: true });
    const loop = startLoop(() => throwError(() => dead));
    const losses = lastValueFrom(
      loop.events$.pipe(
        filter(({ type }) => type === 'session-lost'),
        take(20),
      ),
    );
    // Twice the time after which a part counts as stuck.
    const reports = lastValueFrom(loop.reports$.pipe(skip(5), take(20), toArray()));
    await losses;
    expect((await reports).filter(({ isFed }) => !isFed)).toEqual([]);
    await feeds(3);
  });
});
