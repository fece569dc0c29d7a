import { map, Observable, of, type SchedulerLike, switchMap, tap } from 'rxjs';
import { encodePcm } from '../../core/audio/pcm.js';
import type { PlayoutDriver, PlayoutDriverReport } from '../../core/hardware/playout-driver.js';
import { createPlayoutBacklog, type PlayoutBacklog } from './playout-backlog.js';
import type { Environment } from './program.js';
import { choosePulseDevice, queryPulseDevices } from './pulse-devices.js';
import type { PulseMessage } from './pulse-messages.js';
import { startPulse } from './pulse-session.js';

/** How a loudspeaker is reached through `pacat`. */
export interface PulsePlayoutOptions {
  /** Name of the sink, or `default`. */
  readonly device: string;
  /** How many are written; the server puts them on those that the device has. */
  readonly channels: number;
  /** What the server is to hold. Units: ms. */
  readonly latencyMs: number;
  /** What is to wait in the pipe beyond that. Units: ms. */
  readonly reserveMs: number;
  /** Units: ms. */
  readonly openTimeoutMs: number;
  readonly env: Environment;
  readonly scheduler: SchedulerLike;
}

/** Which sink, and what it is like. */
interface Target {
  readonly name: string;
  readonly sampleRateHz: number;
  /** How far the time that is reported is ahead of what is audible. Units: ms. */
  readonly aheadMs: number;
}

/**
 * When a stream was closed, one that is opened within this goes to the same device without asking for it again: it is the second
 * half of a hard flush, and asking costs 15 ms. Units: ms.
 */
const sameDeviceMs = 1000;
/**
 * How far the time that PipeWire 0.3.65 tells is ahead of what is audible, in the middle: from 0 to 5.5, within its period of 5.3. Units: ms. That of
 * PulseAudio 16.1 was within 1 of a recording of the monitor.
 */
const pipeWireAheadMs = 3;
/** What is still heard after the kill: the period that the server has mixed. Measured on both servers, -2 to 4 ms off. Units: ms. */
const tailMs = 2;

/** A driver that plays through `pacat`, at the rate at which the device runs by itself. */
export function pulsePlayoutDriver(options: PulsePlayoutOptions): PlayoutDriver {
  const { device, env, scheduler } = options;
  const label = `the loudspeaker "${device}"`;
  const query = { direction: 'playout', label, env, scheduler } as const;
  let last: { readonly target: Target; readonly closedMs: number } | undefined;

  function findTarget(): Observable<Target> {
    const known = last;
    last = undefined;
    if (known && scheduler.now() - known.closedMs < sameDeviceMs) return of(known.target);
    return queryPulseDevices(query).pipe(
      map((found) => {
        const { name, sampleRateHz } = choosePulseDevice(found, device, query);
        return { name, sampleRateHz, aheadMs: found.isPipeWire ? pipeWireAheadMs : 0 };
      }),
    );
  }

  return {
    label,
    open: () =>
      of(undefined).pipe(
        switchMap(findTarget),
        switchMap((target) =>
          playTo(target, label, options).pipe(
            tap({
              unsubscribe() {
                last = { target, closedMs: scheduler.now() };
              },
            }),
          ),
        ),
      ),
  };
}

function playTo(
  target: Target,
  label: string,
  options: PulsePlayoutOptions,
): Observable<PlayoutDriverReport> {
  const { channels, latencyMs, reserveMs, openTimeoutMs, env, scheduler } = options;
  const { name, sampleRateHz, aheadMs } = target;
  const bytesPerMs = (4 * channels * sampleRateHz) / 1000;
  const call = {
    command: 'pacat',
    label,
    device: name,
    sampleRateHz,
    channels,
    latencyMs,
    args: [],
    openTimeoutMs,
    env,
    scheduler,
  } as const;

  return new Observable((observer) => {
    let heldMs = latencyMs;
    let isConnected = false;
    let backlog: PlayoutBacklog | undefined;

    function opened(): void {
      if (backlog) return;
      session.open();
      const given = createPlayoutBacklog(sampleRateHz, scheduler, (how) => session.lose(how));
      backlog = given;
      observer.next({
        type: 'opened',
        stream: {
          format: { sampleRateHz, channels },
          leadMs: Math.max(latencyMs, heldMs) + reserveMs,
          tailMs,
          write(samples) {
            given.wrote(samples.length / channels);
            session.write(encodePcm(samples, 'f32'));
          },
          recall: () => 0,
        },
      });
    }

    function tellPosition(seconds: number, given: PlayoutBacklog): void {
      const frames = Math.floor((seconds - aheadMs / 1000) * sampleRateHz);
      const playedFrames = Math.min(given.written, Math.max(0, frames));
      given.played(playedFrames);
      observer.next({ type: 'position', atMs: scheduler.now(), playedFrames });
    }

    function hear(message: PulseMessage): void {
      switch (message.type) {
        case 'playout-buffer':
          heldMs = message.targetBytes / bytesPerMs;
          return;
        case 'resumed':
          if (isConnected) opened();
          return;
        case 'time':
          if (backlog) tellPosition(message.seconds, backlog);
          return;
        case 'underrun':
          if (backlog) observer.next({ type: 'xrun', detail: 'the sound server had nothing left to play' });
          return;
        default:
      }
    }

    const session = startPulse(call, {
      connected(isSuspended) {
        isConnected = true;
        if (!isSuspended) opened();
      },
      hear,
      output() {},
      failed: (error) => observer.error(error),
    });
    return () => {
      session.close();
      backlog?.close();
    };
  });
}
