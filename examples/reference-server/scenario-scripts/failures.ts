import { status } from '../admission.js';
import { refuse } from '../reply.js';
import { type Scenario, type Stage, text, tone } from './scenario.js';

/** Statuses that a failure of the service itself is told with. */
const failureStatuses = {
  'resource-exhausted': status.resourceExhausted,
  unavailable: status.unavailable,
  'invalid-argument': status.invalidArgument,
  'not-found': status.notFound,
  'permission-denied': status.permissionDenied,
  'deadline-exceeded': status.deadlineExceeded,
  cancelled: status.cancelled,
  internal: status.internal,
} as const;

/** What an interceptor makes of an exception outside of the answer. */
const exceptions = {
  'connection-error': status.unavailable,
  timeout: status.deadlineExceeded,
  'value-error': status.invalidArgument,
  'memory-error': status.resourceExhausted,
  'other-exception': status.internal,
} as const;

const rateExceeded = 'MESSAGE_RATE_EXCEEDED: Maximum message rate (10/s) exceeded';

async function sayHalf({ reply }: Stage): Promise<void> {
  await reply.send(text('Half of it'));
  await reply.send(tone(100));
}

/** How an answer fails. */
export const failureScenarios = {
  ...mapEntries(failureStatuses, (name, code) => ({
    [`fails-with-${name}`]: {
      what: `fails before any data, with ${name}`,
      play: ({ reply }) => reply.fail(`the model failed with ${name}`, code),
    },
    [`fails-after-data-with-${name}`]: {
      what: `text and 100 ms of audio, then fails with ${name}, as the profile has it`,
      async play(stage) {
        await sayHalf(stage);
        await stage.reply.fail(`the model failed with ${name}`, code);
      },
    },
  })),
  ...mapEntries(exceptions, (name, code) => ({
    [`throws-${name}`]: {
      what: 'an exception outside of the answer: a status and no message',
      play: async ({ reply }) => reply.call.endWith(code, `${name} outside of the answer`),
    },
  })),
  ...refusals({
    'hardware-id': "hardware_id is required and must be valid (not empty or 'unknown')",
    'session-id': 'session_id is required and must be provided by client',
    phase: 'unsupported request phase: REQUEST_PHASE_UNSPECIFIED',
  }),
  'refuses-prompt': {
    what: 'says that the prompt is blank, whatever it is: INVALID_ARGUMENT',
    play: ({ reply }) => reply.fail('Empty prompt: text field is required', status.invalidArgument),
  },
  concurrent: {
    what: 'says that the session is being answered already, whatever its id',
    play: ({ reply }) =>
      reply.fail(
        `Concurrent request for session_id=${reply.sessionId} is not allowed`,
        status.resourceExhausted,
      ),
  },
  blocked: {
    what: 'says that the device is blocked after an interrupt, for ever',
    async play({ reply }) {
      await reply.call.send({ content: { case: 'errorMessage', value: 'Глобальное прерывание активно' } });
      reply.call.endWith(status.internal, '');
    },
  },
  'too-many-pings': {
    what: 'what a client is told whose keep-alive pings were taken for an attack',
    play: async ({ reply }) =>
      reply.call.endWith(status.resourceExhausted, 'Bandwidth exhausted or memory limit exceeded'),
  },
  throws: {
    what: 'an exception inside of the answer: error_message, and OK',
    async play({ reply, rules }) {
      const message = 'Внутренняя ошибка сервера: division by zero';
      await reply.fail(message, rules.tellsInMessage ? status.ok : status.internal);
    },
  },
  'status-after-data': {
    what: 'text and audio, then INTERNAL without a message, whatever the profile',
    async play(stage) {
      await sayHalf(stage);
      stage.reply.call.endWith(status.internal, 'the model is out of order');
    },
  },
  'ends-after-data': {
    what: 'text and audio, then OK and nothing else, whatever the profile',
    async play(stage) {
      await sayHalf(stage);
      stage.reply.call.end();
    },
  },
  'error-message-after-data': {
    what: 'text and audio, then error_message and OK, whatever the profile',
    async play(stage) {
      await sayHalf(stage);
      await stage.reply.call.send({ content: { case: 'errorMessage', value: 'the voice was lost' } });
      stage.reply.call.end();
    },
  },
  'rate-limited': {
    what: 'too many messages, told before any data',
    play: ({ reply }) => reply.fail(rateExceeded, status.resourceExhausted),
  },
  'rate-limited-after-data': {
    what: 'too many messages, told after data',
    async play(stage) {
      await sayHalf(stage);
      await stage.reply.fail(rateExceeded, status.resourceExhausted);
    },
  },
  'subscription-over': {
    what: 'PERMISSION_DENIED with a sentence for the user, and no message',
    play: async ({ reply }) =>
      reply.call.endWith(
        status.permissionDenied,
        'Your limit for today is used up, please come back tomorrow or subscribe.',
      ),
  },
  'empty-after-silence': {
    what: '700 ms of silence, then the end alone, as when the quota of the model is used up',
    async play({ reply }) {
      await reply.call.waitUntil(700);
      await reply.finish();
    },
  },
  'empty-error': {
    what: 'an error_message without text, then INTERNAL without details',
    async play({ reply }) {
      await reply.call.send({ content: { case: 'errorMessage', value: '' } });
      reply.call.endWith(status.internal, '');
    },
  },
  'error-without-status': {
    what: 'an error_message, and then the call stays open',
    async play({ reply }) {
      await reply.call.send({ content: { case: 'errorMessage', value: 'the model is out of order' } });
      await reply.call.waitForGone();
    },
  },
  'end-without-status': {
    what: 'a whole answer, and then the call stays open',
    async play({ reply }) {
      await reply.send(text('Done.'));
      await reply.call.send({ content: { case: 'endMessage', value: 'Обработка завершена' } });
      await reply.call.waitForGone();
    },
  },
  'no-message-at-all': {
    what: 'OK and nothing else',
    play: async ({ reply }) => reply.call.end(),
  },
  'not-protobuf': {
    what: 'text, then bytes that are no message',
    async play({ reply }) {
      await reply.send(text('Half of it'));
      await reply.sendRaw(Buffer.from([0x0a, 0xff, 0xff, 0xff, 0xff, 0xff]));
      await reply.finish();
    },
  },
} as const satisfies { readonly [name: string]: Scenario };

/** A check that fails whatever the request, told as the profile tells it. */
function refusals(messages: { readonly [name: string]: string }): { readonly [name: string]: Scenario } {
  return Object.fromEntries(
    Object.entries(messages).map(([name, message]) => [
      `refuses-${name}`,
      {
        what: `says that the ${name} is bad, whatever it is`,
        play: ({ reply, rules }) => refuse(reply.call, { message, code: rules.validationCode }, rules),
      } satisfies Scenario,
    ]),
  );
}

function mapEntries<Name extends string>(
  from: { readonly [Key in Name]: number },
  make: (name: string, code: number) => { readonly [name: string]: Scenario },
): { readonly [name: string]: Scenario } {
  return Object.fromEntries(
    Object.entries<number>(from).flatMap(([name, code]) => Object.entries(make(name, code))),
  );
}
