import { status } from './admission.js';
import type { Answer } from './answers.js';
import { createPieces } from './pieces.js';
import type { Rules } from './profiles.js';
import type { ReferenceServerOptions } from './reference-server-options.js';
import type { Reply } from './reply.js';
import { bytesOf, speechAt, type Voice, wavOf } from './speech.js';
import type { Wire } from './wire.js';

/** From one piece of text to the next where nothing but text is sent: 40 words a second. Units: ms. */
const msPerPiece = 50;

/** What the answer needs of the server. */
export interface AnswerContext {
  readonly reply: Reply;
  readonly voice: Voice;
  readonly rules: Rules;
  readonly options: ReferenceServerOptions;
  /** The connection of this call. */
  readonly wire: Wire;
}

/**
 * Give one answer: the text of each sentence, then its audio, paced like a backend that makes speech faster than it
 * is spoken.
 *
 * @throws Gone when the client has left. @throws Stopped when it was interrupted.
 */
export async function giveAnswer(context: AnswerContext, answer: Answer): Promise<void> {
  const { reply, options, rules, voice } = context;
  const { call } = reply;
  const pieces = createPieces(options.chunkBytes);
  /** When the audio sent so far would be over, at the rate of delivery. */
  let dueMs = options.timeToFirstByteMs;

  if (await failBeforeData(context, answer)) return;
  await call.waitUntil(dueMs);
  if (answer.fault === 'empty-answer') return reply.finish();
  if (answer.fault === 'no-message') return call.end();

  for (const [index, sentence] of answer.sentences.entries()) {
    if (options.isTextOnly) {
      const isBroken = index === 0 && answer.fault !== undefined;
      const said = isBroken ? sentence.slice(0, Math.ceil(sentence.length / 2)) : sentence;
      await sendWords(index === 0 ? said : ` ${said}`);
      if (isBroken) return breakOff(context, answer);
      continue;
    }
    let speech: Int16Array;
    try {
      speech = speechAt(rules.rateHz, await voice.speak(sentence));
    } catch (cause) {
      return reply.fail(cause instanceof Error ? cause.message : String(cause), status.internal);
    }
    await reply.send({ case: 'textChunk', value: sentence });
    // Making it may have taken longer than the pace allows for.
    dueMs = Math.max(dueMs, call.elapsedMs());
    if (index > 0 || answer.fault === undefined) await sendAudio(bytesOf(speech));
    else {
      const half = speech.subarray(0, Math.floor(speech.length / 2));
      await sendAudio(answer.fault === 'mislabelled-audio' ? wavOf(speech, rules.rateHz) : bytesOf(half));
      return breakOff(context, answer);
    }
  }
  if (answer.action !== undefined) await reply.act(answer.action.command, answer.action.args);
  return reply.finish();

  /** As a model writes: some words at a time, with the spaces where they belong. */
  async function sendWords(text: string): Promise<void> {
    for (const value of text.match(/(?:\s*\S+){1,2}/gu) ?? []) {
      await call.waitUntil(dueMs);
      await reply.send({ case: 'textChunk', value });
      dueMs = Math.max(dueMs, call.elapsedMs()) + msPerPiece;
    }
  }

  async function sendAudio(bytes: Uint8Array): Promise<void> {
    const burstBytes = 2 * Math.round((options.chunkMs * rules.rateHz) / 1000);
    for (let at = 0; at < bytes.length; at += burstBytes) {
      const burst = bytes.subarray(at, at + burstBytes);
      await call.waitUntil(dueMs);
      for (const audioData of pieces(burst)) {
        const shape = rules.tellsShape ? [Math.floor(audioData.length / 2), 1] : [];
        const value = { audioData, dtype: 'int16', shape, sampleRate: rules.rateHz, channels: 1 };
        await reply.send({ case: 'audioChunk', value });
      }
      dueMs += ((burst.length / 2) * 1000) / rules.rateHz / options.deliveryRate;
    }
  }
}

async function failBeforeData({ reply, options, wire }: AnswerContext, { fault }: Answer): Promise<boolean> {
  const { call } = reply;
  switch (fault) {
    case 'never-answers':
      return call.waitForGone();
    case 'fails':
      await call.waitUntil(options.timeToFirstByteMs);
      await reply.fail('the model is out of order', status.internal);
      return true;
    case 'refuses':
      await reply.fail(
        'Your limit for today is used up, please come back tomorrow or subscribe.',
        status.permissionDenied,
      );
      return true;
    case 'drops-before-data':
      await call.waitUntil(options.timeToFirstByteMs);
      wire.drop();
      return true;
    default:
      return false;
  }
}

async function breakOff({ reply, wire }: AnswerContext, { fault }: Answer): Promise<void> {
  const { call } = reply;
  switch (fault) {
    case 'stops-in-mid-sentence':
      return call.end();
    case 'error-after-data':
      return reply.fail('the voice was lost in mid-sentence', status.internal);
    case 'mislabelled-audio':
      return reply.finish();
    case 'drops-connection':
      await wire.quiet();
      return wire.drop();
    default:
      return call.waitForGone();
  }
}
