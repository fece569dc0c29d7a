import { loadEspeakNg } from '../adapters/espeak-ng/index.js';
import type { Synthesizer } from '../index.js';
import type { FillersCommandLine } from './fillers-command-line.js';

/** What can speak; the first is the one that is taken when none is named. */
export const voiceEngines = ['espeak-ng'] as const;

/** What can speak. */
export type VoiceEngine = (typeof voiceEngines)[number];

/** A synthesizer that is ready, and how to let go of what it holds. */
export interface OpenedVoice {
  readonly synthesizer: Synthesizer;
  close(): Promise<void>;
}

/**
 * Open the voice that the command line names.
 *
 * @throws VoiceError where it is not installed or has no such voice.
 */
export async function openVoice({
  engine,
  voice,
  language,
  speed,
}: FillersCommandLine): Promise<OpenedVoice> {
  switch (engine) {
    case 'espeak-ng': {
      const spoken = voice ?? (language.toLowerCase() === 'en' ? 'en-us' : language.toLowerCase());
      return { synthesizer: await loadEspeakNg({ voice: spoken, speed }), close: async () => {} };
    }
  }
}
