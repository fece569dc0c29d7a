import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import type { Observable, Subscription } from 'rxjs';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type BuiltProgram, buildProgram } from '../../../test/support/engine-programs/built-program.js';
import type {
  FaultyPiece,
  FaultyRequest,
  FaultySettings,
} from '../../../test/support/engine-programs/faulty-engine.js';
import { engineProgram } from '../../../test/support/engine-programs/faulty-program.js';
import type { VoiceError } from '../../core/errors.js';
import { createEngineHost, type EngineHost } from './engine-host.js';
import type { EngineLimits } from './engine-limits.js';
import type { EngineState } from './engine-state.js';

type FaultyHost = EngineHost<FaultyRequest, FaultyPiece> & { readonly states: EngineState[]; pid(): number };

let faulty: BuiltProgram;
beforeAll(async () => {
  faulty = await buildProgram('test/support/engine-programs/faulty-engine.ts');
}, 60_000);
afterAll(() => faulty.remove());

const hosts: FaultyHost[] = [];
const subscriptions: Subscription[] = [];
afterEach(async () => {
  for (const subscription of subscriptions.splice(0)) subscription.unsubscribe();
  await Promise.all(hosts.splice(0).map((host) => host.close()));
});

function create(limits: Partial<EngineLimits> = {}, settings: FaultySettings = {}): FaultyHost {
  const host = createEngineHost<FaultySettings, FaultyRequest, FaultyPiece>({
    label: 'the engine',
    program: faulty.program,
    settings,
    limits,
  });
  const states: EngineState[] = [];
  host.state$.subscribe((state) => states.push(state));
  const pid = (): number => {
    const last = states.findLast((state) => 'pid' in state);
    return (last && 'pid' in last && last.pid) || -1;
  };
  const created = { ...host, states, pid };
  hosts.push(created);
  return created;
}

/** Everything that comes, and how it ends. */
function watch<T>(source$: Observable<T>) {
  const values: T[] = [];
  let error: VoiceError | undefined;
  let isComplete = false;
  let wake = (): void => {};
  const over = new Promise<void>((resolve) => {
    wake = resolve;
  });
  const subscription = source$.subscribe({
    next: (value) => values.push(value),
    error: (failure: VoiceError) => {
      error = failure;
      wake();
    },
    complete: () => {
      isComplete = true;
      wake();
    },
  });
  subscriptions.push(subscription);
  return { values, over, subscription, error: () => error, isComplete: () => isComplete };
}

async function ask(host: FaultyHost, request: FaultyRequest) {
  const watched = watch(host.request(request));
  await watched.over;
  return watched;
}

