import { AsyncSubject, EMPTY } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { SpeechError, type SwapReport } from '../../index.js';
import type { EarshotConfig } from '../config/earshot-config.js';
import type { Generation, GenerationOutcome } from './generation.js';
import { createReloader, type ReloadParts } from './reload.js';

const configOf = (more: Partial<EarshotConfig> = {}): EarshotConfig => ({
  upstream: { target: '127.0.0.1:1' },
  transcriber: { engine: 'moonshine' },
  ...more,
});

/** A loop that can be reloaded, of which everything is written down. */
function reloadable(reads: readonly (EarshotConfig | Error)[], create?: ReloadParts['create']) {
  const told: string[] = [];
  const swaps: AsyncSubject<SwapReport>[] = [];
  const generationOf = (name: string, config = configOf()): Generation => ({
    config,
    pipeline: { name } as never,
    controls: {} as never,
    composed: { close: async () => void told.push(`closed ${name}`) } as never,
  });
  let current = generationOf('first');
  let made = 0;
  const waiting = [...reads];
  const reloader = createReloader({
    path: 'a.yaml',
    loop: {
      ...{
        events$: EMPTY,
        state$: EMPTY,
        answerTool: () => false,
        close: () => false,
        stopGracefully: () => EMPTY,
      },
      swapBetweenTurns(next) {
        told.push(`swap to ${(next as unknown as { name: string }).name}`);
        const report$ = new AsyncSubject<SwapReport>();
        swaps.push(report$);
        return report$;
      },
    },
    supervision: {
      notifier: { reloading: () => told.push('reloading') } as never,
      ready: (doubt) => told.push(doubt === undefined ? 'ready' : `ready; ${doubt}`),
      onProgress() {},
    },
    read() {
      const config = waiting.shift();
      if (config instanceof Error) throw config;
      if (config === undefined) return { problems: [{ line: 3, column: 1, path: 'x', message: 'is wrong' }] };
      return { config, folder: '/' };
    },
    create:
      create ??
      (async (config) => {
        made += 1;
        return { generation: generationOf(`number ${made}`, config) };
      }),
    current: () => current,
    took(next) {
      current = next;
    },
    log: () => ({
      event() {},
      service() {},
      own: (level, method, decision, ctx = {}) => {
        told.push(`${level} ${method} ${decision} ${Object.values(ctx).join(' ')}`.trim());
      },
    }),
  });
  const report = (at: number, what: SwapReport): void => {
    swaps[at]?.next(what);
    swaps[at]?.complete();
  };
  return { reloader, told, report, settled: () => new Promise<void>((resolve) => setImmediate(resolve)) };
}

const waits = 'info reload accepted takes effect between two turns';

describe('a reload', () => {
  it('swaps between two turns, and closes what ran before only then', async () => {
    const { reloader, told, report, settled } = reloadable([configOf({ watchdog: { stuckAfterMs: 9000 } })]);
    reloader.reload();
    await settled();
    expect(told).toEqual([
      'reloading',
      'warn reload later watchdog takes effect at the next start',
      waits,
      'swap to number 1',
      'ready',
    ]);
    report(0, { type: 'swapped', how: 'between-turns', waitedMs: 3 });
    await reloader.close();
    expect(told.slice(5)).toEqual(['info reload done between-turns 3', 'closed first']);
  });

  it('leaves everything as it is when the config cannot be read, holds a mistake, or cannot be made', async () => {
    const missing = new SpeechError('PEER_MISSING', 'kokoro-js is missing; npm install it');
    const { reloader, told, settled } = reloadable([new Error('it does not exist')]);
    reloader.reload();
    await settled();
    reloader.reload();
    await settled();
    expect(told).toEqual([
      'reloading',
      'error reload refused it does not exist',
      'ready; the last reload was refused: it does not exist',
      'reloading',
      'error reload refused a.yaml:3:1: x is wrong',
      'ready; the last reload was refused: a.yaml:3:1: x is wrong',
    ]);
    const other = reloadable([configOf()], async () => ({ errors: [missing] }));
    other.reloader.reload();
    await other.settled();
    expect(other.told[1]).toBe(
      'error reload refused [PEER_MISSING] kokoro-js is missing; npm install it PEER_MISSING',
    );
    expect(other.told).toHaveLength(3);
  });

  it('closes the new one where it failed on trial, or was superseded', async () => {
    const { reloader, told, report, settled } = reloadable([configOf(), configOf()]);
    reloader.reload();
    await settled();
    reloader.reload();
    await settled();
    report(0, { type: 'abandoned', why: 'superseded' });
    report(1, { type: 'reverted', error: new Error('no such microphone'), waitedMs: 5 });
    await reloader.close();
    expect(told.filter((line) => !/ready|reloading|accepted/.test(line))).toEqual([
      'swap to number 1',
      'swap to number 2',
      'info reload abandoned superseded',
      'closed number 1',
      'error reload reverted no such microphone',
      'closed number 2',
    ]);
  });

  it('gives up what it is making when it is asked anew, and at the end', async () => {
    const signals: AbortSignal[] = [];
    const { reloader, told, settled } = reloadable([configOf(), configOf()], (_config, _folder, stop) => {
      signals.push(stop);
      return new Promise<GenerationOutcome>((_, reject) => {
        stop.addEventListener('abort', () => reject(stop.reason as Error));
      });
    });
    reloader.reload();
    await settled();
    reloader.reload();
    await settled();
    expect(signals.map(({ aborted }) => aborted)).toEqual([true, false]);
    await reloader.close();
    expect([signals[1]?.aborted, told]).toEqual([true, ['reloading', 'reloading']]);
  });
});
