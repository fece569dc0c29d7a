import type { ServiceEvent } from '../../adapters/streaming-service/index.js';
import type { KpiEvent, LogLevel, PipelineEvent } from '../../index.js';
import { printable } from '../printable.js';
import type { RunLog } from './run-log.js';

/**
 * What a person sees who started the loop from a terminal: who says what, and what is wrong.
 *
 * @param write - gets each line.
 */
export function createTerminalLog(write: (line: string) => void): RunLog {
  const tell = (who: string, text: string) => write(`${who.padEnd(4)} ${printable(text)}`);
  const trouble = (text: string) => tell('!', text.replace(/^\[\w+\] /, ''));
  let lastTrouble = '';

  function ofEvent(event: PipelineEvent | KpiEvent): void {
    switch (event.type) {
      case 'turn-sent':
        tell('you', event.text ?? '(as audio)');
        break;
      case 'reply-ended':
        if (event.text !== '') tell('it', event.text);
        if (event.reason !== 'complete' && event.reason !== 'cancelled')
          trouble(`the answer is ${event.reason}`);
        break;
      case 'filler-spoken':
        tell('it', `(${event.text})`);
        break;
      case 'barge-in':
        tell('', event.replyId === null ? 'cut' : `cut after "${event.heardText}"`);
        break;
      case 'turn-failed':
      case 'degraded-mode-entered':
      case 'detector-lost':
        trouble(event.error.message);
        break;
      case 'degraded-mode-left':
        tell('', 'the service answers again');
        break;
      case 'device-opened':
        lastTrouble = '';
        tell('', `the ${event.device} is open`);
        break;
      case 'device-lost':
        // It is tried again twice a second.
        if (event.error.message !== lastTrouble) trouble(event.error.message);
        lastTrouble = event.error.message;
        break;
      case 'degraded':
        trouble(
          `goes on without ${event.part}: ${event.error instanceof Error ? event.error.message : String(event.error)}`,
        );
        break;
      case 'engine-in-use':
        tell('', `${event.part}: ${event.name}`);
        break;
      default:
    }
  }

  return {
    event: ofEvent,
    service(event: ServiceEvent) {
      if (event.type !== 'attempt-ended' || event.decision !== 'retry') return;
      trouble(`attempt ${event.attempt}: ${event.message ?? event.outcome}; asks again`);
    },
    own(level: LogLevel, method, decision, ctx = {}) {
      const { message, url } = ctx;
      if (level === 'warn' || level === 'error') trouble(String(message ?? `${method} ${decision}`));
      else if (typeof message === 'string') tell('', message);
      else if (typeof url === 'string') tell('', `figures at ${url}`);
      else if (method === 'start') tell('', 'speak; Ctrl-C ends it');
      else if (method === 'stop' && decision === 'finish') tell('', 'lets the answer finish');
      else if (method === 'reload' && decision === 'done') tell('', 'the new config runs');
    },
  };
}
