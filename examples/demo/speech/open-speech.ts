import type { FillerClip } from 'earshot';
import type { MoonshineTranscriber } from 'earshot/adapters/moonshine';
import type { SchedulerLike } from 'rxjs';
import type { Screen } from '../screen.js';
import type { SpeechOptions } from '../speech-options.js';
import { openEar } from './open-ear.js';
import { openFillers } from './open-fillers.js';
import type { LocalVoice } from './open-voice.js';

/** What listens and speaks on this machine. */
export interface Speech {
  /** Undefined where nothing does. */
  readonly ear: MoonshineTranscriber | undefined;
  /** Undefined where the service speaks. */
  readonly voice: LocalVoice | undefined;
  readonly fillers: readonly FillerClip[];
  close(): Promise<void>;
}

/**
 * Open what was asked for, one after the other, and tell what takes the place of what cannot be had.
 *
 * @param stop - rejects with its reason at once; what is being loaded then is closed when it is there.
 */
export async function openSpeech(
  options: SpeechOptions,
  scheduler: SchedulerLike,
  screen: Screen,
  stop: AbortSignal,
): Promise<Speech> {
  const { listen, speak, models } = options;
  const opened: { close(): Promise<void> }[] = [];
  const close = async () => {
    await Promise.all(opened.splice(0).map((one) => one.close()));
  };
  const load = async <T extends { close(): Promise<void> }>(loading: Promise<T | undefined>) => {
    const loaded = await untilStopped(loading, stop);
    if (loaded !== undefined) opened.push(loaded);
    return loaded;
  };
  try {
    const ear = listen === null ? undefined : await load(openEar(listen, models, screen));
    const voice =
      speak === null
        ? undefined
        : await load((await import('./open-voice.js')).openVoice({ speak, models, scheduler, screen }));
    const fillers = await openFillers(options, voice, screen);
    return { ear, voice, fillers, close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** A download is not waited for after Ctrl-C. */
function untilStopped<T extends { close(): Promise<void> }>(
  loading: Promise<T | undefined>,
  stop: AbortSignal,
): Promise<T | undefined> {
  return new Promise((resolve, reject) => {
    const onStop = () => {
      reject(stop.reason);
      loading.then(
        (late) => late?.close(),
        () => {},
      );
    };
    if (stop.aborted) return onStop();
    stop.addEventListener('abort', onStop, { once: true });
    loading.then(resolve, reject).finally(() => stop.removeEventListener('abort', onStop));
  });
}
