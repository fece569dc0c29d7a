import type { StreamingServiceHandlers } from 'earshot/adapters/streaming-service';
import type { AdmittedStream, Refusal } from './admission.js';
import { status } from './admission.js';
import type { PacedCall } from './paced-call.js';
import type { Rules } from './profiles.js';

/** A message of StreamAudio, as a plain object. */
export type Message = Parameters<Parameters<StreamingServiceHandlers['streamAudio']>[0]['write']>[0];

/** What one message holds. */
export type Content = NonNullable<Message['content']>;

/** Bytes that go out as a message just as they are, for what the schema cannot say. */
export interface RawMessage {
  readonly rawBytes: Buffer;
}

export type AnswerCall = PacedCall<Message | RawMessage>;

/** The reply was stopped from outside, and the client has been told as its generation tells it. */
export class Stopped extends Error {
  constructor() {
    super('the reply was stopped');
    this.name = 'Stopped';
  }
}

/** One answer on its way out, which ends as the profile has it. */
export interface Reply {
  readonly call: AnswerCall;
  readonly sessionId: string;
  /** @throws Stopped when it was interrupted or lost its place. @throws Gone */
  send(content: Content): Promise<void>;
  /** Counts as data. @throws Stopped @throws Gone */
  sendRaw(bytes: Buffer): Promise<void>;
  /** Asks the device to do something, as the profile does it. */
  act(command: string, args: unknown): Promise<void>;
  /** Ends it as complete. */
  finish(): Promise<void>;
  /** Ends it as failed, as the profile does before or after data. */
  fail(message: string, code: number): Promise<void>;
}

/** Ends an answer that nothing was sent of yet: the message first, then the status with the same text. */
export async function refuse(
  call: AnswerCall,
  { message, code, details }: Refusal,
  { tellsInMessage }: Pick<Rules, 'tellsInMessage'>,
): Promise<void> {
  if (tellsInMessage) await call.send({ content: { case: 'errorMessage', value: message } });
  if (code === status.ok) call.end();
  else call.endWith(code, details ?? message);
}

export function createReply(call: AnswerCall, stream: AdmittedStream, rules: Rules): Reply {
  const { sessionId, hardwareId } = stream;
  let dataSent = false;

  async function fail(message: string, code: number): Promise<void> {
    if (!dataSent) return refuse(call, { message, code }, rules);
    switch (rules.afterData) {
      case 'silent':
        return call.end();
      case 'status':
        return call.endWith(code, message);
      case 'message':
        return refuse(call, { message, code: status.ok }, rules);
    }
  }

  async function stopped(reason: 'interrupted' | 'slot-lost'): Promise<never> {
    if (reason === 'slot-lost') {
      if (dataSent) call.end();
      else await fail('Stream not found', status.internal);
    } else if (dataSent || rules.interruptedBeforeData === 'cancelled') {
      await fail(`Interrupted during processing for ${hardwareId}`, status.cancelled);
    } else {
      const message = `Concurrent request for session_id=${sessionId} is not allowed`;
      await fail(message, status.resourceExhausted);
    }
    throw new Stopped();
  }

  async function sendItem(message: Message | RawMessage): Promise<void> {
    const reason = stream.stopReason();
    if (reason !== undefined) return stopped(reason);
    dataSent = true;
    await call.send(message);
  }

  return {
    call,
    sessionId,
    send: (content) => sendItem({ content }),
    sendRaw: (rawBytes) => sendItem({ rawBytes }),
    act(command, args) {
      const action = { command, args, session_id: sessionId };
      if (rules.action === 'mcp-text') {
        const value = `__MCP__${JSON.stringify({ event: 'mcp.command_request', payload: action })}`;
        return sendItem({ content: { case: 'textChunk', value } });
      }
      const value = { actionJson: JSON.stringify(action), sessionId };
      return sendItem({ content: { case: 'actionMessage', value } });
    },
    async finish() {
      await call.send({ content: { case: 'endMessage', value: 'Обработка завершена' } });
      call.end();
    },
    fail,
  };
}
