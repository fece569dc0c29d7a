import { VirtualTimeScheduler } from 'rxjs';
import { beforeEach, describe, expect, it } from 'vitest';
import type { VoiceError } from '../../core/errors.js';
import type { EngineChildEvents, StartEngineChild } from './engine-child.js';
import { createEngineHost } from './engine-host.js';
import type { EngineLimits } from './engine-limits.js';
import type { EngineNews, EngineOrder } from './engine-messages.js';
import type { EngineState } from './engine-state.js';
import type { After } from './timers.js';

/** A child that does as the test says. */
interface FakeChild {
  readonly startedAtMs: number;
  readonly orders: EngineOrder[];
  isKept: boolean;
  wasKilled: boolean;
  tell(news: EngineNews): void;
  die(): void;
  /** Let whoever waits for its end know. */
  beGone(): void;
}

let time: VirtualTimeScheduler;
let children: FakeChild[];
/** Timers that keep the program alive. */
let kept: Set<object>;

beforeEach(() => {
  time = new VirtualTimeScheduler();
  children = [];
  kept = new Set();
});

const startChild: StartEngineChild = (_program, events: EngineChildEvents) => {
  let beGone = (): void => {};
  const gone = new Promise<void>((resolve) => {
    beGone = resolve;
  });
  const child: FakeChild = {
    beGone,
    startedAtMs: time.now(),
    orders: [],
    isKept: false,
    wasKilled: false,
    tell: (news) => events.onMessage({ ...news, residentBytes: 0 }),
    die: () => events.onGone('died of SIGSEGV'),
  };
  children.push(child);
  return {
    pid: children.length,
    gone,
    send: (order) => void child.orders.push(order),
    keepAlive: (isKept) => {
      child.isKept = isKept;
    },
    kill: () => {
      child.wasKilled = true;
    },
    residentBytes: () => Promise.resolve(undefined),
  };
};

const after: After = (delayMs, work) => {
  const timer = {
    cancel: () => {
      kept.delete(timer);
      subscription.unsubscribe();
    },
    keepAlive: (isKept: boolean) => void (isKept ? kept.add(timer) : kept.delete(timer)),
  };
  const subscription = time.schedule(() => {
    kept.delete(timer);
    work();
  }, delayMs);
  return timer;
};

function create(limits: Partial<EngineLimits> = {}) {
  const host = createEngineHost<object, string, string>(
    {
      label: 'the engine',
      program: { file: 'none', nodeOptions: [] },
      settings: {},
      limits: { idleMs: 3_600_000, maxFailures: 100, ...limits },
    },
    { startChild, after },
  );
  const states: EngineState[] = [];
  host.state$.subscribe((state) => states.push(state));
  return { ...host, states };
}

function ask(host: ReturnType<typeof create>, request: string) {
  const seen: { pieces: string[]; error?: VoiceError; isComplete?: boolean } = { pieces: [] };
  const subscription = host.request(request).subscribe({
    next: (piece) => seen.pieces.push(piece),
    error: (error: VoiceError) => {
      seen.error = error;
    },
    complete: () => {
      seen.isComplete = true;
    },
  });
  return Object.assign(seen, { unsubscribe: () => subscription.unsubscribe() });
}

/** Let time pass. */
function pass(ms: number): void {
  time.maxFrames = time.now() + ms;
  time.schedule(() => {}, ms);
  time.flush();
}

const last = (): FakeChild => children.at(-1) as FakeChild;
const runs = ({ orders }: FakeChild) =>
  orders.flatMap((order) => (order.type === 'run' ? [order.request] : []));
const idOf = ({ orders }: FakeChild): number => {
  const run = orders.findLast((order) => order.type === 'run');
  return run?.type === 'run' ? run.id : -1;
};

describe('an engine whose child fails again and again', () => {
  it('starts another at once, and from the second time on waits twice as long each time', () => {
    const host = create({ backOffMs: 500, maxBackOffMs: 3000 });
    const asked = ask(host, 'a');
    for (let failure = 0; failure < 6; failure++) {
      last().die();
      pass(3000);
    }

    const starts = children.map(({ startedAtMs }) => startedAtMs);
    const pauses = host.states.flatMap((state) => (state.type === 'failed' ? [state.retryInMs] : []));
    expect(pauses).toEqual([0, 500, 1000, 2000, 3000, 3000]);
    expect(starts).toEqual([0, 0, 3500, 7000, 11_000, 15_000, 18_000]);
    expect(asked.error).toBeUndefined();
  });

  it('begins anew with the waits once a request was answered', () => {
    const host = create();
    ask(host, 'a');
    last().die();
    pass(0);
    last().die();
    pass(500);
    last().tell({ type: 'ready' });
    last().tell({ type: 'begun', id: idOf(last()) });
    last().tell({ type: 'done', id: idOf(last()) });
    last().die();

    expect(host.states.at(-1)).toMatchObject({ type: 'failed', retryInMs: 0 });
  });

  it('keeps the program alive while somebody waits for the next start, and only then', () => {
    const host = create();
    const asked = ask(host, 'a');
    last().die();
    pass(0);
    last().die();

    expect(kept.size).toBe(1);
    asked.unsubscribe();
    expect(kept.size).toBe(0);
    ask(host, 'b');
    expect(kept.size).toBe(1);
  });

  it('gives up after so many, refuses for a while, and then tries once more', () => {
    const host = create({ maxFailures: 2, backOffMs: 500 });
    const asked = ask(host, 'a');
    last().die();
    pass(0);
    last().die();

    expect(asked.error).toMatchObject({ code: 'MODEL_LOAD_FAILED', retryable: true });
    expect(ask(host, 'b').error).toBe(asked.error);
    expect(children).toHaveLength(2);
    pass(500);
    const later = ask(host, 'c');
    expect(children).toHaveLength(3);
    last().die();
    expect(later.error).toMatchObject({ code: 'MODEL_LOAD_FAILED' });
  });

  it('does not start one that never worked when nobody waits for it', () => {
    const host = create();
    ask(host, 'a').unsubscribe();
    last().die();
    pass(60_000);

    expect(children).toHaveLength(1);
  });
});

