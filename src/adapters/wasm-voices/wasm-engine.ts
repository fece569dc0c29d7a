import { readFile } from 'node:fs/promises';
import { pathToFileURL } from 'node:url';
import { SpeechError } from '../../core/errors.js';
import { createEspeakVoice, type EspeakModule } from './espeak-voice.js';
import { createFliteVoice } from './flite-voice.js';
import { speechParts } from './speech-parts.js';
import type { SayPart, WasmSpeech } from './wasm-speech.js';
import { webAssembly } from './web-assembly.js';

/** Which voice the program is to load. */
export interface WasmVoiceSettings {
  readonly kind: 'flite' | 'espeak-ng';
  /** The peer's file: its WebAssembly, or the JavaScript around it. */
  readonly file: string;
  readonly voice: string;
  readonly speed: number;
}

/**
 * Load a voice and speak with it, a part at a time.
 *
 * @throws OptionError `OPTION_INVALID` for a voice that it does not have; SpeechError `SYNTHESIS_FAILED`. As rejections.
 */
export async function loadWasmEngine(settings: WasmVoiceSettings) {
  const say = await loadVoice(settings);
  return {
    async run(
      text: string,
      emit: (speech: WasmSpeech) => Promise<void>,
      isCancelled: () => boolean,
    ): Promise<void> {
      for (const part of speechParts(text)) {
        if (isCancelled()) return;
        const speech = say(part);
        if (speech.samples.length === 0) {
          throw new SpeechError(
            'SYNTHESIS_FAILED',
            `${settings.kind} made no sound of ${JSON.stringify(part)}; leave it out`,
          );
        }
        await emit(speech);
      }
    },
  };
}

async function loadVoice({ kind, file, voice, speed }: WasmVoiceSettings): Promise<SayPart> {
  if (kind === 'flite')
    return createFliteVoice(await webAssembly.compile(await readFile(file)), voice, speed);
  const { default: open } = (await import(pathToFileURL(file).href)) as {
    readonly default: () => Promise<EspeakModule>;
  };
  return createEspeakVoice(await open(), voice, speed);
}
