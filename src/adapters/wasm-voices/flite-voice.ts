import { encodePcm } from '../../core/audio/pcm.js';
import { readWav } from '../../core/audio/wav.js';
import { OptionError, SpeechError } from '../../core/errors.js';
import { runInMemory, type WasiRun } from './memory-wasi.js';
import type { SayPart } from './wasm-speech.js';
import type { WasmModule } from './web-assembly.js';

/** It knows the words for the time of day and no others. */
const timeOfDayOnly = 'awb_time';
const outputFile = 'speech.wav';

/**
 * Flite, each part in an instance of its own: the program frees nothing and ends after one text.
 *
 * @throws OptionError `OPTION_INVALID` for a voice it does not have, which it would replace by its worst one without a word.
 */
export function createFliteVoice(module: WasmModule, voice: string, speed: number): SayPart {
  const listed = /Voices available: (.*)/.exec(runInMemory(module, ['flite', '-lv']).said)?.[1] ?? '';
  const voices = listed.split(' ').filter((name) => name !== '' && name !== timeOfDayOnly);
  if (!voices.includes(voice)) {
    throw new OptionError(
      'OPTION_INVALID',
      `flite: there is no voice ${JSON.stringify(voice)}; take one of ${voices.join(', ')}`,
    );
  }
  const options = ['-voice', voice, '--setf', `duration_stretch=${1 / speed}`, '-o', `/${outputFile}`];

  return (part) => {
    const run = runInMemory(module, ['flite', ...options, '-t', part]);
    const file = run.files.get(outputFile);
    if (run.exitCode !== 0 || file === undefined) throw notSpoken(part, run);
    const { format, samples } = readWav(file);
    const bytes = encodePcm(samples, 's16');
    return { sampleRateHz: format.sampleRateHz, samples: new Int16Array(bytes.buffer) };
  };
}

const notSpoken = (part: string, { exitCode, said }: WasiRun): SpeechError =>
  new SpeechError(
    'SYNTHESIS_FAILED',
    `flite ended with code ${exitCode} at ${JSON.stringify(part)} (${said.trim().slice(0, 200) || 'and said nothing'}); leave it out`,
  );
