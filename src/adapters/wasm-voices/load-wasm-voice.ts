import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import {
  catchError,
  concat,
  concatMap,
  defer,
  firstValueFrom,
  from,
  type Observable,
  throwError,
} from 'rxjs';
import type { AudioFrame, PcmFormat } from '../../core/audio/audio-frame.js';
import { ModelError, SpeechError, VoiceError } from '../../core/errors.js';
import { nonEmptyString, numberIn, resolveOptions } from '../../core/options.js';
import type { Synthesizer } from '../../core/ports/synthesizer.js';
import { speakableText } from '../../core/speech/speakable-text.js';
import { createSpeechFramer } from '../../core/speech/speech-framer.js';
import { createEngineHost, type EngineHost, findEngineProgram } from '../engine-host/index.js';
import type { WasmVoiceSettings } from './wasm-engine.js';
import type { WasmSpeech } from './wasm-speech.js';

/** A voice that runs as WebAssembly in a process of its own. @public */
export interface WasmVoice extends Synthesizer {
  /** End the process. Texts that are being spoken error. Idempotent. */
  close(): Promise<void>;
}

/** @public */
export interface WasmVoiceOptions {
  /** Name of the voice. @defaultValue 'slt' of Flite, 'en-us' of eSpeak NG */
  readonly voice: string;
  /** Speaking rate; 1 is the voice's own. Range: 0.5..2. @defaultValue 1 */
  readonly speed: number;
  /** Folder of the peer package. Undefined finds the one that is installed. @defaultValue undefined */
  readonly packageFolder: string | undefined;
}

/** What tells one peer from the other. */
export interface WasmPeer {
  readonly kind: WasmVoiceSettings['kind'];
  readonly packageName: string;
  /** The version that the tests ran with. */
  readonly testedVersion: string;
  /** The file that is loaded. */
  readonly file: string;
  /** Why this engine cannot say a text, as the end of a sentence. */
  problemOf(text: string): string | undefined;
}

/**
 * A part of at most 240 characters takes 200 ms on a fast machine, and 20 times that on a slow board that does something else; a voice
 * that hangs is found sooner than a person gives up. Flite's memory grows to 280 MB before it is collected.
 */
const limits = { startMs: 60_000, hangMs: 30_000, cancelGraceMs: 1000, memoryMb: 1024 } as const;
/** Half an hour of speech, which nobody says in one breath. Units: characters. */
const longestText = 20_000;

/** Load a peer's voice; its first word tells the layout of its audio. */
export async function loadWasmVoice(
  peer: WasmPeer,
  defaults: WasmVoiceOptions,
  options: Partial<WasmVoiceOptions>,
): Promise<WasmVoice> {
  const { kind, packageName, file } = peer;
  const { voice, speed, packageFolder } = resolveOptions<WasmVoiceOptions>(packageName, defaults, options, {
    voice: nonEmptyString,
    speed: numberIn(0.5, 2),
    packageFolder: (value) => (value === undefined ? undefined : nonEmptyString(value)),
  });
  const folder = packageFolder ?? findPeer(peer);
  const version = versionOf(peer, folder);
  const host = createEngineHost<WasmVoiceSettings, string, WasmSpeech>({
    label: `the voice of ${packageName}`,
    program: findEngineProgram('adapters/wasm-voices/voice-program'),
    settings: { kind, file: join(folder, file), voice, speed },
    limits,
  });
  let format: PcmFormat;
  try {
    const { sampleRateHz } = await firstValueFrom(host.request('one'));
    format = { sampleRateHz, channels: 1 };
  } catch (cause) {
    await host.close();
    throw cause;
  }
  return {
    format,
    engine: `${packageName.slice(packageName.indexOf('/') + 1)}-${version}`,
    voice,
    speed,
    synthesize: (text) => defer(() => speech(host, format, checkedText(peer, text))),
    close: () => host.close(),
  };
}

function speech(
  host: EngineHost<string, WasmSpeech>,
  format: PcmFormat,
  text: string,
): Observable<AudioFrame> {
  const framer = createSpeechFramer(format);
  const spoken$ = host.request(text).pipe(
    concatMap(({ samples }) => from(framer.push(Float32Array.from(samples, (sample) => sample / 32_768)))),
    catchError((cause) => throwError(() => asSpeechError(cause))),
  );
  return concat(
    spoken$,
    defer(() => from(framer.end())),
  );
}

function checkedText({ packageName, problemOf }: WasmPeer, text: string): string {
  const plain = speakableText(text);
  const problem =
    plain === undefined
      ? 'there is no word in it'
      : plain.length > longestText
        ? `it has more than ${longestText} characters`
        : problemOf(plain);
  if (plain === undefined || problem !== undefined) {
    const shown = JSON.stringify(text.length > 60 ? `${text.slice(0, 60)}...` : text);
    throw new SpeechError(
      'SYNTHESIS_FAILED',
      `${packageName} cannot say ${shown}, ${problem}; give clauses with words in its language`,
    );
  }
  return plain;
}

/** What failed in the process, as a synthesizer says it. */
function asSpeechError(cause: unknown): unknown {
  if (!(cause instanceof ModelError)) return cause;
  const message = cause.message.replace(/^\[\w+\] /, '');
  return new SpeechError('SYNTHESIS_FAILED', message, { retryable: cause.retryable, cause });
}

function findPeer(peer: WasmPeer): string {
  try {
    return dirname(createRequire(import.meta.url).resolve(`${peer.packageName}/package.json`));
  } catch (cause) {
    throw missing(peer, 'is not installed', cause);
  }
}

function versionOf(peer: WasmPeer, folder: string): string {
  if (!existsSync(join(folder, peer.file))) throw missing(peer, `has no ${peer.file} in ${folder}`);
  try {
    const { version } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as {
      readonly version: unknown;
    };
    return String(version);
  } catch (cause) {
    throw missing(peer, `has no package.json that can be read in ${folder}`, cause);
  }
}

const missing = ({ kind, packageName, testedVersion }: WasmPeer, what: string, cause?: unknown): VoiceError =>
  new VoiceError(
    'PEER_MISSING',
    `the ${kind} voice needs the package ${packageName}, which ${what}; run: npm install ${packageName}@${testedVersion}`,
    { cause },
  );
