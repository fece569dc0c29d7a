import { Observable, type SchedulerLike, Subscription } from 'rxjs';
import type { PcmFormat } from '../../core/audio/audio-frame.js';
import { type AlsaLayout, alsaCall, firstLayout, nextLayout } from './alsa-call.js';
import { type AlsaSetup, createAlsaReader } from './alsa-messages.js';
import { createComplaints } from './complaints.js';
import { type Failure, lostError, openingError, openingTimeoutError } from './device-errors.js';
import { type Environment, type Program, type ProgramEnd, startProgram } from './program.js';

/** What both directions have in common. */
export interface AlsaDeviceOptions {
  /** Any name that ALSA knows, such as `default`, `plughw:CARD=Device,DEV=0`, or one of `~/.asoundrc`. */
  readonly device: string;
  /** What is asked for first. */
  readonly format: PcmFormat;
  /** Units: ms. */
  readonly periodMs: number;
  /** Units: ms. */
  readonly bufferMs: number;
  /** The device's channels as they are, however many. */
  readonly hasOwnChannels: boolean;
  /** Units: ms. */
  readonly openTimeoutMs: number;
  readonly env: Environment;
  readonly scheduler: SchedulerLike;
}

/** The device is set up. First of all, once. */
export interface AlsaReady {
  readonly type: 'ready';
  readonly setup: AlsaSetup;
  readonly program: Program;
  /** For messages about what comes later. */
  readonly failure: Failure;
}

/** What a running program of ALSA tells. */
export type AlsaEvent =
  | AlsaReady
  /** Sample frames that went into the device's buffer. */
  | { readonly type: 'taken'; readonly frames: number }
  | { readonly type: 'output'; readonly bytes: Uint8Array }
  | { readonly type: 'xrun'; readonly detail: string };

/** The encoding, then the channels, then the rate may be refused; after that there is nothing else to try. */
const mostAttempts = 4;
/** A card is busy until the program that was just killed is gone, which takes as long as the machine is busy. Units: ms. */
const letGoWithinMs = 1000;
/** How soon it is tried again until then. Units: ms. */
const tryAgainMs = 5;

/** What is remembered of a device from one opening to the next. */
export interface AlsaMemory {
  /** In what it opened. */
  layout?: AlsaLayout;
  /** When its program was killed last. Units: ms. */
  closedMs?: number;
}

/**
 * Run `aplay` or `arecord` on a device, in the first layout that it takes.
 *
 * @remarks
 * Cold; never completes. Cancellation: kills the program. Errors as a driver does.
 *
 * @param memory - holds what a device took, so that the next opening begins with it.
 */
export function openAlsa(
  command: 'aplay' | 'arecord',
  label: string,
  options: AlsaDeviceOptions,
  memory: AlsaMemory,
): Observable<AlsaEvent> {
  const { openTimeoutMs, scheduler } = options;
  return new Observable((observer) => {
    let program: Program | undefined;
    let isReady = false;
    let again = Subscription.EMPTY;
    let failure: Failure = { label, api: 'alsa', command, words: [] };

    function attempt(layout: AlsaLayout, attempts: number): void {
      const reader = createAlsaReader();
      const complaints = createComplaints();
      failure = { label, api: 'alsa', command, words: complaints.words };
      let channels = layout.channels;

      function line(text: string): void {
        const message = reader.read(text);
        if (message.type === 'complaint') complaints.add(text);
        else if (message.type === 'taken')
          observer.next({ type: 'taken', frames: message.samples / channels });
        else if (message.type === 'xrun' && isReady) observer.next(message);
        else if (message.type === 'ready') {
          channels = message.setup.channels;
          memory.layout = layout;
          isReady = true;
          opening.unsubscribe();
          observer.next({ type: 'ready', setup: message.setup, program: started, failure });
        }
      }

      function end(how: ProgramEnd): void {
        if (isReady) {
          const why = how.type === 'exited' ? `${command} ${how.status}` : `${command} ended`;
          observer.error(lostError(failure, `is gone: ${why}`));
          return;
        }
        const error = openingError(failure, how);
        const { closedMs = Number.NEGATIVE_INFINITY } = memory;
        if (error.code === 'DEVICE_BUSY' && scheduler.now() - closedMs < letGoWithinMs) {
          again = scheduler.schedule(() => attempt(layout, attempts), tryAgainMs);
          return;
        }
        delete memory.layout;
        const mayTry = error.code === 'DEVICE_FORMAT_UNSUPPORTED' && attempts < mostAttempts;
        const next = mayTry ? nextLayout(layout, reader.abilities) : undefined;
        if (next) attempt(next, attempts + 1);
        else observer.error(error);
      }

      const started = startProgram(alsaCall({ command, layout, ...options }), scheduler, {
        output: (bytes) => observer.next({ type: 'output', bytes }),
        line,
        end,
      });
      program = started;
    }

    const opening = scheduler.schedule(
      () => observer.error(openingTimeoutError(failure, openTimeoutMs)),
      openTimeoutMs,
    );
    attempt(memory.layout ?? firstLayout(options.format), 1);
    return () => {
      program?.kill();
      if (isReady) memory.closedMs = scheduler.now();
      opening.unsubscribe();
      again.unsubscribe();
    };
  });
}