describe('an engine whose child does not read', () => {
  it('gives a request that was not read to another child, once', () => {
    const host = create({ maxFailures: 100 });
    const asked = ask(host, 'a');
    last().tell({ type: 'ready' });
    pass(5500);

    expect(children[0]?.wasKilled).toBe(true);
    expect(asked.error).toBeUndefined();
    last().tell({ type: 'ready' });
    expect(runs(last())).toEqual(['a']);
    pass(5500);
    expect(asked.error).toMatchObject({ code: 'MODEL_INFERENCE_FAILED', retryable: true });
    expect(asked.error?.message).toContain('did not read a request for 5250 ms');
  });

  it('counts the time that a request gives no sign from the last sign', () => {
    const host = create({ hangMs: 10_000 });
    const asked = ask(host, 'a');
    last().tell({ type: 'ready' });
    const id = idOf(last());
    last().tell({ type: 'begun', id });
    for (let second = 0; second < 5; second++) {
      pass(9000);
      last().tell({ type: 'piece', id, piece: 'x' });
    }
    expect(asked.pieces).toHaveLength(5);
    expect(children[0]?.wasKilled).toBe(false);
    pass(10_500);

    expect(children[0]?.wasKilled).toBe(true);
    expect(asked.error?.message).toContain('no sign of life');
  });

  it('ends a child that takes its time to start though it talks', () => {
    create({ startMs: 10_000, maxFailures: 1 })
      .warmUp()
      .subscribe({ error: () => {} });
    for (let second = 0; second < 11; second++) {
      pass(1000);
      last().tell({ type: 'told', what: 'still reading' });
    }

    expect(last().wasKilled).toBe(true);
  });
});

describe('an engine that is asked and left', () => {
  it('keeps the program alive only while something is asked', () => {
    const host = create();
    const asked = ask(host, 'a');
    expect(last().isKept).toBe(true);
    last().tell({ type: 'ready' });
    last().tell({ type: 'begun', id: idOf(last()) });
    asked.unsubscribe();
    expect(last().isKept).toBe(true);
    last().tell({ type: 'done', id: idOf(last()) });

    expect(last().isKept).toBe(false);
  });

  it('is warm while it works on something else, and at once when it is ready', () => {
    const host = create();
    ask(host, 'a');
    last().tell({ type: 'ready' });
    last().tell({ type: 'begun', id: idOf(last()) });
    let isWarm = false;
    host.warmUp().subscribe({
      complete: () => {
        isWarm = true;
      },
    });

    expect(isWarm).toBe(true);
  });

  it('waits for the end of its child when it is closed, but not for ever: one that a dead disk holds does not end', async () => {
    const [quick, stuck] = [create(), create()];
    ask(quick, 'a');
    const [first] = children;
    ask(stuck, 'b');
    const isOver = { quick: false, stuck: false };
    const over = [
      quick.close().then(() => {
        isOver.quick = true;
      }),
      stuck.close().then(() => {
        isOver.stuck = true;
      }),
    ];
    expect(kept.size).toBe(2);
    first?.beGone();
    await over[0];
    expect(isOver).toEqual({ quick: true, stuck: false });
    pass(5000);
    await over[1];

    expect(children.map(({ wasKilled, isKept }) => [wasKilled, isKept])).toEqual([
      [true, false],
      [true, false],
    ]);
    expect(kept.size).toBe(0);
  });

  it('gives a child that becomes ready one request, however many wait beside who only wants it warm', () => {
    const host = create();
    let isWarm = false;
    host.warmUp().subscribe({
      complete: () => {
        isWarm = true;
        ask(host, 'c');
      },
    });
    ask(host, 'a');
    ask(host, 'b');
    last().tell({ type: 'ready' });

    expect(isWarm).toBe(true);
    expect(runs(last())).toEqual(['a']);
    last().tell({ type: 'done', id: idOf(last()) });
    last().tell({ type: 'done', id: idOf(last()) });
    expect(runs(last())).toEqual(['a', 'b', 'c']);
  });

  it('takes nothing from a child that it has ended', () => {
    const host = create({ cancelGraceMs: 0 });
    const asked = ask(host, 'a');
    const [first] = children;
    first?.tell({ type: 'ready' });
    const id = idOf(last());
    first?.tell({ type: 'begun', id });
    asked.unsubscribe();
    const next = ask(host, 'b');
    first?.tell({ type: 'piece', id, piece: 'late' });
    first?.tell({ type: 'done', id });
    first?.die();

    expect(children).toHaveLength(2);
    expect(asked.pieces).toEqual([]);
    last().tell({ type: 'ready' });
    last().tell({ type: 'begun', id: idOf(last()) });
    last().tell({ type: 'piece', id: idOf(last()), piece: 'b' });
    expect(next.pieces).toEqual(['b']);
  });

  it('lets whoever is told of a failure ask again at once', () => {
    const host = create();
    let again: ReturnType<typeof ask> | undefined;
    host.request('a').subscribe({
      error: () => {
        again = ask(host, 'again');
      },
    });
    last().tell({ type: 'ready' });
    last().tell({ type: 'begun', id: idOf(last()) });
    last().die();
    pass(0);
    last().tell({ type: 'ready' });

    expect(children).toHaveLength(2);
    expect(runs(last())).toEqual(['again']);
    expect(again?.error).toBeUndefined();
  });
});
