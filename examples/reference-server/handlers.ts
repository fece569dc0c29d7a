import type { ServerWritableStream } from '@grpc/grpc-js';
import type {
  StreamingServiceHandlers,
  StreamRequest,
  WelcomeRequest,
} from 'earshot/adapters/streaming-service';
import { RequestPhase } from 'earshot/adapters/streaming-service';
import { createAdmission, isHardwareId, isSessionId, status } from './admission.js';
import type { Answer } from './answers.js';
import { createCollectedPrompts } from './collected-prompts.js';
import { faultInPrompt } from './faults.js';
import type { AnswerContext, Message } from './give-answer.js';
import { giveAnswer, refuse } from './give-answer.js';
import type { PacedCall } from './paced-call.js';
import { Gone, pacedCall } from './paced-call.js';
import { createPieces } from './pieces.js';
import type { ReferenceServerOptions } from './reference-server-options.js';
import type { Voice } from './speech.js';
import { speechRateHz } from './speech.js';

type WelcomeMessage = Parameters<Parameters<StreamingServiceHandlers['generateWelcomeAudio']>[0]['write']>[0];

/** What the handlers need of the server. */
export interface ServerContext {
  readonly options: ReferenceServerOptions;
  readonly voice: Voice;
  /** Aborts when the server closes. */
  readonly closed: AbortSignal;
  /** Closes the TCP connection of a peer, by the address that grpc-js gives for it. */
  dropConnection(peer: string): void;
}

/** What was said when a greeting was asked for without its text. */
export const defaultGreeting = 'Hello! How can I help you?';

/** The four methods, in the order of checks and with the texts of the real service. */
export function createHandlers(context: ServerContext): StreamingServiceHandlers & { openStreams(): number } {
  const { options, voice } = context;
  const admission = createAdmission(options.maxStreams, () => performance.now());
  const collected = createCollectedPrompts();
  const open = new Set<object>();

  /** Runs one streamed call; whatever happens in it, it ends and is counted out. */
  function run<Request, Out>(
    call: ServerWritableStream<Request, Out>,
    body: (paced: PacedCall<Out>) => Promise<void>,
  ): void {
    open.add(call);
    body(pacedCall(call, context.closed))
      .catch((cause: unknown) => {
        if (cause instanceof Gone) return;
        call.emit('error', {
          code: status.internal,
          details: cause instanceof Error ? cause.message : String(cause),
        });
      })
      .finally(() => open.delete(call));
  }

  async function streamAudio(
    call: AnswerContext['call'],
    request: StreamRequest,
    peer: string,
  ): Promise<void> {
    const { hardwareId, sessionId, phase } = request;
    const say = (content: NonNullable<Message['content']>): Promise<void> => call.send({ content });
    const invalid = (message: string): Promise<void> => refuse(call, { message, code: status.ok });

    if (!isHardwareId(hardwareId)) {
      return invalid("hardware_id is required and must be valid (not empty or 'unknown')");
    }
    if (!isSessionId(sessionId)) return invalid('session_id is required and must be provided by client');
    if (phase === RequestPhase.COLLECT) {
      collected.collect(request);
      await say({ case: 'endMessage', value: 'COLLECT_ACCEPTED' });
      return call.end();
    }
    if (phase !== RequestPhase.UNSPECIFIED && phase !== RequestPhase.COMMIT) {
      return invalid('unsupported request phase: REQUEST_PHASE_UNSPECIFIED');
    }
    const prompt = collected.commit(request);
    const barred = admission.mayEnter(hardwareId);
    if (barred !== undefined) return refuse(call, barred);
    if (prompt.trim() === '') {
      return refuse(call, { message: 'Empty prompt: text field is required', code: status.invalidArgument });
    }
    const stream = admission.admit(sessionId, hardwareId);
    if ('message' in stream) return refuse(call, stream);
    try {
      options.onRequest({ prompt, sessionId });
      const dropConnection = (): void => context.dropConnection(peer);
      await giveAnswer({ call, stream, voice, options, dropConnection }, answerTo(prompt));
    } finally {
      stream.release();
    }
  }

  function answerTo(prompt: string): Answer {
    const { fault, sentences, action } = options.answers(prompt) ?? { sentences: [`You said: ${prompt}`] };
    const forced = typeof options.fault === 'function' ? options.fault(prompt) : options.fault;
    const chosen = (forced === 'none' ? undefined : forced) ?? faultInPrompt(prompt) ?? fault;
    return { sentences, ...(action && { action }), ...(chosen && { fault: chosen }) };
  }

  async function greet(call: PacedCall<WelcomeMessage>, { text }: WelcomeRequest): Promise<void> {
    try {
      const speech = await voice.speak(text.trim() === '' ? defaultGreeting : text);
      const layout = { sampleRate: speechRateHz, channels: 1, dtype: 'int16' };
      await call.send({
        content: { case: 'metadata', value: { method: voice.name, durationSec: 0, ...layout } },
      });
      const bytes = new Uint8Array(speech.buffer, speech.byteOffset, speech.byteLength);
      for (const audioData of createPieces(options.chunkBytes)(bytes)) {
        await call.send({ content: { case: 'audioChunk', value: { audioData, ...layout } } });
      }
      await call.send({ content: { case: 'endMessage', value: 'Welcome audio generation completed' } });
      call.end();
    } catch (cause) {
      if (cause instanceof Gone) throw cause;
      const message = `Ошибка генерации приветственного аудио: ${cause instanceof Error ? cause.message : cause}`;
      await call.send({ content: { case: 'errorMessage', value: message } });
      call.endWith(status.internal, message);
    }
  }

  return {
    openStreams: () => open.size,
    streamAudio: (call) => run(call, (paced) => streamAudio(paced, call.request, call.getPeer())),
    generateWelcomeAudio: (call) => run(call, (paced) => greet(paced, call.request)),
    interruptSession(call, callback) {
      const { hardwareId } = call.request;
      if (!isHardwareId(hardwareId)) {
        callback(null, {
          success: false,
          message: "hardware_id is required and must be valid (not empty or 'unknown')",
        });
        return;
      }
      admission.interrupt(hardwareId);
      // The real service never lists a session here.
      callback(null, { success: true, interruptedSessions: [], message: 'Сессии успешно прерваны' });
    },
    reportUsage(call, callback) {
      const success = call.request.hardwareId.trim() !== '';
      callback(null, { success, message: success ? 'Usage recorded' : 'hardware_id required' });
    },
  };
}
