import { constants, getPriority, setPriority } from 'node:os';
import { setImmediate as turn } from 'node:timers/promises';
import { type EngineMessage, type EngineNews, type EngineOrder, toPlainError } from './engine-messages.js';
import { endWithParent } from './parent-watch.js';

/** A model that is loaded. */
export interface Engine<Request, Piece> {
  /**
   * Do what is asked, piece by piece.
   *
   * @param emit - hands a piece over. To be awaited: it waits until the pipe takes more and lets a cancel be seen.
   * @param isCancelled - to be asked between two pieces of work; then `run` returns, and may throw.
   */
  run(request: Request, emit: (piece: Piece) => Promise<void>, isCancelled: () => boolean): Promise<void>;
}

/** Loads the model. `tell` says in words what is being done, for whoever waits. */
export type LoadEngine<Settings, Request, Piece> = (
  settings: Settings,
  tell: (what: string) => void,
) => Promise<Engine<Request, Piece>>;

/** The part of `process` that an engine uses. */
export interface EngineProcess {
  /** Whether the program that it serves is still there. */
  readonly connected: boolean;
  send(message: EngineMessage, callback: (error: Error | null) => void): unknown;
  on(event: 'message', listener: (order: EngineOrder) => void): unknown;
  on(event: 'disconnect' | 'SIGINT' | 'SIGTERM' | 'SIGHUP', listener: () => void): unknown;
  residentBytes(): number;
  /** End it without a farewell: taking onnxruntime down in good order during an inference aborts. */
  vanish(): void;
}

/** From normal to below normal, as systems call it that have only six priorities. */
const belowBy = constants.priority.PRIORITY_BELOW_NORMAL;
/** Pieces of an engine that does not await `emit`. */
const mostWaiting = 64;

/**
 * Serve the program that started this one: load the model, do one request after the other, end with it.
 *
 * @remarks
 * For the program of an engine, which does nothing else. The process gets a lower priority, so that frames come first.
 */
export function serveEngine<Settings, Request, Piece>(
  load: LoadEngine<Settings, Request, Piece>,
  self: EngineProcess = thisProcess(),
): void {
  let engine: Engine<Request, Piece> | undefined;
  let current: { readonly id: number; isCancelled: boolean } | undefined;
  let waiting = 0;

  function send(news: EngineNews): Promise<void> {
    return new Promise((resolve) => {
      // Throws for a piece that cannot be sent, and then the request has failed.
      self.send({ ...news, residentBytes: self.residentBytes() }, (error) => {
        waiting -= 1;
        if (error) self.vanish();
        resolve();
      });
      waiting += 1;
    });
  }

  async function begin(settings: Settings): Promise<void> {
    try {
      engine = await load(settings, (what) => void send({ type: 'told', what }));
      await send({ type: 'ready' });
    } catch (error) {
      await send({ type: 'unloadable', error: toPlainError('MODEL_LOAD_FAILED', error) });
    }
  }

  async function run(id: number, request: Request): Promise<void> {
    const job = { id, isCancelled: false };
    current = job;
    await send({ type: 'begun', id });
    const emit = (piece: Piece): Promise<void> => {
      if (waiting >= mostWaiting) throw new Error(`${waiting} pieces wait to be taken`);
      return job.isCancelled ? turn() : send({ type: 'piece', id, piece }).then(() => turn());
    };
    try {
      // Sent only to an engine that said that it is ready.
      await engine?.run(request, emit, () => job.isCancelled);
      await send({ type: 'done', id });
    } catch (error) {
      await send({ type: 'failed', id, error: toPlainError('MODEL_INFERENCE_FAILED', error) });
    }
  }

  self.on('message', (order) => {
    switch (order.type) {
      case 'load':
        void begin(order.settings as Settings);
        break;
      case 'run':
        void run(order.id, order.request as Request);
        break;
      case 'cancel':
        if (current?.id === order.id) current.isCancelled = true;
    }
  });
  // Whoever used it is gone, however that came about.
  self.on('disconnect', () => self.vanish());
  if (!self.connected) {
    // It went while this process started, and nobody says so again.
    self.vanish();
    return;
  }
  // Ctrl-C and whoever stops a service mean every process at once. The program decides when this one ends.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) self.on(signal, () => {});
}

function thisProcess(): EngineProcess {
  try {
    // Below that of the program, which may be low already. Threads that are started later inherit it.
    setPriority(Math.min(constants.priority.PRIORITY_LOW, getPriority() + belowBy));
  } catch {
    // Then it competes with the frames as an equal.
  }
  endWithParent();
  return {
    get connected() {
      return process.connected;
    },
    send: (message, callback) => process.send?.(message, callback),
    on: (event: string, listener: (...values: never[]) => void) => process.on(event, listener as () => void),
    residentBytes: () => process.memoryUsage.rss(),
    vanish: () => process.kill(process.pid, 'SIGKILL'),
  };
}
