import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { createTimeBase, createVoicePipeline, type PipelineEvent, readWav } from 'earshot';
import { fillerCache } from 'earshot/adapters/filler-cache';
import { scriptedTranscriber } from 'earshot/adapters/scripted-transcriber';
import { loadSileroVad } from 'earshot/adapters/silero-vad';
import { streamingService } from 'earshot/adapters/streaming-service';
import { monotonicScheduler } from 'earshot/devices/clock';
import { memoryLoudspeaker, memoryMicrophone } from 'earshot/devices/memory';
import { openScreen } from './screen.js';
import { emptyView, seen } from './view.js';

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
    port: { type: 'string', default: '8088' },
  },
});
if (values.help) {
  console.log('npx tsx examples/kiosk/main.ts [--target HOST:PORT] [--port N]');
  process.exit();
}
const port = Number(values.port);
if (!Number.isInteger(port) || port < 0 || port > 65_535) {
  throw new Error(`--port must be a whole number from 0 to 65535, but is ${values.port}`);
}

const scheduler = monotonicScheduler();
const timeBase = createTimeBase(scheduler);
// A visitor made of recordings. On a device: `openDevices` of earshot/devices, and a recogniser.
const microphone = memoryMicrophone({ timeBase, format: { sampleRateHz: 16_000, channels: 1 } });
const said: { readonly startMs: number; readonly endMs: number; readonly text: string }[] = [];
function say(recording: string, text: string): void {
  const file = new URL(`../demo/assets/${recording}.wav`, import.meta.url);
  said.push({ ...microphone.say(readWav(readFileSync(file)).samples), text });
}
/** Word by word, as a recogniser that tells partial transcripts. */
const recogniser = scriptedTranscriber({
  lookup(fromMs, toMs) {
    const now = said.find(({ startMs, endMs }) => startMs < toMs && fromMs < endMs);
    if (now === undefined) return '';
    const words = now.text.split(' ');
    return words
      .slice(0, Math.ceil((words.length * (toMs - now.startMs)) / (now.endMs - now.startMs)))
      .join(' ');
  },
});
let replies = 0;
/** Asks, interrupts the first answer after half a second of it, and leaves when the second is over. */
function visit(event: PipelineEvent): void {
  if (event.type === 'device-opened' && event.device === 'microphone') {
    say('go-forward', 'Go forward ten meters.');
  }
  if (event.type === 'playout-progress' && event.owner.kind === 'reply' && replies === 0) {
    replies += 1;
    say('not-ill-disposed', 'He was not an ill-disposed young man.');
  }
  const isAnswered =
    event.type === 'playout-ended' && event.owner.kind === 'reply' && event.reason === 'heard';
  if (event.type === 'turn-failed') {
    console.error(event.error.message);
    process.exitCode = 1;
  }
  if (isAnswered || event.type === 'turn-failed') microphone.hangUp();
}

const detector = await loadSileroVad();
const pipeline = createVoicePipeline(
  {
    microphone,
    loudspeaker: memoryLoudspeaker({ timeBase }),
    detector,
    transcriber: { ...recogniser, tellsPartials: true },
    upstream: streamingService({ target: values.target, hardwareId: 'kiosk', scheduler }),
    fillers: fillerCache({
      directory: fileURLToPath(new URL('../../assets/fillers/en', import.meta.url)),
      voice: 'allison',
    }),
  },
  { scheduler },
);

let view = emptyView;
const screen = await openScreen(port, view);
process.off('uncaughtException', refuse);
console.log(`look at ${screen.url}`);
await screen.opened;

// The whole of the idea: a callback that gets every event, and a view that each of them may change.
pipeline.events$.subscribe({
  next(event) {
    visit(event);
    const next = seen(view, event);
    if (next !== view) screen.show(next);
    view = next;
  },
  error(error: Error) {
    console.error(error.message);
    process.exitCode = 1;
    screen.close();
  },
  complete() {
    void detector.close();
    screen.close();
  },
});
