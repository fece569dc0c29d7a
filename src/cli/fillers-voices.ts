import { loadEspeakNg } from '../adapters/espeak-ng/index.js';
import { type KokoroOptions, loadKokoro } from '../adapters/kokoro/index.js';
import type { Synthesizer } from '../index.js';
import { CommandError } from './command-error.js';
import type { Console } from './console.js';
import { printable } from './printable.js';
import { countSeconds, type ProgressLine } from './progress-line.js';

/** What can speak. */
export const voiceEngines = ['kokoro', 'espeak-ng'] as const;

/** What can speak. */
export type VoiceEngine = (typeof voiceEngines)[number];

/** A voice, as the command line names it. */
export interface VoiceWish {
  /** Undefined for the best one that speaks the language. */
  readonly engine: VoiceEngine | undefined;
  /** Undefined for the one that the engine has for the language. */
  readonly voice: string | undefined;
  /** As BCP 47. */
  readonly language: string;
  readonly speed: number;
  /** Of Kokoro: a folder, or its name on the hub; undefined for its own. */
  readonly model: string | undefined;
  /** Touch no network. */
  readonly offline: boolean;
}

/** A synthesizer that is ready, and how to let go of what it holds. */
export interface OpenedVoice {
  readonly synthesizer: Synthesizer;
  close(): Promise<void>;
}

/**
 * Open the voice that the command line names.
 *
 * @throws CommandError, or VoiceError where it is not installed or has no such voice.
 */
export async function openVoice(
  wish: VoiceWish,
  console: Console,
  drawn: ProgressLine,
): Promise<OpenedVoice> {
  const { voice, speed, model, offline } = wish;
  const language = wish.language.toLowerCase();
  const isEnglish = /^en(?:-|$)/.test(language);
  const engine = wish.engine ?? (isEnglish ? 'kokoro' : 'espeak-ng');
  if (engine !== 'kokoro' && (model !== undefined || offline)) {
    throw new CommandError(`--model and --offline are of kokoro; ${engine} has no model to load`);
  }
  switch (engine) {
    case 'espeak-ng': {
      const spoken = voice ?? (language === 'en' ? 'en-us' : language);
      return { synthesizer: await loadEspeakNg({ voice: spoken, speed }), close: async () => {} };
    }
    case 'kokoro': {
      if (!isEnglish) {
        throw new CommandError(
          `Kokoro speaks English here, and not ${JSON.stringify(wish.language)}; take --engine espeak-ng`,
        );
      }
      let counted = countSeconds(drawn, 'loading Kokoro');
      const tell = tellDownload(console, drawn);
      const synthesizer = await loadKokoro({
        speed,
        offline,
        onProgress(progress) {
          counted();
          tell(progress);
          if (progress.type === 'ready') counted = countSeconds(drawn, 'loading Kokoro');
        },
        ...(model !== undefined && { model }),
        // What is no voice of it is refused there, with those that there are.
        ...(voice !== undefined && { voice: voice as KokoroOptions['voice'] }),
      }).finally(() => counted());
      return { synthesizer, close: () => synthesizer.close() };
    }
  }
}

const megabytes = (bytes: number): string => `${Math.round(bytes / 1e6)} MB`;

/** Before the first byte: what is downloaded, from where and how much; then how far it is, where that can be drawn. */
export function tellDownload(console: Console, drawn: ProgressLine): KokoroOptions['onProgress'] {
  return (progress) => {
    switch (progress.type) {
      case 'download-announced': {
        const { id, source, folder, totalBytes } = progress;
        const size = totalBytes === null ? 'of a size that the hub does not tell' : megabytes(totalBytes);
        drawn.clear();
        console.say(printable(`downloading ${id}, ${size}, from ${source} into ${folder}`));
        return;
      }
      case 'download-retried':
        drawn.clear();
        console.say(printable(`${progress.file}: attempt ${progress.attempt}, because ${progress.why}`));
        return;
      case 'downloading': {
        const { receivedBytes, totalBytes } = progress;
        const of = totalBytes === null ? '' : ` of ${megabytes(totalBytes)}`;
        drawn.show(`${megabytes(receivedBytes)}${of}`);
        return;
      }
      default:
        drawn.clear();
    }
  };
}
