import { lastValueFrom, type Observable, toArray } from 'rxjs';
import type { EngineState } from '../../../src/adapters/engine-host/index.js';
import { type AudioFrame, durationMs } from '../../../src/core/audio/audio-frame.js';
import type { VoiceError } from '../../../src/core/errors.js';
import type { Synthesizer } from '../../../src/core/ports/synthesizer.js';
import { kokoroRateHz, samplesPerToken } from './kokoro-model.js';

// What tests of engines in processes of their own ask again and again.

export const speak = (voice: Synthesizer, text: string): Promise<AudioFrame[]> =>
  lastValueFrom(voice.synthesize(text).pipe(toArray()));

export const lengthMs = (frames: readonly AudioFrame[]): number =>
  frames.reduce((sum, frame) => sum + durationMs(frame), 0);

/** How many tokens the synthetic Kokoro was given for it, at speed 1. */
export const tokensOf = (frames: readonly AudioFrame[]): number =>
  lengthMs(frames) / ((samplesPerToken * 1000) / kokoroRateHz);

export const failureOf = (promise: Promise<unknown>): Promise<VoiceError> =>
  promise.then(
    () => {
      throw new Error('it did not fail');
    },
    (error: VoiceError) => error,
  );

/** The states of an engine from now on, and the number of its process. */
export function statesOf({ state$ }: { readonly state$: Observable<EngineState> }) {
  const states: EngineState[] = [];
  state$.subscribe((state) => states.push(state));
  const last = () => states.at(-1);
  const pid = () => {
    const known = states.findLast((state) => 'pid' in state);
    return (known && 'pid' in known && known.pid) || -1;
  };
  return { states, last, pid };
}

/** Everything that comes of one text, and how it ends. */
export function listen(source$: Observable<AudioFrame>) {
  const frames: AudioFrame[] = [];
  let error: VoiceError | undefined;
  let isOver = false;
  const subscription = source$.subscribe({
    next: (frame) => frames.push(frame),
    error: (failure: VoiceError) => {
      error = failure;
      isOver = true;
    },
    complete: () => {
      isOver = true;
    },
  });
  return { frames, subscription, error: () => error, isOver: () => isOver };
}

export async function until(what: string, isTrue: () => boolean): Promise<void> {
  for (let look = 0; !isTrue(); look++) {
    if (look > 4000) throw new Error(`waited in vain until ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

/** Options of Node for a program that dies of the first connection that it opens. */
export const withoutNetwork: readonly string[] = importing(
  "import net from 'node:net'; net.Socket.prototype.connect = () => process.kill(process.pid, 'SIGKILL');",
);

/** Options of Node for a program on whose machine `sharp` does not work. */
export const withoutSharp: readonly string[] = importing(
  `import { register } from 'node:module'; register(${JSON.stringify(
    moduleOf(
      "export function resolve(name, context, next) { if (name === 'sharp') throw new Error('Could not load the sharp module'); return next(name, context); }",
    ),
  )});`,
);

function importing(source: string): readonly string[] {
  return ['--import', moduleOf(source)];
}

function moduleOf(source: string): string {
  return `data:text/javascript,${encodeURIComponent(source)}`;
}
