import { PassThrough } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { describeButtonContract } from '../../testing/contracts/button.contract.js';
import { createVirtualClock } from '../../testing/virtual-clock.js';
import { type KeyboardInput, openKeyboard } from './keyboard.js';
import { type KeyboardButtonOptions, keyboardButton } from './keyboard-button.js';

/** Lets streams deliver what they have. */
async function settle() {
  for (let turn = 0; turn < 2; turn++) await new Promise((resolve) => setImmediate(resolve));
}

/** A terminal without one. */
function terminal(isTTY = true) {
  const stream = new PassThrough();
  const modes: boolean[] = [];
  const input: KeyboardInput = Object.assign(stream, {
    isTTY,
    isRaw: false,
    setRawMode(isRaw: boolean) {
      modes.push(isRaw);
      (input as { isRaw: boolean }).isRaw = isRaw;
    },
  });
  return {
    input,
    stream,
    modes,
    /** Resolves when what was typed has been read. */
    async type(text: string) {
      stream.write(text);
      await settle();
    },
    settle,
  };
}

function keysOf(tty: ReturnType<typeof terminal>) {
  const keys: string[] = [];
  const ends: string[] = [];
  const subscription = openKeyboard(tty.input).keys$.subscribe({
    next: (key) => keys.push(key),
    error: (error) => ends.push(String(error)),
    complete: () => ends.push(`completed, raw ${tty.input.isRaw}`),
  });
  return { keys, ends, subscription };
}

describe('a keyboard', () => {
  it('names each key that is struck', async () => {
    const tty = terminal();
    const { keys } = keysOf(tty);

    await tty.type(' mM1?\r\u001b[A\u001bOP\u0001');

    expect(keys).toEqual(['space', 'm', 'M', '1', '?', 'return', 'up', 'f1', 'ctrl+a']);
  });

  it('takes the terminal while somebody listens, and gives it back as it was', async () => {
    const tty = terminal();
    const keyboard = openKeyboard(tty.input);
    expect(tty.modes).toEqual([]);

    const first = keyboard.keys$.subscribe();
    const second = keyboard.keys$.subscribe();
    first.unsubscribe();
    expect([tty.modes, tty.stream.isPaused()]).toEqual([[true], false]);
    second.unsubscribe();

    expect([tty.modes, tty.stream.isPaused()]).toEqual([[true, false], true]);
    keyboard.keys$.subscribe().unsubscribe();
    expect(tty.modes).toEqual([true, false, true, false]);
    expect(tty.stream.listenerCount('keypress')).toBe(0);
  });

  it('tells Ctrl-C, and completes with the terminal given back, so that the next one ends the program', async () => {
    const tty = terminal();
    const { keys, ends } = keysOf(tty);

    await tty.type('a\u0003b');

    expect([keys, ends, tty.modes]).toEqual([['a', 'ctrl+c'], ['completed, raw false'], [true, false]]);
  });

  it('says what to do where there is no terminal, and when it is gone', async () => {
    const piped = terminal(false);
    expect(keysOf(piped).ends[0]).toMatch(
      /\[DEVICE_NOT_FOUND\].*standard input is no terminal; start the program/,
    );
    expect(piped.modes).toEqual([]);

    const tty = terminal();
    const { ends } = keysOf(tty);
    tty.stream.end();
    await tty.settle();
    expect(ends[0]).toMatch(/\[DEVICE_LOST\].*the terminal was closed/);
    expect(tty.modes).toEqual([true, false]);

    const broken = terminal();
    const watched = keysOf(broken);
    broken.stream.destroy(new Error('EIO'));
    await new Promise((resolve) => setImmediate(resolve));
    expect(watched.ends[0]).toMatch(/\[DEVICE_LOST\].*the terminal failed/);

    expect(() => openKeyboard(undefined as never)).toThrow(/input is no stream; give process.stdin/);
  });
});

