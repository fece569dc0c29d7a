import { type ChildProcess, fork } from 'node:child_process';
import { Observable, type SchedulerLike, type Subscription } from 'rxjs';
import { DeviceError } from '../../core/errors.js';
import {
  fromPlainError,
  type HostMessage,
  type HostReply,
  type HostRequest,
  type HostTask,
} from './host-messages.js';
import { findHostProgram, type HostProgram } from './host-program.js';
import { createLastWords } from './last-words.js';

/** A child process that runs streams, so that what aborts there is a lost device here. */
export interface AudioHost {
  /**
   * Begin a task in the child, which is started when there is none.
   *
   * @remarks
   * Cold. Every reply comes with a way to send samples along. Cancellation: unsubscribing ends the task, and what is asked for next comes after that.
   * Errors with what the task failed with, and with `DeviceError` `DEVICE_LOST` or `DEVICE_BACKEND` when the child died or hung.
   */
  begin(task: HostTask): Observable<HostAnswer>;
}

/** A reply, and how to answer it. */
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
 * How many looks in a row may find that nothing came. The child says that it lives every 100 ms. Looks are counted and not time, because between
 * two of them everything is read that came while this process itself stood still.
 */
const silentLooks = { running: 4, closing: 10, opening: 50, starting: 150 } as const;
/** Messages that may wait for a child that does not read. Two seconds of audio and more; a child that hangs is ended before. */
const mostWaiting = 256;
/** How long a child may take to end when it is asked to. Units: ms. */
const endWithinMs = 1000;

interface Conversation {
  readonly task: HostTask;
  phase: 'opening' | 'running';
  /** A second child is not tried. */
  wasMoved: boolean;
  next(reply: HostReply): void;
  fail(error: unknown): void;
}

interface Child {
  readonly process: ChildProcess;
  readonly conversations: Map<number, Conversation>;
  /** Ended here, and not yet there. */
  readonly closing: Set<number>;
  readonly lastWords: ReturnType<typeof createLastWords>;
  hasSpoken: boolean;
  silent: number;
  waiting: number;
  looks: Subscription | undefined;
  linger: NodeJS.Timeout | undefined;
  /** Why it was ended from here. */
  verdict: string | undefined;
  isGone: boolean;
}

