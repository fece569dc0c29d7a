import { catchError, defer, firstValueFrom, type Observable, reduce, throwError, timeout } from 'rxjs';
import type { AudioFrame, PcmFormat } from '../../core/audio/audio-frame.js';
import { OptionError, SpeechError, VoiceError } from '../../core/errors.js';
import type { Synthesizer } from '../../core/ports/synthesizer.js';
import { speakableText } from '../../core/speech/speakable-text.js';
import { type EspeakNgOptions, resolveEspeakNgOptions } from './espeak-ng-options.js';
import { type EspeakVoice, hasVoice, readVariants, readVoices, someVoices } from './espeak-voices.js';
import { readWavStream } from './read-wav-stream.js';
import { type ProgramFailure, runProgram } from './run-program.js';

/** The installed eSpeak NG. @public */
export interface EspeakNg extends Synthesizer {
  /** The voices that it has; variants and those of MBROLA are not among them. */
  readonly voices: readonly EspeakVoice[];
}

/** What eSpeak NG speaks at speed 1. Units: words a minute. */
const ownRate = 175;
/** Half an hour of speech, which nobody says in one breath. Units: characters. */
const longestText = 20_000;
const installCommand = 'apt install espeak-ng (brew install espeak-ng on macOS)';

/**
 * The program `espeak-ng` of the system as a `Synthesizer`.
 *
 * @remarks
 * Asks the program for its version and its voices, and has it say one word to learn the layout of its audio.
 *
 * Shape: 22.05 kHz mono (MBROLA voices: 16 kHz), frames of 20 ms, the last may be shorter.
 *
 * Timing: each text is a process of its own; the first frame comes after 7 to 11 ms (2-core x86), a second of speech takes a few more.
 *
 * Cancellation: kills the process.
 *
 * Text is read as it is: no SSML, no phonemes in double brackets, no control characters. It goes through the standard input, so that no
 * other user of the machine sees it in a list of processes.
 *
 * Licence: the program is GPL-3.0 or later; it is run as a program and nothing of it is part of this package.
 *
 * `synthesize` errors with `SYNTHESIS_FAILED`, retryable when the program was killed or stood still.
 *
 * @throws OptionError `OPTION_INVALID`, also for a voice that the program does not have; VoiceError `PEER_MISSING` when it is not installed;
 * SpeechError `SYNTHESIS_FAILED` when it does not work. All as rejections.
 * @public
 */
export async function loadEspeakNg(options: Partial<EspeakNgOptions> = {}): Promise<EspeakNg> {
  const resolved = resolveEspeakNgOptions(options);
  const { voice, speed } = resolved;
  const ask = (question: string): Promise<string> => firstValueFrom(answer(resolved, question));

  const said = await ask('--version');
  const [, ng, version] = /eSpeak( NG)? text-to-speech: *(\S+)/i.exec(said) ?? [];
  if (version === undefined) throw failure(resolved, `does not say which version it is: ${quoted(said)}`);
  const voices = readVoices(await ask('--voices'));
  if (voices.length === 0)
    throw failure(resolved, 'lists no voices; is its data (espeak-ng-data) installed?');
  await checkVoice(voice, voices, ask);
  // The rate is that of the voice, and only a sound tells it.
  const format = await firstValueFrom(
    speech(resolved, 'one').pipe(
      reduce<AudioFrame, PcmFormat | undefined>((_, frame) => frame.format, undefined),
    ),
  );
  if (format === undefined) throw failure(resolved, `gives no sound with the voice ${quoted(voice)}`);

  return {
    format,
    engine: `${ng === undefined ? 'espeak' : 'espeak-ng'}-${version}`,
    voice,
    speed,
    voices,
    synthesize: (text) => defer(() => speech(resolved, checkedText(text), format)),
  };
}

/** All that it writes in answer to a question. */
function answer(options: EspeakNgOptions, question: string): Observable<string> {
  const decoder = new TextDecoder();
  return output(options, [question], '').pipe(
    reduce((text, bytes) => text + decoder.decode(bytes, { stream: true }), ''),
  );
}

function speech(options: EspeakNgOptions, text: string, expected?: PcmFormat): Observable<AudioFrame> {
  const { voice, speed } = options;
  const rate = Math.round(ownRate * speed);
  const args = ['--stdout', '--stdin', '-b', '1', '-v', voice, '-s', String(rate)];
  return readWavStream(output(options, args, text), expected);
}

/** What the program writes; the waits are bounded and failures have a sentence. */
function output(options: EspeakNgOptions, args: readonly string[], input: string): Observable<Uint8Array> {
  const { command, env, maxSilenceMs, scheduler } = options;
  return runProgram({ command, args, env, input }).pipe(
    catchError((cause: ProgramFailure) => throwError(() => programError(options, cause))),
    timeout({
      each: maxSilenceMs,
      scheduler,
      with: () => {
        throw failure(options, `was silent for ${maxSilenceMs} ms and was killed`, { retryable: true });
      },
    }),
  );
}

async function checkVoice(
  voice: string,
  voices: readonly EspeakVoice[],
  ask: (question: string) => Promise<string>,
): Promise<void> {
  const isMbrola = /^mb[-/]/i.test(voice);
  const known = isMbrola ? readVoices(await ask('--voices=mb')) : voices;
  const variants = voice.includes('+') ? readVariants(await ask('--voices=variant')) : [];
  if (hasVoice(voice, known, variants)) return;
  throw new OptionError(
    'OPTION_INVALID',
    `espeak-ng: there is no voice ${quoted(voice)} among its ${known.length}; ` +
      `take one such as ${someVoices(voice, known)}, and variants from: espeak-ng --voices=variant`,
  );
}

function checkedText(text: string): string {
  const plain = speakableText(text);
  const what = plain === undefined ? 'there is no word in it' : `it has more than ${longestText} characters`;
  if (plain === undefined || plain.length > longestText) {
    const shown = quoted(text.length > 60 ? `${text.slice(0, 60)}...` : text);
    throw new SpeechError(
      'SYNTHESIS_FAILED',
      `espeak-ng cannot say ${shown}, ${what}; give clauses with words in them`,
    );
  }
  // Double brackets would have what is in them read as phonemes.
  return plain.replace(/\[(?=\[)/g, '[ ');
}

function programError(options: EspeakNgOptions, { type, how, words, cause }: ProgramFailure): VoiceError {
  const { command } = options;
  const { code } = (cause ?? {}) as { readonly code?: unknown };
  if (type === 'not-started' && (code === 'ENOENT' || code === 'EACCES')) {
    const what = code === 'ENOENT' ? 'is not installed' : 'may not be run';
    return new VoiceError(
      'PEER_MISSING',
      `espeak-ng needs the program ${command}, which ${what}; ${installCommand}`,
      { cause },
    );
  }
  // What it says itself will be said again the next time; being killed, or no memory to start, will pass.
  const retryable = type === 'not-started' || how.includes('killed');
  return failure(options, words === '' ? how : `${how}: "${words}"`, { retryable, cause });
}

const failure = (
  { command }: EspeakNgOptions,
  what: string,
  init: { readonly retryable?: boolean; readonly cause?: unknown } = {},
): SpeechError =>
  new SpeechError(
    'SYNTHESIS_FAILED',
    `the program ${command} ${what}; try it by hand: ${command} hello`,
    init,
  );

const quoted = (text: string): string => JSON.stringify(text.trim());
