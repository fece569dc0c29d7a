import type { Content } from '../reply.js';
import { complete, type Scenario, text, tone } from './scenario.js';

const endings = { 'browser-progress': 4, 'browser-fails': 5, 'browser-is-cancelled': 6 } as const;

/** What is in an answer besides audio. */
export const messageScenarios = {
  'text-only': complete('text without audio, as from a server whose voice is broken', () => [
    text('One. '),
    text('Two.'),
  ]),
  'audio-only': complete('audio without text', () => [tone(200), tone(100)]),
  'early-partial-text': complete(
    'the beginning of a text, then the rest without the space between them',
    () => [text('The lamp is'), text('on.'), tone(200)],
  ),
  'empty-text': complete('empty text before and between the others', () => [
    text(''),
    text('One.'),
    text(''),
    tone(100),
  ]),
  actions: complete('text, audio, then the same action twice and a third one: the first counts', () => [
    text('Yes.'),
    tone(100),
    action('{"command":"light_on","args":{"room":"kitchen"}}'),
    action('{"command":"light_on","args":{"room":"kitchen"}}'),
    action('{"command":"light_off","args":{}}'),
  ]),
  'action-only': complete('an action and nothing else', () => [action('{"command":"light_on","args":{}}')]),
  'wrapped-action': complete('an action inside "payload", as older servers send it', () => [
    text('Yes.'),
    action('{"event":"mcp.command_request","payload":{"command":"light_on","args":{"room":"hall"}}}'),
  ]),
  'bad-actions': complete('actions that are no JSON, no object, without a command, then a good one', () => [
    text('Yes.'),
    action('{"command":'),
    action('["light_on"]'),
    action('{"args":{}}'),
    action(''),
    action('{"command":"light_on","args":{}}'),
  ]),
  'mcp-text': complete('a command as text behind __MCP__, whatever the profile', () => [
    text('Yes.'),
    text('__MCP__{"event":"mcp.command_request","payload":{"command":"light_on","args":{"room":"attic"}}}'),
  ]),
  ...Object.fromEntries(
    Object.entries(endings).map(([name, ending]) => [
      name,
      complete(`a browser at work, ending with event ${ending}, then text`, () => [
        ...([0, 1, 2, 3] as const).map((type) => progress(type, name)),
        progress(ending, name),
        text('The page is open.'),
        tone(100),
      ]),
    ]),
  ),
  'only-browser-progress': complete('a browser at work, and nothing for the user', () => [
    progress(0, 'only-browser-progress'),
    progress(4, 'only-browser-progress'),
  ]),
  'unknown-member': {
    what: 'messages with a member that a later server may add, and messages with none',
    async play({ reply }) {
      await reply.send(text('One. '));
      // Field 15, of length 5; then a message without any field.
      await reply.sendRaw(Buffer.from([0x7a, 5, 0x66, 0x75, 0x74, 0x75, 0x72]));
      await reply.sendRaw(Buffer.alloc(0));
      await reply.send(text('Two.'));
      await reply.send(tone(100));
      await reply.finish();
    },
  },
  'collect-accepted-midway': complete('COLLECT_ACCEPTED in the middle of an answer, which is no end', () => [
    text('One. '),
    { case: 'endMessage', value: 'COLLECT_ACCEPTED' },
    text('Two.'),
  ]),
  'goes-on-after-end': {
    what: 'the end, then more text, audio and an error, which nobody is to hear',
    async play({ reply }) {
      await reply.send(text('One.'));
      await reply.call.send({ content: { case: 'endMessage', value: 'Обработка завершена' } });
      await reply.send(text('Two.'));
      await reply.send(tone(100));
      await reply.call.send({ content: { case: 'errorMessage', value: 'too late' } });
      reply.call.end();
    },
  },
} as const satisfies { readonly [name: string]: Scenario };

function action(actionJson: string): Content {
  return { case: 'actionMessage', value: { actionJson, sessionId: '' } };
}

/** Numbered on the wire: 0 started, 1 and 2 a step, 3 an action, 4 completed, 5 failed, 6 cancelled. */
type EventNumber = NonNullable<Extract<Content, { case: 'browserProgress' }>['value']['type']>;

function progress(type: EventNumber, taskId: string): Content {
  return {
    case: 'browserProgress',
    value: {
      type,
      taskId,
      timestamp: '2026-03-10T12:00:00Z',
      ...(type > 0 && type < 4 && { stepNumber: type, description: `step ${type}`, action: 'click' }),
      ...(type === 5 ? { error: 'the page did not load' } : { url: 'https://example.org/' }),
    },
  };
}
