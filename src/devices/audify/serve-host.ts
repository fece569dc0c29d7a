import {
  asyncScheduler,
  map,
  type Observable,
  type SchedulerAction,
  type SchedulerLike,
  Subscription,
} from 'rxjs';
import type { PlayoutStream } from '../../core/hardware/playout-driver.js';
import { captureDriver } from './capture-driver.js';
import {
  type HostMessage,
  type HostReply,
  type HostRequest,
  type HostTask,
  machineMs,
  toPlainError,
} from './host-messages.js';
import { listDevices } from './list-devices.js';
import { playoutDriver } from './playout-driver.js';
import type { Audify } from './rt-audio.js';

/** The part of `process` that a host uses. */
export interface HostProcess {
  /** Whether the program that it serves is still there. */
  readonly connected: boolean;
  send(message: HostMessage, callback: (error: Error | null) => void): unknown;
  on(event: 'message', listener: (request: HostRequest) => void): unknown;
  on(event: 'disconnect' | 'SIGINT' | 'SIGTERM' | 'SIGHUP', listener: () => void): unknown;
  /** End it without a farewell: taking the library down in good order waits for a stream that hangs. */
  vanish(): void;
}

/** How often the host says that it lives. Units: ms. A quarter of what is taken for a hang. */
const aliveEveryMs = 100;
/** Messages that may wait for a program that does not read: two seconds of audio. What is more is dropped, and counted. */
const mostWaiting = 200;

/** Times are told on the clock of the machine, so that it does not matter how long a message takes. */
const scheduler: SchedulerLike = {
  now: machineMs,
  schedule: <T>(work: (this: SchedulerAction<T>, state?: T) => void, delayMs = 0, state?: T): Subscription =>
    asyncScheduler.schedule<T>(work, delayMs, state),
};

interface Conversation {
  readonly subscription: Subscription;
  stream: PlayoutStream | undefined;
}

/** Serve one program: run its streams until it goes away. */
export function serveHost(self: HostProcess, load: () => Audify): void {
  const conversations = new Map<number, Conversation>();
  let waiting = 0;
  let droppedBlocks = 0;

  function send(message: HostMessage): void {
    waiting += 1;
    self.send(message, (error) => {
      waiting -= 1;
      if (error) self.vanish();
    });
  }

  function reply(id: number, what: HostReply): void {
    if (waiting >= mostWaiting && (what.type === 'block' || what.type === 'position')) {
      if (what.type === 'block') droppedBlocks += 1;
      return;
    }
    if (droppedBlocks > 0) {
      const detail = `${droppedBlocks} blocks were dropped, because the program did not take them`;
      droppedBlocks = 0;
      send({ id, type: 'xrun', detail });
    }
    send({ ...what, id });
  }

  function begin(id: number, task: HostTask): void {
    const conversation: Conversation = { subscription: new Subscription(), stream: undefined };
    conversations.set(id, conversation);
    const subscription = replies(task, conversation).subscribe({
      next: (what) => reply(id, what),
      error: (error: unknown) => reply(id, { type: 'failed', error: toPlainError(error) }),
    });
    conversation.subscription.add(subscription);
  }

  function replies(task: HostTask, conversation: Conversation): Observable<HostReply> {
    if (task.type === 'list') {
      return listDevices(task.api, { load, scheduler }).pipe(
        map((listings) => ({ type: 'listed', listings })),
      );
    }
    // A stream that hangs in the driver can only be got rid of together with this process.
    const surroundings = { load, scheduler, onStuck: () => self.vanish() };
    if (task.settings.direction === 'capture') {
      return captureDriver(task.settings, surroundings)
        .open()
        .pipe(map((report) => (report.type === 'opened' ? { ...report, leadMs: 0 } : report)));
    }
    return playoutDriver(task.settings, surroundings)
      .open()
      .pipe(
        map((report): HostReply => {
          if (report.type !== 'opened') return report;
          conversation.stream = report.stream;
          const { format, leadMs } = report.stream;
          return { type: 'opened', format, leadMs };
        }),
      );
  }

  self.on('message', (request) => {
    const conversation = conversations.get(request.id);
    switch (request.type) {
      case 'write':
        conversation?.stream?.write(request.samples);
        break;
      case 'close':
        conversations.delete(request.id);
        conversation?.subscription.unsubscribe();
        send({ type: 'closed', id: request.id });
        break;
      default:
        begin(request.id, request);
    }
  });
  // Whoever used it is gone, however that came about.
  self.on('disconnect', () => self.vanish());
  if (!self.connected) {
    // It went while this process started, and nobody says so again.
    self.vanish();
    return;
  }
  // Ctrl-C and whoever stops a service mean every process at once. The program decides when the loudspeaker falls silent, and this one ends with it.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) self.on(signal, () => {});
  setInterval(() => send({ type: 'alive' }), aliveEveryMs);
  send({ type: 'alive' });
}
