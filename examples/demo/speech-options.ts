import type { Recogniser } from 'earshot/adapters/moonshine';
import { oneOf, refusal } from './option-checks.js';

/** What can listen, by the names of the command line. */
export const recognisers: Readonly<Record<string, Recogniser>> = {
  moonshine: 'moonshine-tiny',
  'moonshine-tiny': 'moonshine-tiny',
  'moonshine-base': 'moonshine-base',
  whisper: 'whisper-tiny.en',
  'whisper-tiny.en': 'whisper-tiny.en',
  'whisper-tiny': 'whisper-tiny',
};

/** What can speak, the best first: each falls back to those behind it. */
export const voiceEngines = ['kokoro', 'espeak-ng', 'flite', 'espeak-ng-wasm', 'earcon'] as const;

/** What can speak. */
export type VoiceEngine = (typeof voiceEngines)[number];

/** Where models come from. */
export interface ModelSource {
  /** Folder of models; null for the user's cache. */
  readonly folder: string | null;
  /** Address of the hub; null for the usual one. */
  readonly hub: string | null;
  readonly offline: boolean;
}

/** What is understood and said on this machine, instead of being known before. */
export interface SpeechOptions {
  /** Null: what is said is known from the script. */
  readonly listen: Recogniser | null;
  /** Null: the service speaks. The voice is null for the engine's own. */
  readonly speak: { readonly engine: VoiceEngine; readonly voice: string | null } | null;
  readonly models: ModelSource;
  /** Null for the folder of this package; or, where a voice speaks, for the one where its fillers are looked for. */
  readonly fillers: { readonly folder: string | null; readonly voice: string | undefined };
}

/** As the command line has it. */
export interface GivenSpeech {
  readonly stt?: string | undefined;
  readonly voice?: string | undefined;
  readonly fillers?: string | undefined;
  readonly models?: string | undefined;
  readonly hub?: string | undefined;
  readonly offline?: boolean | undefined;
  readonly fast?: boolean | undefined;
}

/** @throws OptionError in one sentence. */
export function readSpeechOptions(given: GivenSpeech): SpeechOptions {
  const { stt, voice, fillers, models, hub, offline = false, fast } = given;
  for (const name of ['stt', 'voice', 'fillers', 'models', 'hub'] as const)
    if (given[name]?.trim() === '') throw refusal(`--${name} is empty; give it a value, or leave it out`);
  const listen =
    stt === undefined ? null : (recognisers[oneOf('stt', stt, Object.keys(recognisers))] ?? null);
  const speak = readVoice(voice);
  if (fast && listen !== null)
    throw refusal(
      '--fast cannot be combined with --stt: virtual time waits for no recogniser; leave one of them out',
    );
  if (fast && speak !== null)
    throw refusal(
      `--fast cannot be combined with --voice ${speak.engine}: virtual time waits for no voice; leave one of them out`,
    );
  const loads = listen !== null || speak?.engine === 'kokoro';
  for (const name of ['models', 'hub', 'offline'] as const)
    if (given[name] !== undefined && !loads)
      throw refusal(`--${name} is for models; give --stt or --voice kokoro too, or leave it out`);
  if (offline && hub !== undefined)
    throw refusal('--offline cannot be combined with --hub: offline asks no hub; leave one of them out');
  if (hub !== undefined && !/^https?:$/.test(URL.canParse(hub) ? new URL(hub).protocol : ''))
    throw refusal(
      `--hub must be an address that begins with https:// or http://, but is ${JSON.stringify(hub)}`,
    );
  // The recordings of the package have one voice; of a folder that was named, what is in it decides.
  const shipped = fillers === undefined ? 'allison' : undefined;
  return {
    listen,
    speak,
    models: { folder: models ?? null, hub: hub ?? null, offline },
    fillers: { folder: fillers ?? null, voice: speak === null ? (voice ?? shipped) : undefined },
  };
}

/** `kokoro`, or `kokoro:bm_george`; null for what is the voice of fillers. */
function readVoice(given: string | undefined): SpeechOptions['speak'] {
  if (given === undefined) return null;
  const [name = '', ...rest] = given.split(':');
  const engine = voiceEngines.find((one) => one === name);
  if (engine === undefined) return null;
  if (rest.length === 0) return { engine, voice: null };
  const voice = rest.join(':');
  if (engine === 'earcon')
    throw refusal(
      `--voice earcon has no voices, but is ${JSON.stringify(given)}; leave out what follows the colon`,
    );
  if (voice.trim() === '')
    throw refusal(
      `--voice ${given} names no voice; give one, as in kokoro:bm_george, or leave out the colon`,
    );
  return { engine, voice };
}