/** A host of one device: what crashes one leaves the others. */
export function createAudioHost(setup: AudioHostSetup): AudioHost {
  const { label, scheduler, lingerMs } = setup;
  let current: Child | undefined;
  let lastId = 0;

  function start(): Child {
    const program = (setup.findProgram ?? findHostProgram)();
    const process_ = fork(program.file, [...(setup.programOptions ?? [])], {
      execArgv: [...program.nodeOptions],
      env: { ...process.env, ...setup.env },
      serialization: 'advanced',
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    });
    const child: Child = {
      process: process_,
      conversations: new Map(),
      closing: new Set(),
      lastWords: createLastWords(process_.stderr),
      hasSpoken: false,
      silent: 0,
      waiting: 0,
      looks: undefined,
      linger: undefined,
      verdict: undefined,
      isGone: false,
    };
    process_.on('message', (message) => hear(child, message as HostMessage));
    process_.on('error', (error) => bury(child, `could not be started (${error.message})`));
    process_.on('exit', (code, signal) =>
      bury(child, signal === null ? `ended with exit code ${code}` : `died of ${signal}`),
    );
    return child;
  }

  function hear(child: Child, message: HostMessage): void {
    child.silent = 0;
    child.hasSpoken = true;
    if (message.type === 'alive') return;
    const { id, ...reply } = message;
    if (reply.type === 'closed') {
      child.closing.delete(id);
      rest(child);
      return;
    }
    const conversation = child.conversations.get(id);
    if (!conversation) return;
    conversation.phase = 'running';
    if (reply.type === 'failed') conversation.fail(fromPlainError(reply.error));
    else conversation.next(reply);
  }

  function send(child: Child, request: HostRequest): void {
    if (child.isGone || child.verdict !== undefined) return;
    if (child.waiting >= mostWaiting) {
      kill(child, 'took nothing any more, and was ended');
      return;
    }
    child.waiting += 1;
    child.process.send(request, () => {
      child.waiting -= 1;
    });
  }

  function kill(child: Child, verdict: string): void {
    child.verdict ??= verdict;
    child.process.kill('SIGKILL');
    bury(child, verdict);
  }

  /** It is gone, or as good as: tell everybody who used it. */
  function bury(child: Child, how: string): void {
    if (child.isGone) return;
    child.isGone = true;
    if (current === child) current = undefined;
    child.looks?.unsubscribe();
    clearTimeout(child.linger);
    // It may have hung while it closed what was there before; who came after that has not been served at all.
    const isFresh = child.closing.size > 0;
    const conversations = [...child.conversations];
    child.conversations.clear();
    for (const [id, conversation] of conversations) {
      if (isFresh && conversation.phase === 'opening' && !conversation.wasMoved) {
        conversation.wasMoved = true;
        hand(id, conversation);
      } else {
        conversation.fail(death(conversation, child.verdict ?? how, child.lastWords.say()));
      }
    }
    if (child.verdict !== undefined) child.process.unref();
  }

  function death({ phase }: Conversation, how: string, words: string): DeviceError {
    const said = words === '' ? '' : `; it said: ${words}`;
    const isLost = phase === 'running';
    return new DeviceError(
      isLost ? 'DEVICE_LOST' : 'DEVICE_BACKEND',
      `${label} ${isLost ? 'was lost' : 'could not be opened'}: its audio host ${how}${said}; open it again`,
      { retryable: true },
    );
  }

  /** Give a task to the child that there is, or to a new one. */
  function hand(id: number, conversation: Conversation): Child | undefined {
    try {
      current ??= start();
    } catch (error) {
      conversation.fail(error);
      return undefined;
    }
    const child = current;
    child.conversations.set(id, conversation);
    wake(child);
    send(child, { ...conversation.task, id });
    return child;
  }

  /** A child at work keeps the program alive, and is looked after. */
  function wake(child: Child): void {
    clearTimeout(child.linger);
    setReferenced(child, true);
    if (child.looks) return;
    child.silent = 0;
    const look = (): void => {
      child.silent += 1;
      if (child.silent > silentLooks[phaseOf(child)]) {
        kill(child, `gave no sign of life for ${child.silent * lookEveryMs} ms, and was ended`);
        return;
      }
      child.looks = scheduler.schedule(look, lookEveryMs);
    };
    child.looks = scheduler.schedule(look, lookEveryMs);
  }

  /** One without work keeps nothing alive, and goes after a while. */
  function rest(child: Child): void {
    if (child.isGone || child.conversations.size > 0 || child.closing.size > 0) return;
    child.looks?.unsubscribe();
    child.looks = undefined;
    setReferenced(child, false);
    clearTimeout(child.linger);
    child.linger = setTimeout(() => end(child), lingerMs).unref();
  }

  function end(child: Child): void {
    if (current === child) current = undefined;
    if (child.process.connected) child.process.disconnect();
    setTimeout(() => child.process.kill('SIGKILL'), endWithinMs).unref();
  }

  return {
    begin: (task) =>
      new Observable((subscriber) => {
        lastId += 1;
        const id = lastId;
        let isOver = false;
        const childOf = (): Child | undefined => (current?.conversations.has(id) ? current : undefined);
        const write = (samples: Float32Array): void => {
          const child = childOf();
          if (child) send(child, { type: 'write', id, samples });
        };
        subscriber.add(() => {
          isOver = true;
          const child = childOf();
          if (!child) return;
          child.conversations.delete(id);
          child.closing.add(id);
          send(child, { type: 'close', id });
        });
        hand(id, {
          task,
          phase: 'opening',
          wasMoved: false,
          next: (reply) => subscriber.next({ reply, write }),
          fail: (error) => {
            if (!isOver) subscriber.error(error);
          },
        });
      }),
  };
}

function phaseOf(child: Child): keyof typeof silentLooks {
  if (!child.hasSpoken) return 'starting';
  const phases = [...child.conversations.values()].map(({ phase }) => phase);
  if (phases.includes('opening')) return 'opening';
  return phases.includes('running') ? 'running' : 'closing';
}

function setReferenced({ process: process_ }: Child, isReferenced: boolean): void {
  const parts = [process_, process_.channel, process_.stderr as { ref?(): void; unref?(): void } | null];
  for (const part of parts) {
    if (isReferenced) part?.ref?.();
    else part?.unref?.();
  }
}
