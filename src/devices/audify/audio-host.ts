import { Observable, type SchedulerLike, type Subscription } from 'rxjs';
import { DeviceError, isVoiceError } from '../../core/errors.js';
import { type HostChild, startHostChild } from './host-child.js';
import { fromPlainError, type HostMessage, type HostReply, type HostTask } from './host-messages.js';
import { findHostProgram, type HostProgram } from './host-program.js';

/** A child process that runs streams, so that what aborts there is a lost device here. */
export interface AudioHost {
  /**
   * Begin a task in the child, which is started when there is none.
   *
   * @remarks
   * Cold. Cancellation: unsubscribing ends the task; what is begun next comes after that.
   * Errors with what the task failed with; with `DeviceError` `DEVICE_LOST` or `DEVICE_BACKEND` when the child died or hung.
   */
  begin(task: HostTask): Observable<HostAnswer>;
}

/** A reply, and how to send samples along. */
export interface HostAnswer {
  readonly reply: HostReply;
  write(samples: Float32Array): void;
}

/** How a host is run. */
export interface AudioHostSetup {
  /** What it is for, as messages call it. */
  readonly label: string;
  /** Environment beside this process's own. */
  readonly env: Readonly<Record<string, string>>;
  readonly scheduler: SchedulerLike;
  /** How long the child stays when it has nothing to do. Units: ms. */
  readonly lingerMs: number;
  /** Where the program is; asked when it is needed. */
  readonly findProgram?: () => HostProgram;
  /** What the program is given. */
  readonly programOptions?: readonly string[];
}

/** How often it is looked whether the child lives. Units: ms. */
const lookEveryMs = 100;
/**
 * How many looks in a row may find that nothing came, by what the child does. It says that it lives every 100 ms. Looks are counted and not time,
 * because between two of them everything is read that came while this process itself stood still.
 */
const silentLooks = { running: 4, closing: 6, opening: 50, starting: 150 } as const;

interface Conversation {
  readonly task: HostTask;
  isRunning: boolean;
  /** It was given to a second child; there is no third. */
  wasMoved: boolean;
  next(reply: HostReply): void;
  fail(error: unknown): void;
}

/** A child at work. */
interface Service {
  readonly child: HostChild;
  readonly conversations: Map<number, Conversation>;
  /** Ended here, and not yet there. */
  readonly closing: Set<number>;
  hasSpoken: boolean;
  silent: number;
  looks: Subscription | undefined;
  linger: NodeJS.Timeout | undefined;
  isOver: boolean;
}

