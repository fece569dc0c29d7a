import { randomBytes } from 'node:crypto';
import type { Metadata, ServerWritableStream } from '@grpc/grpc-js';
import type {
  StreamingServiceHandlers,
  StreamRequest,
  WelcomeRequest,
} from 'earshot/adapters/streaming-service';
import { RequestPhase } from 'earshot/adapters/streaming-service';
import { createAdmission, isHardwareId, isSessionId, status } from './admission.js';
import type { Answer } from './answers.js';
import type { CallLog } from './call-log.js';
import { createCollectedPrompts } from './collected-prompts.js';
import { faultInPrompt } from './faults.js';
import { giveAnswer } from './give-answer.js';
import type { PacedCall } from './paced-call.js';
import { Gone, pacedCall } from './paced-call.js';
import { createPieces } from './pieces.js';
import { profiles } from './profiles.js';
import type { ReferenceServerOptions } from './reference-server-options.js';
import type { AnswerCall } from './reply.js';
import { createReply, refuse, Stopped } from './reply.js';
import { scenarioInPrompt } from './scenarios.js';
import type { Voice } from './speech.js';
import { bytesOf, speechAt } from './speech.js';
import type { Wire } from './wire.js';

type WelcomeMessage = Parameters<Parameters<StreamingServiceHandlers['generateWelcomeAudio']>[0]['write']>[0];

/** What the handlers need of the server. */
export interface ServerContext {
  readonly options: ReferenceServerOptions;
  readonly voice: Voice;
  readonly calls: CallLog;
  /** Aborts when the server closes. */
  readonly closed: AbortSignal;
  /** The wire of a peer, by the address that grpc-js gives for it. */
  wireOf(peer: string): Wire;
  /** Sends GOAWAY on every connection; calls under way go on. */
  goAway(): void;
}

/** What was said when a greeting was asked for without its text. */
export const defaultGreeting = 'Hello! How can I help you?';

const badHardwareId = "hardware_id is required and must be valid (not empty or 'unknown')";

