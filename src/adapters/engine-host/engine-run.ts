import type { StartEngineChild } from './engine-child.js';
import type { EngineLimits } from './engine-limits.js';
import type { EngineMessage, EngineNews } from './engine-messages.js';
import type { EngineProgram } from './engine-program.js';
import type { After, Timer } from './timers.js';

/** A child from its start to its end, watched. */
export interface EngineRun {
  readonly pid: number | undefined;
  readonly isReady: boolean;
  /** Settles when the child is gone. */
  readonly gone: Promise<void>;
  /** @throws what cannot be sent to another process. */
  run(id: number, request: unknown): void;
  cancel(id: number): void;
  /** Whether it keeps this program alive. */
  keepAlive(isKept: boolean): void;
  /** Kill it; nothing is told of it any more. */
  kill(): void;
}

/** What is told of a child. */
export interface EngineRunEvents {
  onNews(news: EngineNews): void;
  /** It died, or was ended for what `why` says. The last that is told. */
  onOver(why: string): void;
}

export interface EngineRunSetup {
  readonly program: EngineProgram;
  readonly settings: unknown;
  readonly limits: EngineLimits;
  readonly startChild: StartEngineChild;
  readonly after: After;
}

/** How often it is looked after a child at work. Units: ms. */
const lookEveryMs = 250;
/** How long a child that had nothing to do may take to read a request. Units: ms. */
const takeMs = 5000;
const bytesPerMb = 2 ** 20;

type Occupation = 'starting' | 'idle' | 'taking' | 'running';

/** Start a child and look after it: one that takes too long, hangs or takes too much memory is ended. */
export function startEngineRun(setup: EngineRunSetup, events: EngineRunEvents): EngineRun {
  const { program, settings, limits, startChild, after } = setup;
  let occupation: Occupation = 'starting';
  let isOver = false;
  let look: Timer | undefined;
  // Looks are counted and not time, because between two of them everything is read that came while this process itself stood still.
  let silentLooks = 0;

  const child = startChild(program, {
    onMessage: hear,
    onGone: (how) => over(`its process ${how}`),
  });

  function hear({ residentBytes, ...news }: EngineMessage): void {
    if (isOver) return;
    // How far a start is does not give it more time, because what hangs may still talk.
    if (news.type !== 'told') silentLooks = 0;
    if (news.type === 'begun') occupation = 'running';
    if (news.type === 'ready' || news.type === 'done' || news.type === 'failed') {
      occupation = 'idle';
      look?.cancel();
    }
    events.onNews(news);
    weigh(residentBytes);
  }

  function weigh(bytes: number | undefined): void {
    if (bytes === undefined || bytes <= limits.memoryMb * bytesPerMb) return;
    end(`it had ${Math.round(bytes / bytesPerMb)} MB in use, more than memoryMb of ${limits.memoryMb}`);
  }

  function watch(): void {
    silentLooks = 0;
    look?.cancel();
    look = after(lookEveryMs, lookAfterIt);
  }

  function lookAfterIt(): void {
    silentLooks += 1;
    const silentMs = silentLooks * lookEveryMs;
    if (occupation === 'starting' && silentMs > limits.startMs) {
      end(`it was not ready after ${silentMs} ms, more than startMs of ${limits.startMs}`);
    } else if (occupation === 'taking' && silentMs > takeMs) {
      end(`it did not read a request for ${silentMs} ms`);
    } else if (occupation === 'running' && silentMs > limits.hangMs) {
      end(`it gave no sign of life for ${silentMs} ms, more than hangMs of ${limits.hangMs}`);
    } else {
      look = after(lookEveryMs, lookAfterIt);
      void child.residentBytes().then(weigh);
    }
  }

  function end(why: string): void {
    child.kill();
    over(`${why}, and was ended`);
  }

  function over(why: string): void {
    if (isOver) return;
    leave();
    events.onOver(why);
  }

  function leave(): void {
    isOver = true;
    look?.cancel();
  }

  watch();
  child.send({ type: 'load', settings });
  return {
    pid: child.pid,
    get isReady() {
      return occupation !== 'starting';
    },
    gone: child.gone,
    run(id, request) {
      child.send({ type: 'run', id, request });
      occupation = 'taking';
      watch();
    },
    cancel(id) {
      child.send({ type: 'cancel', id });
    },
    keepAlive: child.keepAlive,
    kill() {
      leave();
      child.kill();
    },
  };
}