function key(options: Partial<KeyboardButtonOptions> = {}) {
  const tty = terminal();
  const clock = createVirtualClock();
  const { scheduler } = clock;
  const button = keyboardButton({ keyboard: openKeyboard(tty.input), scheduler, ...options });
  const told: (readonly [number, boolean])[] = [];
  const ends: string[] = [];
  const subscription = button.pressed$.subscribe({
    next: (down) => told.push([clock.nowMs, down]),
    error: () => ends.push('failed'),
    complete: () => ends.push('completed'),
  });
  const strike = async (ms: number, text = ' ') => {
    clock.run(ms);
    await tty.type(text);
  };
  return { tty, clock, told, ends, subscription, strike };
}

describeButtonContract(
  { describe, it, expect },
  {
    name: 'keyboardButton',
    create: () => {
      const tty = terminal();
      const clock = createVirtualClock();
      const { scheduler } = clock;
      return {
        button: keyboardButton({ keyboard: openKeyboard(tty.input), scheduler, key: 't' }),
        press: () => tty.type('t'),
        release: () => tty.type('t'),
        isOpen: () => tty.modes.at(-1) === true,
        now: () => clock.nowMs,
        advance: async (ms) => clock.advanceBy(Math.max(ms, 200)),
      };
    },
    createBroken: () => {
      const tty = terminal(false);
      const clock = createVirtualClock();
      const { scheduler } = clock;
      return {
        button: keyboardButton({ keyboard: openKeyboard(tty.input), scheduler }),
        press: () => undefined,
        release: () => undefined,
        isOpen: () => tty.modes.at(-1) === true,
        now: () => clock.nowMs,
        advance: async (ms) => clock.advanceBy(ms),
      };
    },
  },
);

describe('a key as a button', () => {
  it('turns over at each stroke, and not at the repeats of a key that is held', async () => {
    const { told, strike } = key();

    await strike(1000);
    for (let ms = 1050; ms < 2000; ms += 50) await strike(ms);
    await strike(3000);
    await strike(3100, 'x');

    expect(told).toEqual([
      [0, false],
      [1000, true],
      [3000, false],
    ]);
  });

  it('is held for as long as the key repeats', async () => {
    const { clock, told, strike } = key({ mode: 'hold' });

    await strike(1000);
    for (let ms = 1660; ms <= 3000; ms += 40) await strike(ms);
    clock.run(10_000);

    expect(told).toEqual([
      [0, false],
      [1000, true],
      [2980 + 150, false],
    ]);
  });

  it('lasts for a moment at a short stroke', async () => {
    const { clock, told, strike } = key({ mode: 'hold' });

    await strike(1000);
    clock.run(10_000);

    expect(told).toEqual([
      [0, false],
      [1000, true],
      [1700, false],
    ]);
  });

  it('is released before it completes or fails, and leaves no timer behind', async () => {
    const first = key();
    await first.strike(1000);
    await first.strike(1001, '\u0003');
    expect([first.told.at(-1)?.[1], first.ends]).toEqual([false, ['completed']]);

    const second = key({ mode: 'hold' });
    await second.strike(1000);
    second.tty.stream.end();
    await second.tty.type('').catch(() => undefined);
    expect([second.told.at(-1)?.[1], second.ends]).toEqual([false, ['failed']]);

    const third = key({ mode: 'hold' });
    await third.strike(1000);
    third.subscription.unsubscribe();
    third.clock.run(10_000);
    expect(third.told.length).toBe(2);
  });

  it('refuses a missing keyboard and a key without a name', () => {
    const { scheduler } = createVirtualClock();
    const keyboard = openKeyboard(terminal().input);
    expect(() => keyboardButton({ scheduler } as never)).toThrow(/keyboard or scheduler is missing/);
    expect(() => keyboardButton({ keyboard, scheduler, key: '' })).toThrow(/key must be a non-empty string/);
  });
});