/** The four methods, in the order of checks and with the texts of the real service. */
export function createHandlers(context: ServerContext): StreamingServiceHandlers {
  const { options, voice, calls } = context;
  const rules = profiles[options.profile];
  const admission = createAdmission(options, rules, () => performance.now());
  const collected = createCollectedPrompts();

  /** Runs one streamed call; whatever happens in it, it ends and is counted out. */
  function run<Request extends { readonly sessionId: string }, Out>(
    call: ServerWritableStream<Request, Out> & { readonly metadata: Metadata },
    method: 'StreamAudio' | 'GenerateWelcomeAudio',
    body: (paced: PacedCall<Out>) => Promise<void>,
  ): void {
    const ended = calls.begin(method, call.request, call.metadata);
    call.once('cancelled', () => ended('cancelled'));
    body(pacedCall(call, context.closed))
      .catch((cause: unknown) => {
        if (cause instanceof Gone) return ended('cancelled');
        if (cause instanceof Stopped) return;
        call.emit('error', {
          code: status.internal,
          details: cause instanceof Error ? cause.message : String(cause),
        });
      })
      .finally(() => ended('answered'));
  }

  /** What is wrong with the fields of a request, in the order of the real service. */
  function problemOf({ hardwareId, sessionId, phase }: StreamRequest): string | undefined {
    if (rules.requiresHardwareId && !isHardwareId(hardwareId)) return badHardwareId;
    if (rules.sessionId === 'uuid-v4' && !isSessionId(sessionId)) {
      return 'session_id is required and must be provided by client';
    }
    return rules.knowsPhases && ![0, 1, 2].includes(phase)
      ? 'unsupported request phase: REQUEST_PHASE_UNSPECIFIED'
      : undefined;
  }

  async function streamAudio(call: AnswerCall, request: StreamRequest, peer: string): Promise<void> {
    const problem = problemOf(request);
    if (problem !== undefined) return refuse(call, { message: problem, code: rules.validationCode }, rules);
    if (rules.knowsPhases && request.phase === RequestPhase.COLLECT) {
      collected.collect(request);
      await call.send({ content: { case: 'endMessage', value: 'COLLECT_ACCEPTED' } });
      return call.end();
    }
    const hardwareId = isHardwareId(request.hardwareId) ? request.hardwareId : 'unknown';
    const sessionId = request.sessionId.trim() === '' ? madeSessionId() : request.sessionId;
    const prompt = rules.knowsPhases ? collected.commit(request) : request.prompt;
    const barred = admission.mayEnter(hardwareId);
    if (barred !== undefined) return refuse(call, barred, rules);
    if (prompt.trim() === '') {
      const message = 'Empty prompt: text field is required';
      return refuse(call, { message, code: status.invalidArgument }, rules);
    }
    const stream = admission.admit(sessionId, hardwareId);
    if ('message' in stream) return refuse(call, stream, rules);
    try {
      options.onRequest({ prompt, sessionId });
      const reply = createReply(call, stream, rules);
      const wire = context.wireOf(peer);
      const asked = scenarioInPrompt(prompt);
      if (asked === undefined) await giveAnswer({ reply, wire, voice, options, rules }, answerTo(prompt));
      else if ('problem' in asked) await reply.fail(asked.problem, status.invalidArgument);
      else await asked.scenario.play({ reply, wire, rules, goAway: context.goAway });
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

  /** `fault: fails-after-audio` as the text: half of the greeting, then the failure, which no other method tells so. */
  async function greet(call: PacedCall<WelcomeMessage>, { text }: WelcomeRequest): Promise<void> {
    const failsAfterAudio = text.trim() === 'fault: fails-after-audio';
    try {
      const spoken = text.trim() === '' || failsAfterAudio ? defaultGreeting : text;
      const bytes = bytesOf(speechAt(rules.rateHz, await voice.speak(spoken)));
      const layout = { sampleRate: rules.rateHz, channels: 1, dtype: 'int16' };
      await call.send({
        content: { case: 'metadata', value: { method: voice.name, durationSec: 0, ...layout } },
      });
      const said = failsAfterAudio ? bytes.subarray(0, 2 * Math.floor(bytes.length / 4)) : bytes;
      for (const audioData of createPieces(options.chunkBytes)(said)) {
        await call.send({ content: { case: 'audioChunk', value: { audioData, ...layout } } });
      }
      if (failsAfterAudio) throw new Error('the voice was lost');
      await call.send({ content: { case: 'endMessage', value: 'Welcome audio generation completed' } });
      call.end();
    } catch (cause) {
      if (cause instanceof Gone) throw cause;
      const message = `Ошибка генерации приветственного аудио: ${cause instanceof Error ? cause.message : cause}`;
      if (rules.tellsInMessage) await call.send({ content: { case: 'errorMessage', value: message } });
      call.endWith(status.internal, message);
    }
  }

  return {
    streamAudio: (call) =>
      run(call, 'StreamAudio', (paced) => streamAudio(paced as AnswerCall, call.request, call.getPeer())),
    generateWelcomeAudio: (call) => run(call, 'GenerateWelcomeAudio', (paced) => greet(paced, call.request)),
    interruptSession(call, callback) {
      calls.begin('InterruptSession', call.request, call.metadata)('answered');
      const { hardwareId } = call.request;
      if (!isHardwareId(hardwareId)) {
        if (rules.validationCode === status.ok) callback(null, { success: false, message: badHardwareId });
        else callback({ code: rules.validationCode, details: badHardwareId });
        return;
      }
      const ended = admission.interrupt(hardwareId);
      const interruptedSessions = rules.listsInterrupted ? [...ended] : [];
      callback(null, { success: true, interruptedSessions, message: 'Сессии успешно прерваны' });
    },
    reportUsage(call, callback) {
      calls.begin('ReportUsage', call.request, call.metadata)('answered');
      if (!rules.knowsUsage) {
        callback({ code: status.unimplemented, details: 'Method not found!' });
        return;
      }
      const success = call.request.hardwareId.trim() !== '';
      callback(null, { success, message: success ? 'Usage recorded' : 'hardware_id required' });
    },
  };
}

/** As a server names a session that has no name. */
function madeSessionId(): string {
  return `session_${Math.floor(performance.timeOrigin + performance.now())}_${randomBytes(4).toString('hex')}`;
}
