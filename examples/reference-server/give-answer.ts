import type { StreamingServiceHandlers } from 'earshot/adapters/streaming-service';
import type { AdmittedStream, Refusal } from './admission.js';
import { status } from './admission.js';
import type { Answer } from './answers.js';
import type { PacedCall } from './paced-call.js';
import { createPieces } from './pieces.js';
import type { ReferenceServerOptions } from './reference-server-options.js';
import type { Voice } from './speech.js';
import { speechRateHz } from './speech.js';

/** A message of StreamAudio, as a plain object. */
export type Message = Parameters<Parameters<StreamingServiceHandlers['streamAudio']>[0]['write']>[0];

/** What the answer needs of the server. */
export interface AnswerContext {
  readonly call: PacedCall<Message>;
  readonly stream: AdmittedStream;
  readonly voice: Voice;
  readonly options: ReferenceServerOptions;
  /** Closes the TCP connection of this call. */
  dropConnection(): void;
}

/** Ends an answer that nothing was sent of yet: the message first, then the status with the same text. */
export async function refuse(call: PacedCall<Message>, { message, code, details }: Refusal): Promise<void> {
  await call.send({ content: { case: 'errorMessage', value: message } });
  if (code === status.ok) call.end();
  else call.endWith(code, details ?? message);
}

/**
 * Give one answer: the text of each sentence, then its audio, paced like a backend that makes speech faster than it
 * is spoken.
 *
 * @throws Gone when the client has left.
 */
export async function giveAnswer(context: AnswerContext, answer: Answer): Promise<void> {
  const { call, options, voice } = context;
  const pieces = createPieces(options.chunkBytes);
  let dataSent = false;
  /** When the audio sent so far would be over, at the rate of delivery. */
  let dueMs = options.timeToFirstByteMs;

  if (await failBeforeData(context, answer)) return;
  await call.waitUntil(dueMs);
  if (answer.fault === 'empty-answer') return finish();
  if (answer.fault === 'no-message') return call.end();

  for (const [index, sentence] of answer.sentences.entries()) {
    let speech: Int16Array;
    try {
      speech = await voice.speak(sentence);
    } catch (cause) {
      return fail(cause instanceof Error ? cause.message : String(cause), status.internal);
    }
    if (!(await sendItem({ case: 'textChunk', value: sentence }))) return;
    // Making it may have taken longer than the pace allows for.
    dueMs = Math.max(dueMs, call.elapsedMs());
    const partial = index === 0 && answer.fault !== undefined;
    if (partial && answer.fault === 'mislabelled-audio') {
      if (!(await sendAudio(wavOf(speech)))) return;
    } else {
      const bytes = new Uint8Array(speech.buffer, speech.byteOffset, speech.byteLength);
      if (!(await sendAudio(partial ? bytes.subarray(0, 2 * Math.floor(bytes.length / 4)) : bytes))) return;
    }
    if (partial) return breakOff();
  }
  if (answer.action !== undefined) {
    const actionJson = JSON.stringify({ ...answer.action, session_id: context.stream.sessionId });
    const action = { actionJson, sessionId: context.stream.sessionId };
    if (!(await sendItem({ case: 'actionMessage', value: action }))) return;
  }
  return finish();

  async function finish(): Promise<void> {
    await call.send({ content: { case: 'endMessage', value: 'Обработка завершена' } });
    call.end();
  }

  /** After data every failure is an error_message and OK; before it, a status of its own. */
  async function fail(message: string, code: number): Promise<void> {
    await refuse(call, { message, code: dataSent ? status.ok : code });
  }

  async function sendItem(content: NonNullable<Message['content']>): Promise<boolean> {
    const reason = context.stream.stopReason();
    if (reason === 'interrupted') {
      await fail(`Interrupted during processing for ${context.stream.hardwareId}`, status.cancelled);
    } else if (reason === 'slot-lost') {
      if (dataSent) call.end();
      else await fail('Stream not found', status.internal);
    } else {
      await call.send({ content });
      dataSent = true;
    }
    return reason === undefined;
  }

  async function sendAudio(bytes: Uint8Array): Promise<boolean> {
    const burstBytes = 2 * Math.round((options.chunkMs * speechRateHz) / 1000);
    for (let at = 0; at < bytes.length; at += burstBytes) {
      const burst = bytes.subarray(at, at + burstBytes);
      await call.waitUntil(dueMs);
      for (const audioData of pieces(burst)) {
        const value = { audioData, dtype: 'int16', sampleRate: speechRateHz, channels: 1 };
        if (!(await sendItem({ case: 'audioChunk', value }))) return false;
      }
      dueMs += ((burst.length / 2) * 1000) / speechRateHz / options.deliveryRate;
    }
    return true;
  }

  async function breakOff(): Promise<void> {
    switch (answer.fault) {
      case 'stops-in-mid-sentence':
        return call.end();
      case 'error-after-data':
        return fail('the voice was lost in mid-sentence', status.internal);
      case 'mislabelled-audio':
        return finish();
      case 'drops-connection':
        return context.dropConnection();
      default:
        return call.waitForGone();
    }
  }
}

async function failBeforeData(
  { call, options, dropConnection }: AnswerContext,
  { fault }: Answer,
): Promise<boolean> {
  switch (fault) {
    case 'never-answers':
      return call.waitForGone();
    case 'fails':
      await call.waitUntil(options.timeToFirstByteMs);
      await refuse(call, { message: 'the model is out of order', code: status.internal });
      return true;
    case 'refuses':
      await refuse(call, {
        message: 'Your limit for today is used up, please come back tomorrow or subscribe.',
        code: status.permissionDenied,
      });
      return true;
    case 'drops-before-data':
      await call.waitUntil(options.timeToFirstByteMs);
      dropConnection();
      return true;
    default:
      return false;
  }
}

/** The bytes of a WAV file, for the fault of a server that sends its file as if it were samples. */
function wavOf(speech: Int16Array): Uint8Array {
  const header = Buffer.alloc(44);
  header.write('RIFF', 0, 'latin1');
  header.writeUInt32LE(36 + speech.byteLength, 4);
  header.write('WAVEfmt ', 8, 'latin1');
  header.writeUInt32LE(16, 16);
  header.writeUInt16LE(1, 20);
  header.writeUInt16LE(1, 22);
  header.writeUInt32LE(speechRateHz, 24);
  header.writeUInt32LE(speechRateHz * 2, 28);
  header.writeUInt16LE(2, 32);
  header.writeUInt16LE(16, 34);
  header.write('data', 36, 'latin1');
  header.writeUInt32LE(speech.byteLength, 40);
  return Buffer.concat([header, new Uint8Array(speech.buffer, speech.byteOffset, speech.byteLength)]);
}
