import { setTimeout as sleep } from 'node:timers/promises';
import { serveEngine } from '../../../src/adapters/engine-host/index.js';

/** What happens while the engine loads. */
export interface FaultySettings {
  readonly load?: 'works' | 'fails' | 'dies' | 'hangs';
}

/** What the engine is asked for. */
export type FaultyRequest =
  /** Numbers from 1, each awaited, until it is cancelled. */
  | { readonly do: 'count'; readonly to: number; readonly everyMs?: number }
  /** Numbers without ever looking whether it is cancelled. */
  | { readonly do: 'count-stubbornly'; readonly to: number }
  | { readonly do: 'samples'; readonly length: number }
  | {
      readonly do:
        | 'fail'
        | 'die'
        | 'reject'
        | 'block'
        | 'wait-for-ever'
        | 'send-a-function'
        | 'say-its-environment';
    }
  /** Pieces that are not awaited. */
  | { readonly do: 'flood'; readonly pieces: number }
  | { readonly do: 'eat'; readonly mb: number };

/** What it tells: numbers, samples, or words. */
export type FaultyPiece = number | Float32Array | string | (() => void);

const eaten: Buffer[] = [];

const block = (): never => {
  for (;;) Math.sqrt(2);
};

serveEngine<FaultySettings, FaultyRequest, FaultyPiece>(async ({ load = 'works' }, tell) => {
  tell('reading the model');
  if (load === 'fails') throw new Error('Protobuf parsing failed');
  if (load === 'dies') process.kill(process.pid, 'SIGSEGV');
  if (load === 'hangs') block();
  return {
    async run(request, emit, isCancelled) {
      switch (request.do) {
        case 'count':
          for (let n = 1; n <= request.to && !isCancelled(); n++) {
            await emit(n);
            await sleep(request.everyMs ?? 0);
          }
          break;
        case 'count-stubbornly':
          for (let n = 1; n <= request.to; n++) {
            await emit(n);
            await sleep(5);
          }
          break;
        case 'samples':
          await emit(Float32Array.from({ length: request.length }, (_, index) => index));
          break;
        case 'fail':
          throw new Error('no such voice');
        case 'die':
          await emit(1);
          process.kill(process.pid, 'SIGSEGV');
          await sleep(60_000);
          break;
        case 'reject':
          // Node ends a process for a rejection that nobody looks at.
          void Promise.reject(new Error('the phonemizer choked'));
          await sleep(60_000);
          break;
        case 'block':
          await emit(1);
          block();
          break;
        case 'wait-for-ever':
          await new Promise(() => {});
          break;
        case 'send-a-function':
          await emit(() => {});
          break;
        case 'say-its-environment': {
          const { ORT_DISABLE_TELEMETRY: said = 'undefined' } = process.env;
          await emit(said);
          break;
        }
        case 'flood':
          for (let n = 1; n <= request.pieces; n++) void emit(n);
          break;
        case 'eat':
          for (let mb = 0; mb < request.mb; mb += 16) {
            eaten.push(Buffer.alloc(16 * 2 ** 20, 1));
            await sleep(10);
          }
          await sleep(60_000);
      }
    },
  };
});
