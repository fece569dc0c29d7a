import type { SchedulerLike } from 'rxjs';
import { createComplaints } from './complaints.js';
import { lostError, openingError, openingTimeoutError } from './device-errors.js';
import { type Environment, startProgram } from './program.js';
import { missingPulseDevice } from './pulse-devices.js';
import { type PulseMessage, readPulseMessage } from './pulse-messages.js';

/** A run of `pacat` or `parec` on one device. */
export interface PulseCall {
  readonly command: 'pacat' | 'parec';
  /** The device in words. */
  readonly label: string;
  /** Name of the sink or source, which must be there. */
  readonly device: string;
  readonly sampleRateHz: number;
  readonly channels: number;
  readonly latencyMs: number;
  /** What is asked for beyond that. */
  readonly args: readonly string[];
  /** Units: ms. */
  readonly openTimeoutMs: number;
  readonly env: Environment;
  readonly scheduler: SchedulerLike;
}

/** What a run tells. Nothing is told any more after `failed`, or after `close`. */
export interface PulseListener {
  /** It is connected to the device that was asked for. */
  connected(isSuspended: boolean): void;
  /** It said something that concerns only one direction. */
  hear(message: PulseMessage): void;
  /** It wrote this. The bytes are reused when the call returns. */
  output(bytes: Uint8Array): void;
  /** It cannot be opened, or is lost. Whoever hears it closes. */
  failed(error: unknown): void;
}

/** A running `pacat` or `parec`. */
export interface PulseSession {
  /** Audio flows. */
  readonly isOpen: boolean;
  /** From now on audio flows, and what goes wrong is a loss. */
  open(): void;
  write(bytes: Uint8Array): void;
  /** What was written is not taken. `how` continues the sentence "the device ...". */
  lose(how: string): void;
  close(): void;
}

/** Run a program of PulseAudio, and fail when it connects elsewhere, is moved or suspended, does not begin in time, or ends. */
export function startPulse(call: PulseCall, listener: PulseListener): PulseSession {
  const { command, label, device, openTimeoutMs, scheduler } = call;
  const complaints = createComplaints();
  const failure = { label, api: 'pulse', command, words: complaints.words } as const;
  const lose = (how: string): void => listener.failed(lostError(failure, how));
  let isOpen = false;

  function hear(message: PulseMessage): void {
    switch (message.type) {
      case 'connected':
        // PipeWire takes the default where there is no device of the name.
        if (message.device === device) listener.connected(message.isSuspended);
        else
          listener.failed(missingPulseDevice(label, `the sound server connected ${message.device} instead`));
        return;
      case 'suspended':
        if (isOpen) lose('was suspended by the sound server');
        return;
      case 'moved':
        lose(`is gone: the sound server moved the stream to ${message.device}`);
        return;
      default:
        listener.hear(message);
    }
  }

  const opening = scheduler.schedule(
    () => listener.failed(openingTimeoutError(failure, openTimeoutMs)),
    openTimeoutMs,
  );
  const program = startProgram({ command, args: argsOf(call), env: call.env }, scheduler, {
    output: listener.output,
    line(text) {
      const message = readPulseMessage(text);
      if (message.type === 'complaint') complaints.add(text);
      else hear(message);
    },
    end(end) {
      if (!isOpen) listener.failed(openingError(failure, end));
      else lose(end.type === 'exited' ? `is gone: ${command} ${end.status}` : 'is gone');
    },
  });
  return {
    get isOpen() {
      return isOpen;
    },
    open() {
      isOpen = true;
      opening.unsubscribe();
    },
    write: program.write,
    lose,
    close() {
      program.kill();
      opening.unsubscribe();
    },
  };
}

function argsOf({ command, device, sampleRateHz, channels, latencyMs, args }: PulseCall): readonly string[] {
  const isPlayout = command === 'pacat';
  return [
    isPlayout ? '--playback' : '--record',
    '--raw',
    '--verbose',
    `--device=${device}`,
    '--format=float32le',
    `--rate=${sampleRateHz}`,
    `--channels=${channels}`,
    ...args,
    `--latency-msec=${latencyMs}`,
    '--client-name=earshot',
    `--stream-name=${isPlayout ? 'loudspeaker' : 'microphone'}`,
  ];
}
