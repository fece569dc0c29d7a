import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { Server, ServerCredentials, type ServerWritableStream, status } from '@grpc/grpc-js';
import { encodePcm } from 'earshot';
import {
  RequestPhase,
  type StreamingServiceHandlers,
  streamingServiceDefinition,
} from 'earshot/adapters/streaming-service';
import { tone } from 'earshot/testing';

const sampleRate = 24_000;

/** YOURS: a model that writes. One sentence at a time, so that the first is heard while the next is made. */
async function* think(prompt: string, signal: AbortSignal): AsyncGenerator<string> {
  if (/secret/i.test(prompt)) throw new Error('secrets are not told');
  yield `You said: ${prompt}`;
  await sleep(800, undefined, { signal });
  if (/half/i.test(prompt)) throw new Error('the other half is lost');
  yield 'That is all that I know.';
}

/** YOURS: a voice. This one hums, 60 ms for each letter. */
async function speak(sentence: string, _signal: AbortSignal): Promise<Float32Array> {
  return tone({ sampleRateHz: sampleRate, durationMs: 60 * sentence.length, frequencyHz: 220, peak: 0.2 });
}

type Call = Parameters<StreamingServiceHandlers['streamAudio']>[0];
type Content = NonNullable<(Call extends ServerWritableStream<infer _, infer Out> ? Out : never)['content']>;

/** What is being answered, by the device that asked. */
const answering = new Map<AbortController, string>();

async function answer(call: Call, signal: AbortSignal): Promise<void> {
  let hasSent = false;
  async function send(content: Content): Promise<void> {
    signal.throwIfAborted();
    hasSent = true;
    // A device takes audio as fast as it wants to; until then it waits here and not in memory.
    if (!call.write({ content })) await once(call, 'drain', { signal });
  }
  try {
    for await (const sentence of think(call.request.prompt, signal)) {
      // The text goes ahead of the audio that says it: so the device knows what was heard when it is interrupted.
      await send({ case: 'textChunk', value: `${sentence} ` });
      const audio = await speak(sentence, signal);
      // A tenth of a second at a time: soon heard, and little to throw away.
      for (let at = 0; at < audio.length; at += sampleRate / 10) {
        const audioData = encodePcm(audio.subarray(at, at + sampleRate / 10), 's16');
        await send({ case: 'audioChunk', value: { audioData, dtype: 'int16', sampleRate, channels: 1 } });
      }
    }
    // Without it the device takes what came for the half of something.
    await send({ case: 'endMessage', value: 'done' });
    call.end();
  } catch (cause) {
    const details = cause instanceof Error ? cause.message : String(cause);
    if (call.cancelled) return console.log('the device hung up; model and voice have stopped');
    if (signal.aborted) return fail(call, status.CANCELLED, 'interrupted');
    if (!hasSent) return fail(call, status.INTERNAL, details);
    // After data: what came is heard to its end, and nobody asks again.
    call.write({ content: { case: 'errorMessage', value: details } });
    call.end();
  }
}

/** This is how grpc-js is told a status. */
function fail(call: Call, code: status, details: string): void {
  call.emit('error', { code, details });
}

const handlers: Pick<StreamingServiceHandlers, 'streamAudio' | 'interruptSession'> = {
  streamAudio(call) {
    const { hardwareId, sessionId, phase, prompt } = call.request;
    const isCollecting = phase === RequestPhase.COLLECT;
    if (hardwareId === '' || sessionId === '' || (prompt.trim() === '' && !isCollecting)) {
      return fail(call, status.INVALID_ARGUMENT, 'hardware_id, session_id and prompt are required');
    }
    if (isCollecting) {
      // What the user has said so far, for a model that begins early. This one waits for the whole.
      call.write({ content: { case: 'endMessage', value: 'COLLECT_ACCEPTED' } });
      call.end();
      return;
    }
    const stop = new AbortController();
    answering.set(stop, hardwareId);
    // The device hangs up when it is interrupted: the model and the voice stop at once.
    call.once('cancelled', () => stop.abort());
    void answer(call, stop.signal).finally(() => answering.delete(stop));
  },
  interruptSession(call, callback) {
    const mine = [...answering].filter(([, hardwareId]) => hardwareId === call.request.hardwareId);
    for (const [stop] of mine) stop.abort();
    callback(null, { success: true, message: `${mine.length} stopped` });
  },
};

/** Until it runs, what cannot be used is told in one sentence, without a stack. */
function refuse({ message }: Error): void {
  console.error(message);
  process.exit(2);
}
process.once('uncaughtException', refuse);
const { values } = parseArgs({
  options: { help: { type: 'boolean', default: false }, port: { type: 'string', default: '50051' } },
});
if (values.help) {
  console.log('npx tsx examples/own-backend/main.ts [--port N]');
  process.exit();
}
const wanted = Number(values.port);
if (!Number.isInteger(wanted) || wanted < 0 || wanted > 65_535) {
  throw new Error(`--port must be a whole number from 0 to 65535, but is ${values.port}`);
}
const server = new Server();
server.addService(streamingServiceDefinition, handlers);
server.bindAsync(`127.0.0.1:${wanted}`, ServerCredentials.createInsecure(), (error, port) => {
  if (error) throw error;
  process.off('uncaughtException', refuse);
  console.log(`listening on 127.0.0.1:${port}`);
});
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => server.forceShutdown());
