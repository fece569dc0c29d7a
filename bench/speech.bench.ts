/**
 * The voices and transcribers that are installed here: how soon they answer, and how long they take for a second of speech.
 *
 * Run: npm run bench:speech
 * Models are taken from the cache, or from `-- --kokoro FOLDER` and `-- --moonshine FOLDER`. With `-- --download` one that is not in the cache is
 * fetched first: Kokoro's 325 MB for fp32 and about a quarter of that for q8, some 100 MB to 250 MB for each recogniser.
 * Each voice says three texts in turn, first once to warm up. `first sound` is from the asking to the first frame, and `RTF` the time for all of
 * a text per second of its audio: 0.5 is twice as fast as it is heard, above 1 is too slow to be heard live. Each transcriber hears two utterances
 * of a person, all of their audio at once; `final` is from then to the final transcript, which is shown. What is not installed is
 * named with what it needs. Takes some seconds, and longer with a model on a slow board.
 */
import { cpus } from 'node:os';
import { parseArgs } from 'node:util';
import type { Missing } from './speech/common.js';
import { benchTranscribers, type TranscriberResult } from './speech/transcribers.js';
import { benchVoices, type VoiceResult } from './speech/voices.js';

const rounds = 7;
const short = (value: number, digits = 0): number => Number(value.toFixed(digits));

const voiceRow = (result: VoiceResult) => ({
  voice: result.voice,
  text: result.text,
  'load ms': short(result.loadMs),
  'first sound ms': short(result.firstSoundMs, 1),
  'speech s': short(result.speechMs / 1000, 2),
  RTF: short(result.realTimeFactor, 4),
  'worst RTF': short(result.worstRealTimeFactor, 4),
});
const transcriberRow = (result: TranscriberResult) => ({
  transcriber: result.transcriber,
  utterance: result.utterance,
  'load ms': short(result.loadMs),
  'speech s': short(result.speechMs / 1000, 2),
  'final ms': short(result.finalMs),
  RTF: short(result.finalMs / result.speechMs, 4),
  'worst RTF': short(result.worstFinalMs / result.speechMs, 4),
  understood: result.text,
});

function print<Result extends object>(
  what: string,
  results: readonly (Result | Missing)[],
  row: (result: Result) => object,
): void {
  const measured = results.filter((result): result is Result => !('reason' in result));
  if (measured.length > 0) console.table(measured.map(row));
  else console.log(`no ${what} is here`);
  for (const result of results) {
    if ('reason' in result) console.log(`not measured: ${result.name}: ${result.reason}`);
  }
}

const { values } = parseArgs({
  options: {
    download: { type: 'boolean', default: false },
    kokoro: { type: 'string' },
    moonshine: { type: 'string' },
  },
});
const where = { offline: !values.download, kokoro: values.kokoro, moonshine: values.moonshine };
console.log(
  `Node ${process.version}, ${cpus()[0]?.model}, ${cpus().length} cores; medians of ${rounds} rounds`,
);
print('voice', await benchVoices(where, rounds), voiceRow);
print('transcriber', await benchTranscribers(where, rounds), transcriberRow);
