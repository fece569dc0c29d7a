import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { createTimeBase, createVoicePipeline, readWav } from 'earshot';
import { scriptedTranscriber } from 'earshot/adapters/scripted-transcriber';
import { loadSileroVad } from 'earshot/adapters/silero-vad';
import { streamingService } from 'earshot/adapters/streaming-service';
import { monotonicScheduler } from 'earshot/devices/clock';
import { memoryMicrophone } from 'earshot/devices/memory';
import { wavFileLoudspeaker } from 'earshot/devices/wav-file';
import { obeying } from './only-commands.js';

/** Until it runs, what cannot be used is told in one sentence, without a stack. */
function refuse({ message }: Error): void {
  console.error(message);
  process.exit(2);
}
process.once('uncaughtException', refuse);
const { values } = parseArgs({
  options: {
    help: { type: 'boolean', default: false },
    target: { type: 'string', default: '127.0.0.1:50051' },
    out: { type: 'string', default: 'answer.wav' },
  },
});
if (values.help) {
  console.log('npx tsx examples/custom-pipeline/main.ts [--target HOST:PORT] [--out FILE.wav]');
  process.exit();
}

const scheduler = monotonicScheduler();
const timeBase = createTimeBase(scheduler);
// Recordings in the place of a room. On a device: `openDevices` of earshot/devices, and a recogniser.
const microphone = memoryMicrophone({ timeBase, format: { sampleRateHz: 16_000, channels: 1 } });
const said: { readonly startMs: number; readonly endMs: number; readonly text: string }[] = [];
const recogniser = scriptedTranscriber({
  lookup: (startMs, endMs) =>
    said.find((words) => words.startMs < endMs && startMs < words.endMs)?.text ?? '',
});
function say(recording: string, text: string): void {
  const file = new URL(`../demo/assets/${recording}.wav`, import.meta.url);
  said.push({ ...microphone.say(readWav(readFileSync(file)).samples), text });
}

const detector = await loadSileroVad();
const pipeline = createVoicePipeline(
  {
    microphone,
    loudspeaker: wavFileLoudspeaker({ timeBase, path: values.out }),
    detector,
    transcriber: obeying(recogniser, 'go', 'stop', 'turn'),
    upstream: streamingService({ target: values.target, hardwareId: 'custom-pipeline', scheduler }),
  },
  { scheduler },
);

process.off('uncaughtException', refuse);
pipeline.events$.subscribe({
  next(event) {
    if (event.type === 'device-opened' && event.device === 'microphone') {
      say('not-ill-disposed', 'He was not an ill-disposed young man.');
    }
    if (event.type === 'turn-empty') {
      console.log('not for us, and forgotten');
      say('go-forward', 'Go forward ten meters.');
    }
    if (event.type === 'turn-sent') console.log(`obeyed: ${event.text}`);
    if (event.type === 'reply-text') console.log(`it: ${event.text}`);
    if (event.type === 'turn-failed') {
      console.error(event.error.message);
      process.exitCode = 1;
    }
    // A live microphone never ends; this one hangs up, and the loop completes.
    if (event.type === 'reply-ended' || event.type === 'turn-failed') microphone.hangUp();
  },
  error(error: Error) {
    console.error(error.message);
    process.exitCode = 1;
  },
  complete: () => void detector.close(),
});