const isRunning = (pid: number): boolean => {
  try {
    // A zombie that nobody reaps, as in a container without an init, is gone too.
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
};

async function until(what: string, isTrue: () => boolean): Promise<void> {
  for (let look = 0; !isTrue(); look++) {
    if (look > 4000) throw new Error(`waited in vain until ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

const types = ({ states }: FaultyHost) => states.map(({ type }) => type);

describe.skipIf(!existsSync('/proc/self/status'))('createEngineHost', () => {
  it('starts a child for the first request and says how it is', async () => {
    const host = create();
    expect(types(host)).toEqual(['cold']);

    const { values, isComplete } = await ask(host, { do: 'count', to: 3 });

    expect(values).toEqual([1, 2, 3]);
    expect(isComplete()).toBe(true);
    expect(types(host)).toEqual(['cold', 'starting', 'starting', 'busy', 'ready']);
    expect(host.states[2]).toMatchObject({ doing: 'reading the model', pid: host.pid() });
    expect(host.pid()).not.toBe(process.pid);
    expect(isRunning(host.pid())).toBe(true);
  });

  it('does one request after the other, in the order of subscription', async () => {
    const host = create();
    const order: string[] = [];
    const all = ['a', 'b', 'c'].map((name) => {
      const watched = watch(host.request({ do: 'count', to: 3, everyMs: 5 }));
      void watched.over.then(() => order.push(name));
      return watched;
    });

    await all[1]?.over;
    expect(all[2]?.values).toEqual([]);
    await Promise.all(all.map(({ over }) => over));

    expect(order).toEqual(['a', 'b', 'c']);
    expect(all.map(({ values }) => values)).toEqual([
      [1, 2, 3],
      [1, 2, 3],
      [1, 2, 3],
    ]);
  });

  it('brings samples over as they are', async () => {
    const { values } = await ask(create(), { do: 'samples', length: 240_000 });

    expect(values[0]).toBeInstanceOf(Float32Array);
    expect((values[0] as Float32Array).length).toBe(240_000);
    expect((values[0] as Float32Array)[239_999]).toBe(239_999);
  });

  it('keeps the telemetry of onnxruntime off', async () => {
    const { values } = await ask(create(), { do: 'say-its-environment' });

    expect(values).toEqual(['1']);
  });

  it('passes on what a request failed with, and goes on with the same child', async () => {
    const host = create();
    const failed = await ask(host, { do: 'fail' });
    const pid = host.pid();

    expect(failed.error()).toMatchObject({ code: 'MODEL_INFERENCE_FAILED', retryable: false });
    expect(failed.error()?.message).toContain('no such voice');
    expect((await ask(host, { do: 'count', to: 1 })).values).toEqual([1]);
    expect(host.pid()).toBe(pid);
  });

  it('tells a request and a piece that cannot be sent from a child that failed', async () => {
    const host = create();
    const request = await ask(host, { do: 'count', to: (() => 1) as never });
    const piece = await ask(host, { do: 'send-a-function' });

    expect(request.error()).toMatchObject({ code: 'MODEL_INFERENCE_FAILED', retryable: false });
    expect(piece.error()).toMatchObject({ code: 'MODEL_INFERENCE_FAILED', retryable: false });
    expect(types(host)).not.toContain('failed');
  });

  it('bounds the pieces of an engine that does not wait for them to be taken', async () => {
    const { error } = await ask(create(), { do: 'flood', pieces: 100_000 });

    expect(error()?.message).toMatch(/pieces wait to be taken/);
  });

  it.each([
    ['dies of a signal', 'die', /died of SIGSEGV/],
    [
      'ends for a rejection that nobody looked at',
      'reject',
      /exit code 1 \(it said: .*the phonemizer choked/,
    ],
  ] as const)(
    'fails what ran when the child %s, and goes on with what waited in another',
    async (_, what, why) => {
      const host = create();
      const failing = watch(host.request({ do: what }));
      const waiting = watch(host.request({ do: 'count', to: 2 }));
      await failing.over;

      expect(failing.error()).toMatchObject({ code: 'MODEL_INFERENCE_FAILED', retryable: true });
      expect(failing.error()?.message).toMatch(why);
      const pid = host.pid();
      await waiting.over;
      expect(waiting.values).toEqual([1, 2]);
      expect(host.pid()).not.toBe(pid);
      expect(isRunning(pid)).toBe(false);
      expect(types(host).filter((type) => type === 'failed')).toHaveLength(1);
    },
  );

  it('goes on after the child was killed from outside in the middle of a request', async () => {
    const host = create();
    const asked = watch(host.request({ do: 'count', to: 1e6 }));
    await until('it speaks', () => asked.values.length > 3);
    process.kill(host.pid(), 'SIGKILL');
    await asked.over;

    expect(asked.error()).toMatchObject({ retryable: true });
    expect((await ask(host, { do: 'count', to: 2 })).values).toEqual([1, 2]);
  });

  it('leaves it to this program when the child ends: signals for every process of a terminal pass it by', async () => {
    const host = create();
    await ask(host, { do: 'count', to: 1 });
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.kill(host.pid(), signal);
    const pid = host.pid();

    expect((await ask(host, { do: 'count', to: 2 })).values).toEqual([1, 2]);
    expect(host.pid()).toBe(pid);
  });

  it('has another child ready after one died at work, before anybody asks', async () => {
    const host = create();
    await ask(host, { do: 'die' });

    await until('another is ready', () => types(host).at(-1) === 'ready');
    expect(types(host).slice(-4)).toEqual(['failed', 'starting', 'starting', 'ready']);
  });

  it.each([
    ['blocks', 'block'],
    ['waits for what never comes', 'wait-for-ever'],
  ] as const)('ends a child that %s, and goes on with what waited in another', async (_, what) => {
    const host = create({ hangMs: 2000 });
    const hanging = watch(host.request({ do: what }));
    const waiting = watch(host.request({ do: 'count', to: 2 }));
    await hanging.over;
    const pid = host.states.findLast((state) => state.type === 'busy')?.pid ?? -1;

    expect(hanging.error()).toMatchObject({ code: 'MODEL_INFERENCE_FAILED', retryable: true });
    expect(hanging.error()?.message).toMatch(/no sign of life for 2250 ms, more than hangMs of 2000/);
    await waiting.over;
    expect(waiting.values).toEqual([1, 2]);
    await until('the hanging one is gone', () => !isRunning(pid));
  });

  it('ends a child that takes more memory than it may', async () => {
    const host = create({ memoryMb: 256 });
    const eating = await ask(host, { do: 'eat', mb: 1024 });

    expect(eating.error()).toMatchObject({ code: 'MODEL_INFERENCE_FAILED', retryable: true });
    expect(eating.error()?.message).toMatch(/\d+ MB in use, more than memoryMb of 256/);
    expect((await ask(host, { do: 'count', to: 1 })).values).toEqual([1]);
  });

  it('cancels by asking: the same child serves who comes next, and nothing is emitted any more', async () => {
    const host = create({ cancelGraceMs: 60_000 });
    const cancelled = watch(host.request({ do: 'count', to: 1e6 }));
    await until('it speaks', () => cancelled.values.length > 3);
    const pid = host.pid();
    cancelled.subscription.unsubscribe();
    const emitted = cancelled.values.length;

    expect((await ask(host, { do: 'count', to: 2 })).values).toEqual([1, 2]);
    expect(host.pid()).toBe(pid);
    expect(cancelled.values).toHaveLength(emitted);
  });

  it.each([0, 300])(
    'kills a child that does not stop within %i ms, and has another',
    async (cancelGraceMs) => {
      const host = create({ cancelGraceMs });
      const cancelled = watch(host.request({ do: 'count-stubbornly', to: 1e6 }));
      await until('it speaks', () => cancelled.values.length > 3);
      const pid = host.pid();
      cancelled.subscription.unsubscribe();
      const emitted = cancelled.values.length;

      expect((await ask(host, { do: 'count', to: 2 })).values).toEqual([1, 2]);
      expect(host.pid()).not.toBe(pid);
      await until('the stubborn one is gone', () => !isRunning(pid));
      expect(cancelled.values).toHaveLength(emitted);
      // Nothing failed: this is what was wanted.
      expect(types(host)).not.toContain('failed');
    },
  );

  it('kills a child that is blocked when its request is cancelled', async () => {
    const host = create({ cancelGraceMs: 100 });
    const cancelled = watch(host.request({ do: 'block' }));
    await until('it is blocked', () => cancelled.values.length === 1);
    const pid = host.pid();
    cancelled.subscription.unsubscribe();

    await until('it is gone', () => !isRunning(pid));
    expect((await ask(host, { do: 'count', to: 1 })).values).toEqual([1]);
  });

  it('forgets a request that is cancelled while it waits', async () => {
    const host = create();
    const first = watch(host.request({ do: 'count', to: 5, everyMs: 5 }));
    const forgotten = watch(host.request({ do: 'die' }));
    const last = watch(host.request({ do: 'count', to: 1 }));
    forgotten.subscription.unsubscribe();
    await Promise.all([first.over, last.over]);

    expect(last.values).toEqual([1]);
    expect(types(host)).not.toContain('failed');
  });

  it('refuses what comes when as many wait as may', async () => {
    const host = create({ maxWaiting: 2 });
    watch(host.request({ do: 'count', to: 1 }));
    watch(host.request({ do: 'count', to: 1 }));
    const refused = await ask(host, { do: 'count', to: 1 });

    expect(refused.error()).toMatchObject({ code: 'MODEL_INFERENCE_FAILED', retryable: true });
    expect(refused.error()?.message).toMatch(/2 requests waiting, as many as maxWaiting; ask later/);
  });

  it('gives the memory back when it was idle, and comes back with the next request', async () => {
    const host = create({ idleMs: 50 });
    await ask(host, { do: 'count', to: 1 });
    const pid = host.pid();
    await until('it is cold', () => types(host).at(-1) === 'cold');
    await until('the child is gone', () => !isRunning(pid));

    expect((await ask(host, { do: 'count', to: 2 })).values).toEqual([1, 2]);
    expect(host.pid()).not.toBe(pid);
  });

  it('is warm when it says so', async () => {
    const host = create();
    const warm = watch(host.warmUp());
    await warm.over;

    expect(warm.isComplete()).toBe(true);
    expect(types(host).at(-1)).toBe('ready');
    expect(watch(host.warmUp()).isComplete()).toBe(true);
  });

  it('passes on why the model cannot be loaded, and asks nobody to wait for another try', async () => {
    const host = create({}, { load: 'fails' });
    const warm = watch(host.warmUp());
    const asked = watch(host.request({ do: 'count', to: 1 }));
    await Promise.all([warm.over, asked.over]);

    for (const { error } of [warm, asked]) {
      expect(error()).toMatchObject({ code: 'MODEL_LOAD_FAILED' });
      expect(error()?.message).toContain('Protobuf parsing failed');
    }
    expect(types(host).filter((type) => type === 'failed')).toHaveLength(1);
  });

  it('tries again when the child dies while it starts, and gives up after so many times', async () => {
    const host = create({ maxFailures: 2, backOffMs: 1 }, { load: 'dies' });
    const asked = await ask(host, { do: 'count', to: 1 });

    expect(asked.error()).toMatchObject({ code: 'MODEL_LOAD_FAILED', retryable: true });
    expect(asked.error()?.message).toMatch(/could not be started: its process died of SIGSEGV/);
    expect(types(host).filter((type) => type === 'failed')).toHaveLength(2);
  });

  it('ends a child that is not ready in time', async () => {
    const host = create({ startMs: 1000, maxFailures: 1 }, { load: 'hangs' });
    const warm = watch(host.warmUp());
    await warm.over;

    expect(warm.error()).toMatchObject({ code: 'MODEL_LOAD_FAILED', retryable: true });
    expect(warm.error()?.message).toMatch(/not ready after 1250 ms, more than startMs of 1000/);
  });

  it('says what the program said when there is none', async () => {
    const host = createEngineHost({
      label: 'the engine',
      program: engineProgram('no-such-program'),
      settings: {},
      limits: { maxFailures: 1 },
    });
    const warm = watch(host.warmUp());
    await warm.over;

    expect(warm.error()?.message).toMatch(/exit code 1 \(it said: .*Cannot find module.*no-such-program/);
  });

  it('ends with what is under way when it is closed, and refuses what comes then', async () => {
    const host = create();
    const asked = watch(host.request({ do: 'block' }));
    const waiting = watch(host.request({ do: 'count', to: 1 }));
    await until('it is blocked', () => asked.values.length === 1);
    const pid = host.pid();
    const closed = host.close();
    await closed;

    expect(isRunning(pid)).toBe(false);
    expect(host.close()).toBe(closed);
    const late = await ask(host, { do: 'count', to: 1 });
    for (const { error } of [asked, waiting, late]) expect(error()?.message).toMatch(/was closed/);
    expect(types(host).at(-1)).toBe('closed');
  });

  it('leaves no listener on this process', async () => {
    const count = () => process.eventNames().map((name) => [name, process.listenerCount(name)]);
    const before = count();
    const host = create();
    await ask(host, { do: 'die' });
    await ask(host, { do: 'count', to: 1 });

    expect(count()).toEqual(before);
    await host.close();
    expect(count()).toEqual(before);
  });

  it('says at once which limit is wrong', () => {
    expect(() => create({ hangMs: 1, idleMs: -1 })).toThrowError(
      /the engine: hangMs must be .* idleMs must be/,
    );
  });
});

describe.skipIf(!existsSync('/proc/self/status'))('a program with an engine', () => {
  const programs: ChildProcess[] = [];
  afterEach(() => {
    for (const program of programs.splice(0)) program.kill('SIGKILL');
  });

  /** Run it until it has said something. */
  async function runHost(then: string, word: string) {
    const { file, nodeOptions } = engineProgram('host-of-engine');
    const program = spawn(process.execPath, [...nodeOptions, file, then], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    programs.push(program);
    const over = new Promise<number | null>((resolve) => program.on('exit', resolve));
    let pid = -1;
    for await (const line of createInterface(program.stdout)) {
      if (line.startsWith('engine ')) pid = Number(line.slice(7));
      if (line.startsWith(word)) break;
    }
    return { program, pid, over };
  }

  it('is not kept alive by an engine without work, and takes it along', async () => {
    const { pid, over } = await runHost('end', 'engine');

    expect(pid).toBeGreaterThan(0);
    expect(await over).toBe(0);
    await until('the engine is gone', () => !isRunning(pid));
  });

  it('is told, and not broken, when it has no files left to start one with', async () => {
    const { file, nodeOptions } = engineProgram('host-without-files');
    const node = [process.execPath, ...nodeOptions, file].map((word) => `'${word}'`).join(' ');
    const program = spawn('sh', ['-c', `ulimit -n 100; exec ${node}`], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    programs.push(program);
    const said: string[] = [];
    for await (const line of createInterface(program.stdout)) said.push(line);

    expect(JSON.parse(said[1] ?? '')).toEqual({
      failures: [0, 1],
      message: expect.stringMatching(/could not be started: its process could not be run .*EMFILE/),
    });
  });

  it('takes the engine along when it is killed', async () => {
    const { program, pid, over } = await runHost('wait', 'engine');
    expect(isRunning(pid)).toBe(true);
    program.kill('SIGKILL');
    await over;

    await until('the engine is gone', () => !isRunning(pid));
  });

  it('takes the engine along when it is killed while that is blocked', async () => {
    const { program, pid, over } = await runHost('block', 'piece');
    expect(isRunning(pid)).toBe(true);
    program.kill('SIGKILL');
    await over;

    await until('the engine is gone', () => !isRunning(pid));
  });
});
