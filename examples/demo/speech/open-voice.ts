import {
  type ClosableSynthesizer,
  earcon,
  type Synthesizer,
  type VoiceLadder,
  type VoiceRung,
  voiceLadder,
} from 'earshot';
import type { KokoroVoice } from 'earshot/adapters/kokoro';
import { lastValueFrom, type SchedulerLike } from 'rxjs';
import { format } from '../format.js';
import type { Screen } from '../screen.js';
import { type ModelSource, type SpeechOptions, type VoiceEngine, voiceEngines } from '../speech-options.js';
import { sourceOf } from './model-source.js';
import { tellLoading, whyNot } from './tell-loading.js';

/** What speaks on this machine. */
export interface LocalVoice {
  readonly ladder: VoiceLadder;
  /** What speaks when the conversation begins. */
  readonly engine: VoiceEngine;
  readonly voice: string;
  /** The voices that were opened so far, by the names of their engines. */
  readonly opened: ReadonlyMap<string, Pick<Synthesizer, 'engine' | 'voice'>>;
  close(): Promise<void>;
}

export interface VoiceInput {
  readonly speak: NonNullable<SpeechOptions['speak']>;
  readonly models: ModelSource;
  readonly scheduler: SchedulerLike;
  readonly screen: Screen;
}

/**
 * Find the best voice from the one that was asked for down, with those below it for when it fails.
 *
 * @returns undefined when none can speak here, after why not was told.
 */
export async function openVoice(input: VoiceInput): Promise<LocalVoice | undefined> {
  const { speak, scheduler, screen } = input;
  const asked = voiceEngines.slice(voiceEngines.indexOf(speak.engine));
  // A signal is the last resort within a conversation; before it there is still the service, which can speak.
  const speaking = asked.filter((engine) => engine !== 'earcon' || speak.engine === 'earcon');
  for (const [at, engine] of speaking.entries()) {
    let first: ClosableSynthesizer | undefined;
    try {
      first = await open(engine, input);
    } catch (error) {
      screen.tell(`${engine} does not speak here: ${whyNot(error)}.`);
      continue;
    }
    const { voice } = first;
    const opened = new Map<string, Synthesizer>();
    const rungs = asked.slice(at).map((name): VoiceRung => {
      return {
        name,
        async open() {
          const ready = name === engine ? first : undefined;
          if (ready) first = undefined;
          const synthesizer = ready ?? (await open(name, input));
          opened.set(name, synthesizer);
          return synthesizer;
        },
      };
    });
    const ladder = voiceLadder(rungs, { format, scheduler });
    await lastValueFrom(ladder.warmUp(), { defaultValue: undefined });
    screen.tell(
      engine === 'earcon'
        ? 'A signal sounds in the place of each clause that the service writes, and nothing of it is heard.'
        : `${engine} speaks on this machine what the service writes, in the voice ${voice}.`,
    );
    return {
      ladder,
      engine,
      voice,
      opened,
      close: () => lastValueFrom(ladder.close(), { defaultValue: undefined }),
    };
  }
  screen.tell('The service speaks by itself instead, with the recordings of its answers.');
  return undefined;
}

/** The voice that was named is one of the engine that was named; the others take their own. */
async function open(
  engine: VoiceEngine,
  { speak, models, screen }: VoiceInput,
): Promise<ClosableSynthesizer> {
  const named = engine === speak.engine ? speak.voice : null;
  const voice = named !== null && { voice: named };
  switch (engine) {
    case 'kokoro': {
      const { loadKokoro } = await import('earshot/adapters/kokoro');
      return loadKokoro({
        ...sourceOf(models, 'kokoro'),
        onProgress: tellLoading('kokoro', screen),
        // One that it does not have is refused there, with those that it has.
        ...(named !== null && { voice: named as KokoroVoice }),
      });
    }
    case 'espeak-ng':
      return (await import('earshot/adapters/espeak-ng')).loadEspeakNg({ ...voice });
    case 'flite':
      return (await import('earshot/adapters/wasm-voices')).loadFlite({ ...voice });
    case 'espeak-ng-wasm':
      return (await import('earshot/adapters/wasm-voices')).loadEspeakNgWasm({ ...voice });
    case 'earcon':
      return earcon({ sampleRateHz: format.sampleRateHz });
  }
}