/** A host of one device: what crashes one leaves the others. */
export function createAudioHost(setup: AudioHostSetup): AudioHost {
  const { label, scheduler, lingerMs } = setup;
  let current: Service | undefined;
  let lastId = 0;

  function start(): Service {
    const program = (setup.findProgram ?? findHostProgram)();
    const service: Service = {
      child: startHostChild(program, setup.programOptions ?? [], setup.env, {
        onMessage: (message) => hear(service, message),
        onDeaf: () => end(service, 'took nothing any more, and was ended'),
        onGone: (how) => bury(service, how),
      }),
      conversations: new Map(),
      closing: new Set(),
      hasSpoken: false,
      silent: 0,
      looks: undefined,
      linger: undefined,
      isOver: false,
    };
    return service;
  }

  function hear(service: Service, message: HostMessage): void {
    service.silent = 0;
    service.hasSpoken = true;
    if (message.type === 'alive') return;
    const { id, ...reply } = message;
    if (reply.type === 'closed') {
      service.closing.delete(id);
      rest(service);
      return;
    }
    const conversation = service.conversations.get(id);
    if (!conversation) return;
    conversation.isRunning = true;
    if (reply.type === 'failed') conversation.fail(fromPlainError(reply.error));
    else conversation.next(reply);
  }

  function end(service: Service, why: string): void {
    service.child.kill();
    bury(service, why);
  }

  /** It is gone, or as good as: tell everybody who used it. */
  function bury(service: Service, how: string): void {
    if (service.isOver) return;
    service.isOver = true;
    if (current === service) current = undefined;
    service.looks?.unsubscribe();
    clearTimeout(service.linger);
    // One that hung or ended while it closed what was before has not served who came after that.
    const wasClosing = service.closing.size > 0;
    const wasAtWork = wasClosing || [...service.conversations.values()].some(({ isRunning }) => isRunning);
    for (const [id, conversation] of service.conversations) {
      if (wasClosing && !conversation.isRunning && !conversation.wasMoved) {
        conversation.wasMoved = true;
        hand(id, conversation);
      } else {
        conversation.fail(deathOf(conversation, how, service.child.lastWords()));
      }
    }
    if (wasAtWork) replace();
  }

  /** Whoever lost a device opens it again soon, and is not to wait for a child to start. One that never worked is not replaced by itself. */
  function replace(): void {
    if (current || lingerMs === 0) return;
    try {
      current = start();
    } catch {
      // The next opening tells why there is none.
      return;
    }
    rest(current);
  }

  function deathOf({ isRunning }: Conversation, how: string, words: string): DeviceError {
    const said = words === '' ? '' : ` (it said: ${words})`;
    return new DeviceError(
      isRunning ? 'DEVICE_LOST' : 'DEVICE_BACKEND',
      `${label} ${isRunning ? 'was lost' : 'could not be opened'}: its audio host ${how}${said}; open it again`,
      { retryable: true },
    );
  }

  /** Too little memory, or a value that no program can be given. */
  function notRun(cause: unknown): DeviceError {
    const why = cause instanceof Error ? cause.message : String(cause);
    return new DeviceError(
      'DEVICE_BACKEND',
      `${label} could not be opened: its audio host could not be run (${why}); open it again`,
      { retryable: true, cause },
    );
  }

  /** Give a task to the child that there is, or to a new one. */
  function hand(id: number, conversation: Conversation): void {
    try {
      current ??= start();
    } catch (error) {
      conversation.fail(isVoiceError(error) ? error : notRun(error));
      return;
    }
    current.conversations.set(id, conversation);
    wake(current);
    current.child.send({ ...conversation.task, id });
  }

  /** A child at work keeps the program alive, and is looked after. */
  function wake(service: Service): void {
    clearTimeout(service.linger);
    service.child.keepAlive(true);
    if (service.looks) return;
    service.silent = 0;
    const look = (): void => {
      service.silent += 1;
      if (service.silent > silentLooks[occupationOf(service)]) {
        end(service, `gave no sign of life for ${service.silent * lookEveryMs} ms, and was ended`);
      } else {
        service.looks = scheduler.schedule(look, lookEveryMs);
      }
    };
    service.looks = scheduler.schedule(look, lookEveryMs);
  }

  /** One without work keeps nothing alive, and goes after a while. */
  function rest(service: Service): void {
    if (service.isOver || service.conversations.size > 0 || service.closing.size > 0) return;
    service.looks?.unsubscribe();
    service.looks = undefined;
    service.child.keepAlive(false);
    clearTimeout(service.linger);
    service.linger = setTimeout(() => {
      if (current === service) current = undefined;
      service.child.dismiss();
    }, lingerMs).unref();
  }

  return {
    begin: (task) =>
      new Observable((subscriber) => {
        lastId += 1;
        const id = lastId;
        const serving = (): Service | undefined => (current?.conversations.has(id) ? current : undefined);
        const write = (samples: Float32Array): void => serving()?.child.send({ type: 'write', id, samples });
        subscriber.add(() => {
          const service = serving();
          if (!service) return;
          service.conversations.delete(id);
          service.closing.add(id);
          service.child.send({ type: 'close', id });
        });
        hand(id, {
          task,
          isRunning: false,
          wasMoved: false,
          next: (reply) => subscriber.next({ reply, write }),
          fail: (error) => subscriber.error(error),
        });
      }),
  };
}

function occupationOf({ hasSpoken, closing, conversations }: Service): keyof typeof silentLooks {
  if (!hasSpoken) return 'starting';
  if (closing.size > 0) return 'closing';
  return [...conversations.values()].every(({ isRunning }) => isRunning) ? 'running' : 'opening';
}
