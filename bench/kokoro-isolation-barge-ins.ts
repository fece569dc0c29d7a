import { fileURLToPath } from 'node:url';
import { firstValueFrom } from 'rxjs';
import { fillerCache } from '../src/adapters/filler-cache/index.js';
import { scriptedTranscriber } from '../src/adapters/scripted-transcriber/index.js';
import { loadSileroVad } from '../src/adapters/silero-vad/index.js';
import { monotonicScheduler } from '../src/devices/clock/index.js';
import { memoryLoudspeaker, memoryMicrophone } from '../src/devices/memory/index.js';
import { audioFrame, createTimeBase, createVoicePipeline } from '../src/index.js';
import { scriptedUpstream, spokenSentence, tone } from '../src/testing/index.js';

const format = { sampleRateHz: 48_000, channels: 1 };
const perMs = format.sampleRateHz / 1000;
/** From one thing that is said to the next: it is heard to its end, answered, and the answer has gone on for a while. */
const everyMs = 3000;
/** Longer than any. */
const answerMs = 10_000;

/**
 * Interrupt replies in a whole loop that runs in real time, between devices in memory that are exact to the sample.
 *
 * @returns for each reply that was interrupted while the person spoke, from where what is said begins to the last sample of the reply. Units: ms.
 */
export async function interruptReplies(times: number): Promise<readonly number[]> {
  const scheduler = monotonicScheduler();
  const timeBase = createTimeBase(scheduler);
  const microphone = memoryMicrophone({ timeBase, format, noiseDb: -70 });
  const loudspeaker = memoryLoudspeaker({ timeBase, format });
  const answer = audioFrame(format, tone({ ...format, durationMs: answerMs, frequencyHz: 440 }), 0);
  const detector = await loadSileroVad({ maxBacklogMs: 60_000 });
  const said = await someWords();
  const saidAtMs: number[] = [];
  const conversation = createVoicePipeline(
    {
      microphone,
      loudspeaker,
      detector,
      upstream: scriptedUpstream({
        scheduler,
        answer: () => [...spokenSentence({ text: 'It is a long answer.', audio: answer }), { type: 'end' }],
      }),
      transcriber: scriptedTranscriber({ lookup: () => 'go on' }),
    },
    { scheduler },
  ).events$.subscribe();
  // The first one has nothing to interrupt.
  for (let n = 0; n <= times; n++) {
    saidAtMs.push(microphone.say(said).startMs);
    await firstValueFrom(timeBase.at(timeBase.now() + everyMs), { defaultValue: undefined });
  }
  conversation.unsubscribe();
  await detector.close();

  const recorded = loudspeaker.recorded();
  const originMs = timeBase.originMs;
  return saidAtMs.slice(1).flatMap((atMs) => {
    const from = Math.round((atMs - originMs) * perMs);
    // The next answer cannot come before the person is silent.
    const within = recorded.subarray(from, from + said.length);
    const silentFrom = within.findLastIndex((sample) => sample !== 0) + 1;
    return silentFrom > 0 && silentFrom < within.length ? [silentFrom / perMs] : [];
  });
}

/** A person, as loud as in a room. */
async function someWords(): Promise<Float32Array> {
  const directory = fileURLToPath(new URL('../assets/fillers/en', import.meta.url));
  const clips = await firstValueFrom(
    fillerCache({ directory, voice: 'allison', language: 'en' }).loadFillers(format),
  );
  const clip = clips.find(({ text }) => /please wait/i.test(text)) ?? clips[0];
  if (clip === undefined) throw new Error(`there are no fillers in ${directory}`);
  return clip.audio.samples;
}
