/**
 * The contract of the StreamingService, row by row, over real sockets against each generation of the server: what a
 * user of the library sees. Every row has a server of its own and is independent of the others.
 */
import { randomUUID } from 'node:crypto';
import { lastValueFrom, toArray } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { type Profile, profiles } from '../examples/reference-server/profiles.js';
import type { ReferenceServerOptions } from '../examples/reference-server/reference-server-options.js';
import type { StreamingServiceOptions } from '../src/adapters/streaming-service/index.js';
import {
  askBare,
  firstEvent,
  hardwareId,
  interruptBare,
  type Seen,
  until,
  type Visit,
  visit,
} from './support/service-visit.js';

const all = Object.keys(profiles) as readonly Profile[];
const real = ['jan', 'main', 'v54'] as const satisfies readonly Profile[];
const checking = ['main', 'v54', 'docs'] as const satisfies readonly Profile[];

/** One row of the contract. */
interface Row {
  readonly what: string;
  /** What the turn says; `scenario: ...` chooses how the server answers. */
  readonly prompt: string;
  readonly profiles?: readonly Profile[];
  readonly server?: Partial<ReferenceServerOptions>;
  readonly service?: Partial<StreamingServiceOptions>;
  readonly sees: Partial<Seen> | ((profile: Profile) => Partial<Seen>);
  /** Whether the next turn of the session is answered. @defaultValue true */
  readonly answersNext?: false;
}

const whole = { events: 'started text audio ended:complete', outcome: 'complete', attempts: 1, losses: [] };
const cut = { events: 'started text audio ended:truncated', outcome: 'truncated', attempts: 1 };
const silent = { events: 'failed:UPSTREAM_NO_RESPONSE', retryable: true };

/** Asked once, and not again. */
const refused = (code: string, grpcStatus: number | undefined, message: RegExp) => ({
  ...{ events: `failed:${code}`, outcome: 'refused', attempts: 1, retryable: false, grpcStatus },
  message: expect.stringMatching(message) as string,
});

/** Asked five times: once, and four times more. */
const givenUp = (code: string, grpcStatus: number | undefined) => ({
  ...{ events: `failed:${code}`, outcome: 'failed', attempts: 5, retryable: true, grpcStatus },
});

const scenario = (name: string) => `scenario: ${name}`;

/** What the services says about a request before it looks at it, and what it fails with. */
const checks: readonly Row[] = [
  {
    what: '1: a bad hardware id',
    prompt: scenario('refuses-hardware-id'),
    profiles: checking,
    sees: (profile) =>
      refused('UPSTREAM_REJECTED', profile === 'docs' ? 3 : undefined, /hardware_id is required/),
  },
  {
    what: '2: a bad session id',
    prompt: scenario('refuses-session-id'),
    profiles: checking,
    sees: (profile) =>
      refused('UPSTREAM_REJECTED', profile === 'docs' ? 3 : undefined, /session_id is required/),
  },
  {
    what: '4: an unknown phase',
    prompt: scenario('refuses-phase'),
    profiles: checking,
    sees: (profile) =>
      refused('UPSTREAM_REJECTED', profile === 'docs' ? 3 : undefined, /unsupported request phase/),
  },
  {
    what: '6: blocked for ever after an interrupt of somebody',
    prompt: scenario('blocked'),
    profiles: real,
    // At once, then each second for six.
    sees: {
      events: 'failed:UPSTREAM_ABORTED',
      outcome: 'blocked',
      attempts: 7,
      retryable: true,
      grpcStatus: 13,
    },
  },
  {
    what: '8: a blank prompt',
    prompt: scenario('refuses-prompt'),
    sees: refused('UPSTREAM_REJECTED', 3, /Empty prompt: text field is required/),
  },
  {
    what: '9: the subscription gate',
    prompt: 'fault: refuses',
    sees: refused(
      'UPSTREAM_FORBIDDEN',
      7,
      /limit for today is used up, please come back tomorrow or subscribe/,
    ),
  },
  {
    what: '9: the subscription gate without a message',
    prompt: scenario('subscription-over'),
    sees: refused(
      'UPSTREAM_FORBIDDEN',
      7,
      /limit for today is used up, please come back tomorrow or subscribe/,
    ),
  },
  {
    what: '10: a session that is being answered already needs another id, and no patience',
    prompt: scenario('concurrent'),
    service: { retryDelayMs: 60_000, maxRetryDelayMs: 60_000 },
    sees: { events: 'failed:UPSTREAM_OVERLOADED', outcome: 'failed', attempts: 2, grpcStatus: 8 },
  },
  ...(
    [
      ['resource-exhausted', givenUp('UPSTREAM_OVERLOADED', 8)],
      ['unavailable', givenUp('UPSTREAM_UNREACHABLE', 14)],
      ['invalid-argument', refused('UPSTREAM_REJECTED', 3, /the model failed/)],
      ['not-found', refused('UPSTREAM_REJECTED', 5, /the model failed/)],
      ['permission-denied', refused('UPSTREAM_FORBIDDEN', 7, /the model failed/)],
      ['deadline-exceeded', givenUp('UPSTREAM_TIMEOUT', 4)],
      ['cancelled', givenUp('UPSTREAM_ABORTED', 1)],
      ['internal', givenUp('UPSTREAM_FAULT', 13)],
    ] as const
  ).flatMap<Row>(([name, sees]) => [
    { what: `12: ${name} before data`, prompt: scenario(`fails-with-${name}`), sees },
    {
      what: `13: ${name} after data`,
      prompt: scenario(`fails-after-data-with-${name}`),
      sees: (profile) => ({
        ...cut,
        text: 'Half of it',
        audioMs: 100,
        message: {
          silent: '',
          message: expect.stringMatching(/failed with/),
          status: expect.stringMatching(/failed with/),
        }[profiles[profile].afterData],
      }),
    },
  ]),
  {
    what: '14: too many messages, before data',
    prompt: scenario('rate-limited'),
    sees: givenUp('UPSTREAM_OVERLOADED', 8),
  },
  { what: '14: too many messages, after data', prompt: scenario('rate-limited-after-data'), sees: cut },
  {
    what: '15: an exception inside of the answer',
    prompt: scenario('throws'),
    sees: (profile) => givenUp('UPSTREAM_FAULT', profile === 'docs' ? 13 : undefined),
  },
  ...(
    [
      ['connection-error', givenUp('UPSTREAM_UNREACHABLE', 14)],
      ['timeout', givenUp('UPSTREAM_TIMEOUT', 4)],
      ['value-error', refused('UPSTREAM_REJECTED', 3, /value-error outside/)],
      ['memory-error', givenUp('UPSTREAM_OVERLOADED', 8)],
      ['other-exception', givenUp('UPSTREAM_FAULT', 13)],
    ] as const
  ).map<Row>(([name, sees]) => ({
    what: `15: ${name} outside of it`,
    prompt: scenario(`throws-${name}`),
    sees,
  })),
  {
    what: '16: success',
    prompt: 'Hello.',
    sees: { ...whole, text: 'Hello! How can I help you?', facts: [] },
  },
  { what: '16: an action', prompt: 'Turn on the light.', sees: actionSeen('The light is on.', 'kitchen') },
  {
    what: '16: the end and nothing else',
    prompt: 'fault: empty-answer',
    sees: { ...silent, outcome: 'empty', attempts: 1 },
  },
  {
    what: '16: the end and nothing else, after silence',
    prompt: scenario('empty-after-silence'),
    sees: { ...silent, outcome: 'empty', attempts: 1 },
  },
];

/** What an ideal client makes of every event, whatever the generation. */
const events: readonly Row[] = [
  {
    what: 'text without audio is an answer',
    prompt: scenario('text-only'),
    sees: { events: 'started text ended:complete', text: 'One. Two.', attempts: 1 },
  },
  {
    what: 'audio without text is an answer',
    prompt: scenario('audio-only'),
    sees: { events: 'started audio ended:complete', audioMs: 300, attempts: 1 },
  },
  {
    what: 'text is given as it comes, without the space that a server lost',
    prompt: scenario('early-partial-text'),
    sees: { ...whole, text: 'The lamp ison.' },
  },
  { what: 'empty text is none', prompt: scenario('empty-text'), sees: { ...whole, text: 'One.' } },
  {
    what: 'the first of several actions counts',
    prompt: scenario('actions'),
    sees: { ...actionSeen('Yes.', 'kitchen'), facts: ['action-repeated'] },
  },
  {
    what: 'an action alone is an answer',
    prompt: scenario('action-only'),
    sees: { events: 'started action ended:complete', actions: [{ command: 'light_on', args: {} }] },
  },
  {
    what: 'an action inside a payload is unwrapped',
    prompt: scenario('wrapped-action'),
    sees: { actions: [{ command: 'light_on', args: { room: 'hall' } }], facts: [] },
  },
  {
    what: 'actions that cannot be read are facts, and the good one behind them counts',
    prompt: scenario('bad-actions'),
    sees: { actions: [{ command: 'light_on', args: {} }], facts: ['action-unreadable'], outcome: 'complete' },
  },
  {
    what: 'a command as text behind __MCP__ is an action and no text',
    prompt: scenario('mcp-text'),
    sees: { text: 'Yes.', actions: [{ command: 'light_on', args: { room: 'attic' } }], facts: [] },
  },
  {
    what: 'browser progress is told beside the answer',
    prompt: scenario('browser-progress'),
    sees: {
      ...whole,
      progress: [
        'BROWSER_TASK_STARTED',
        'BROWSER_STEP_STARTED',
        'BROWSER_STEP_COMPLETED',
        'BROWSER_ACTION_EXECUTED',
        'BROWSER_TASK_COMPLETED',
      ],
    },
  },
  {
    what: 'browser progress alone is no answer that could be heard',
    prompt: scenario('only-browser-progress'),
    sees: {
      attempts: 1,
      outcome: 'complete',
      events: 'started ended:complete',
      progress: ['BROWSER_TASK_STARTED', 'BROWSER_TASK_COMPLETED'],
    },
  },
  {
    what: 'a browser that fails is no end of the answer',
    prompt: scenario('browser-fails'),
    sees: { ...whole, progress: expect.arrayContaining(['BROWSER_TASK_FAILED']) },
  },
  {
    what: 'a browser that is cancelled is no end of the answer',
    prompt: scenario('browser-is-cancelled'),
    sees: { ...whole, progress: expect.arrayContaining(['BROWSER_TASK_CANCELLED']) },
  },
  {
    what: 'a member that nobody knows is ignored',
    prompt: scenario('unknown-member'),
    sees: { ...whole, text: 'One. Two.' },
  },
  {
    what: 'COLLECT_ACCEPTED is no end',
    prompt: scenario('collect-accepted-midway'),
    sees: { events: 'started text ended:complete', text: 'One. Two.' },
  },
  {
    what: 'nothing is heard after the end',
    prompt: scenario('goes-on-after-end'),
    sees: { events: 'started text ended:complete', text: 'One.', audioMs: 0, outcome: 'complete' },
  },
  {
    what: 'an end without its status is an end',
    prompt: scenario('end-without-status'),
    sees: { events: 'started text ended:complete', text: 'Done.', outcome: 'complete' },
  },
  {
    what: 'an error message after data cuts the answer',
    prompt: scenario('error-message-after-data'),
    sees: { ...cut, audioMs: 100, message: 'the voice was lost' },
  },
  {
    what: 'OK after data without an end cuts the answer',
    prompt: scenario('ends-after-data'),
    sees: { ...cut, audioMs: 100, message: '' },
  },
  {
    what: 'a status after data cuts the answer',
    prompt: scenario('status-after-data'),
    sees: { ...cut, audioMs: 100, message: 'the model is out of order' },
  },
  {
    what: 'OK without any message may be tried once more',
    prompt: scenario('no-message-at-all'),
    sees: { ...silent, attempts: 2 },
  },
  {
    what: 'an error without words is an error',
    prompt: scenario('empty-error'),
    sees: givenUp('UPSTREAM_FAULT', 13),
  },
  {
    what: 'an error message without its status is waited for briefly',
    prompt: scenario('error-without-status'),
    sees: givenUp('UPSTREAM_FAULT', undefined),
  },
  {
    what: 'what is no message cuts the answer',
    prompt: scenario('not-protobuf'),
    sees: { events: 'started text ended:truncated', text: 'Half of it', attempts: 1 },
  },
  {
    what: 'too many pings are a matter of the connection',
    prompt: scenario('too-many-pings'),
    sees: givenUp('UPSTREAM_UNREACHABLE', 8),
  },
  {
    what: 'silence before data ends with a timeout',
    prompt: 'fault: never-answers',
    sees: { events: 'failed:UPSTREAM_TIMEOUT', outcome: 'failed', attempts: 1, retryable: true },
  },
  {
    what: 'silence after data cuts the answer',
    prompt: 'fault: stalls',
    sees: cut,
  },
  {
    what: 'an answer that takes too long as a whole is cut',
    prompt: scenario('slow-drip'),
    service: { deadlineMs: 500 },
    sees: cut,
    // Which has no more time than this one.
    answersNext: false,
  },
  { what: 'a slow answer is an answer', prompt: scenario('slow-drip'), sees: { ...whole, audioMs: 200 } },
];

const chunks: readonly Row[] = [
  {
    what: 'every sample layout, by every name',
    prompt: scenario('every-dtype'),
    sees: { ...whole, audioMs: 1200, facts: [], formats: ['48000/1'] },
  },
  {
    what: 'a format that changes',
    prompt: scenario('format-changes'),
    sees: { ...whole, audioMs: 400, facts: [], formats: ['48000/1', '24000/2', '16000/1', '48000/1'] },
  },
  {
    what: 'a format that changes inside a sample',
    prompt: scenario('format-changes-inside-a-sample'),
    sees: {
      ...whole,
      audioMs: 200 - 1 / 48,
      facts: ['audio-bytes-left-over'],
      formats: ['48000/1', '24000/2'],
    },
  },
  { what: 'odd chunks', prompt: scenario('odd-chunks'), sees: { ...whole, audioMs: 500, facts: [] } },
  {
    what: 'empty chunks',
    prompt: scenario('empty-chunks'),
    sees: { events: 'started text audio ended:complete', audioMs: 200, facts: [] },
  },
  {
    what: 'empty chunks alone',
    prompt: scenario('only-empty-chunks'),
    sees: { ...silent, outcome: 'empty', attempts: 1 },
  },
  {
    what: 'a lone byte at the end',
    prompt: scenario('lone-byte'),
    sees: { ...whole, audioMs: 100, facts: ['audio-bytes-left-over'] },
  },
  {
    what: 'chunks without a rate or channels',
    prompt: scenario('no-rate'),
    sees: { ...whole, audioMs: 200, facts: ['audio-chunk-dropped'] },
  },
  {
    what: 'a layout that nobody knows',
    prompt: scenario('unknown-dtype'),
    sees: {
      events: 'started text ended:failed',
      audioMs: 0,
      attempts: 1,
      message: expect.stringMatching(/int24/),
    },
  },
  {
    what: 'samples that are no number',
    prompt: scenario('no-number-samples'),
    sees: { ...whole, facts: ['audio-samples-replaced'] },
  },
  {
    what: 'MP3 data labelled as samples',
    prompt: scenario('mislabelled-mp3'),
    sees: {
      events: 'started text ended:failed',
      audioMs: 0,
      attempts: 1,
      message: expect.stringMatching(/MP3/),
    },
  },
  {
    what: 'a WAV file labelled as samples',
    prompt: 'fault: mislabelled-audio',
    sees: {
      events: 'started text ended:failed',
      audioMs: 0,
      attempts: 1,
      message: expect.stringMatching(/RIFF/),
    },
  },
  {
    what: 'a chunk that is larger than gRPC takes',
    prompt: scenario('huge-chunk'),
    sees: { attempts: 1, audioMs: 0, retryable: false, message: expect.stringMatching(/larger than max/) },
  },
  {
    what: 'the same behind a text',
    prompt: scenario('huge-chunk-after-text'),
    sees: {
      events: 'started text ended:truncated',
      attempts: 1,
      message: expect.stringMatching(/larger than max/),
    },
  },
];

const lost = { losses: expect.arrayContaining(['UPSTREAM_UNREACHABLE']) as string[] };

/** Faults under the protocol. */
const wires: readonly Row[] = [
  ...['tcp-close', 'tcp-reset', 'half-open'].flatMap<Row>((name) => [
    {
      what: `${name} before data`,
      prompt: scenario(name),
      sees: { ...givenUp('UPSTREAM_UNREACHABLE', 14), ...lost },
    },
    {
      what: `${name} after data`,
      prompt: scenario(`${name}-after-data`),
      sees: { ...cut, ...lost, text: 'Half of it', audioMs: 100 },
    },
  ]),
  {
    what: 'a black hole before data: the next turn has another connection',
    prompt: scenario('black-hole'),
    sees: { events: 'failed:UPSTREAM_TIMEOUT', attempts: 1, retryable: true },
  },
  {
    what: 'a black hole after data',
    prompt: scenario('black-hole-after-data'),
    sees: { ...cut, audioMs: 100 },
  },
  { what: 'byte by byte', prompt: scenario('byte-drip'), sees: { ...whole, audioMs: 2 } },
  {
    what: 'GOAWAY in the middle: the answer is whole, and the next turn has another connection',
    prompt: scenario('goes-away'),
    sees: { ...whole, audioMs: 100 },
  },
  {
    what: 'a proxy without its service (502)',
    prompt: 'Hello.',
    server: { gateway: '502' },
    sees: { ...givenUp('UPSTREAM_UNREACHABLE', 14), message: expect.stringMatching(/502/) },
    answersNext: false,
  },
  {
    what: 'a proxy whose service is too late (504)',
    prompt: 'Hello.',
    server: { gateway: '504' },
    sees: { ...givenUp('UPSTREAM_UNREACHABLE', 14), message: expect.stringMatching(/504/) },
    answersNext: false,
  },
  {
    what: 'a proxy whose service vanished (RST_STREAM)',
    prompt: 'Hello.',
    server: { gateway: 'reset' },
    sees: { ...givenUp('UPSTREAM_FAULT', 13), message: expect.stringMatching(/RST_STREAM with code 2/) },
    answersNext: false,
  },
  {
    what: 'nobody listens',
    prompt: 'Hello.',
    // The port of "discard", which nothing serves.
    service: { target: '127.0.0.1:9' },
    sees: givenUp('UPSTREAM_UNREACHABLE', 14),
    answersNext: false,
  },
  {
    what: 'no retry where none is wanted',
    prompt: scenario('fails-with-unavailable'),
    service: { maxRetries: 0 },
    sees: { events: 'failed:UPSTREAM_UNREACHABLE', attempts: 1, retryable: true },
  },
];

function actionSeen(text: string, room: string): Partial<Seen> {
  return {
    ...{ events: 'started text audio action ended:complete', outcome: 'complete', attempts: 1, text },
    actions: [{ command: 'light_on', args: { room } }],
  };
}

describe.each<readonly [string, readonly Row[], readonly Profile[]]>([
  ['the order of checks', checks, all],
  ['what an ideal client makes of it', events, all],
  ['audio', chunks, ['v54']],
  ['under the protocol', wires, ['v54']],
])('%s', (_group, rows, whichProfiles) => {
  const cases = rows.flatMap((row) =>
    (row.profiles ?? whichProfiles).map((profile) => ({ ...row, profile, name: `${profile}: ${row.what}` })),
  );
  it.concurrent.each(cases)('$name', async ({ prompt, server, service, sees, profile, answersNext }) => {
    const at = await visit({ profile, ...server }, service);
    try {
      const seen = await at.ended(at.ask(prompt));
      // A later turn of the session, so that what is left behind by the first shows.
      const next = answersNext === false ? undefined : await at.ended(at.ask('Hello.'));

      const expected = typeof sees === 'function' ? sees(profile) : sees;
      expect(seen).toMatchObject({
        ...expected,
        ...(expected.audioMs !== undefined && { audioMs: expect.closeTo(expected.audioMs, 5) }),
      });
      expectFreshIds(at, seen);
      if (next !== undefined)
        expect(next).toMatchObject({ outcome: 'complete', text: 'Hello! How can I help you?' });
    } finally {
      await at.leave();
    }
  });
});

/** Each attempt has an id of its own, which the server has seen. */
function expectFreshIds({ server }: Visit, { sessionIds, attempts }: Seen): void {
  expect(new Set(sessionIds).size).toBe(attempts);
  for (const id of sessionIds)
    expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  const onServer = server.calls().map(({ sessionId }) => sessionId);
  if (onServer.length > 0) expect(onServer).toEqual(expect.arrayContaining([...sessionIds]));
}

/** Runs one visit that is more than a question and its answer. */
async function during(
  server: Partial<ReferenceServerOptions>,
  service: Partial<StreamingServiceOptions>,
  body: (at: Visit) => Promise<void>,
): Promise<void> {
  const at = await visit(server, service);
  try {
    await body(at);
  } finally {
    await at.leave();
  }
}

const asItsOwn = { retryDelayMs: 20, maxRetryDelayMs: 40 };
/** Seconds of speech at the speed of speaking, so that there is time to do something to it. */
const slowly = { deliveryRate: 1, answers: () => ({ sentences: ['Hello! How can I help you?'] }) };

describe.concurrent.each(all)('%s: what takes two', (profile) => {
  const { afterData, twinKillsFirst, rateHz, knowsUsage, knowsPhases, listsInterrupted } = profiles[profile];

  it('3: partial transcripts are collected, and what was said is answered whole', async () => {
    const prompts: string[] = [];
    const onRequest = ({ prompt }: { prompt: string }) => void prompts.push(prompt);
    await during({ profile, onRequest }, { partialTranscripts: true }, async (at) => {
      const turn = { turnId: 'turn-1', revision: 1 };
      for (const [sequence, text] of ['turn', 'turn on', 'turn on the', 'turn on the light'].entries()) {
        at.send({ type: 'turn-partial', ...turn, text, sequence });
      }
      if (knowsPhases) {
        const collected = () => at.server.calls().filter(({ phase }) => phase === 1).length;
        await until('the partial transcripts', () => collected() > 0, 2000, at.server.calls);
      }
      at.send({ type: 'turn-text', ...turn, text: 'turn on the light' });
      at.send({ type: 'turn-ended', ...turn });
      const seen = await at.ended('turn-1');

      expect(seen).toMatchObject(actionSeen('The light is on.', 'kitchen'));
      expect(prompts).toEqual(['turn on the light']);
    });
  });

  it('6: a turn after our own interrupt waits for the end of the block', async () => {
    await during({ profile }, asItsOwn, async (at) => {
      const answer = await lastValueFrom(at.service.interruptSession());
      const seen = await at.ended(at.ask('Hello.'));

      expect(answer).toMatchObject({ success: true, message: 'Сессии успешно прерваны' });
      expect(seen).toMatchObject({ events: whole.events, outcome: 'complete' });
      // Not asked in vain more than once.
      expect(seen.attempts).toBeLessThanOrEqual(2);
      expect(at.serviceEvents).toContainEqual(
        expect.objectContaining({ type: 'interrupt-sent', success: true }),
      );
    });
  });

  it('7: a full server is asked again until there is a place', async () => {
    await during({ profile, maxStreams: 1 }, asItsOwn, async (at) => {
      const other = askBare(at.stranger, {
        ...{ prompt: 'fault: never-answers', sessionId: randomUUID(), hardwareId: 'other' },
      });
      await until('the other', () => at.server.openStreams() === 1, 2000);
      const turnId = at.ask('Hello.');
      await until('two attempts', () => at.server.counts().begun >= 3, 2000);
      other.cancel();

      const seen = await at.ended(turnId);

      expect(seen).toMatchObject({ events: whole.events, outcome: 'complete' });
      expect(seen.attempts).toBeGreaterThanOrEqual(3);
    });
  });

  it('7: a server that stays full is given up, and may be asked later', async () => {
    await during({ profile, maxStreams: 1 }, asItsOwn, async (at) => {
      const other = askBare(at.stranger, {
        ...{ prompt: 'fault: never-answers', sessionId: randomUUID(), hardwareId: 'other' },
      });
      await until('the other', () => at.server.openStreams() === 1, 2000);
      const turnId = at.ask('Hello.');
      await until(
        'the end',
        () => at.events.some(({ type }) => type === 'turn-failed'),
        5000,
        () => at.events,
      );
      other.cancel();
      const seen = await at.ended(turnId);

      expect(seen).toMatchObject(givenUp('UPSTREAM_OVERLOADED', 8));
      expect(seen.message).toMatch(/STREAM_LIMIT_EXCEEDED/);
    });
  });

  it('10: a stranger with our session id can cut our answer, and it is told so', async () => {
    await during({ profile, ...slowly }, {}, async (at) => {
      const turnId = at.ask('Hello.');
      const { replyId } = await firstEvent(at, 'reply-started');
      await askBare(at.stranger, { prompt: 'Hello.', sessionId: replyId, hardwareId }).over;

      const seen = await at.ended(turnId);

      expect(seen).toMatchObject(twinKillsFirst ? cut : whole);
    });
  });

  it('11: a server that answers a device once at a time is not pressed', async () => {
    await during({ profile, oneStreamPerDevice: true }, asItsOwn, async (at) => {
      const other = askBare(at.stranger, {
        ...{ prompt: 'fault: never-answers', sessionId: randomUUID(), hardwareId },
      });
      await until('the other', () => at.server.openStreams() === 1, 2000);
      const turnId = at.ask('Hello.');
      await until(
        'the end',
        () => at.events.some(({ type }) => type === 'turn-failed'),
        5000,
        () => at.events,
      );
      other.cancel();
      const seen = await at.ended(turnId);

      expect(seen).toMatchObject({ events: 'failed:UPSTREAM_OVERLOADED', attempts: 2, grpcStatus: 8 });
    });
  });

  it('turns side by side have a session id each', async () => {
    await during({ profile }, {}, async (at) => {
      const turns = Array.from({ length: 10 }, () => at.ask('Hello.'));
      const seen = await Promise.all(turns.map((turn) => at.ended(turn)));

      for (const each of seen) expect(each).toMatchObject({ outcome: 'complete', attempts: 1 });
      expect(new Set(at.server.calls().map(({ sessionId }) => sessionId)).size).toBe(10);
    });
  });

  it('an answer that is cut is cancelled on the server, and nothing of it is heard any more', async () => {
    await during({ profile, ...slowly }, {}, async (at) => {
      const turnId = at.ask('Hello.');
      const { replyId } = await firstEvent(at, 'reply-audio');
      at.send({ type: 'reply-cancelled', turnId, revision: 1, replyId, heardMs: 20, heardText: '' });
      const heard = at.events.length;

      const seen = await at.ended(turnId);
      await new Promise((resolve) => setTimeout(resolve, 300));

      expect(seen).toMatchObject({ events: 'started text audio ended:cancelled', outcome: 'cancelled' });
      expect(at.server.counts()).toMatchObject({ cancelled: 1, open: 0 });
      expect(at.events.slice(heard).filter((event) => event.type.startsWith('reply-'))).toEqual([]);
      expect(at.server.calls().map(({ method }) => method)).toEqual(['StreamAudio']);
    });
  });

  it('an interrupt goes with it only where that is wanted', async () => {
    await during({ profile, ...slowly }, { interruptOnCut: true }, async (at) => {
      const turnId = at.ask('Hello.');
      const { replyId } = await firstEvent(at, 'reply-audio');
      at.send({ type: 'reply-cancelled', turnId, revision: 1, replyId, heardMs: 20, heardText: '' });
      await at.ended(turnId);
      const sent = () => at.server.calls().some(({ method }) => method === 'InterruptSession');
      await until('the interrupt', sent, 2000, at.server.calls);

      expect(at.server.calls().find(({ method }) => method === 'InterruptSession')).toMatchObject({
        hardwareId,
      });
    });
  });

  it('our own interrupt cuts the answer under way, and it is not asked again', async () => {
    await during({ profile, ...slowly }, asItsOwn, async (at) => {
      const turnId = at.ask('Hello.');
      await firstEvent(at, 'reply-audio');
      await lastValueFrom(at.service.interruptSession());
      const seen = await at.ended(turnId);

      expect(seen).toMatchObject(cut);
      expect(seen.message).toEqual(
        afterData === 'silent' ? '' : expect.stringMatching(/^Interrupted during/),
      );
    });
  });

  it('our own interrupt before the answer ends the turn as blocked, once', async () => {
    await during({ profile, timeToFirstByteMs: 400 }, asItsOwn, async (at) => {
      const turnId = at.ask('Hello.');
      await until('the call', () => at.server.openStreams() === 1, 2000);
      await lastValueFrom(at.service.interruptSession());
      const seen = await at.ended(turnId);

      expect(seen).toMatchObject({ outcome: 'blocked', attempts: 1 });
    });
  });

  it("a stranger's interrupt cuts the answer under way", async () => {
    await during({ profile, ...slowly }, asItsOwn, async (at) => {
      const turnId = at.ask('Hello.');
      const { replyId } = await firstEvent(at, 'reply-audio');
      const answer = await interruptBare(at.stranger, hardwareId);

      expect(await at.ended(turnId)).toMatchObject(cut);
      expect(answer).toMatchObject({ success: true, interruptedSessions: listsInterrupted ? [replyId] : [] });
    });
  });

  it('the greeting is spoken at the rate of the service, and cancelled when nobody listens', async () => {
    await during({ profile }, {}, async (at) => {
      const frames = await lastValueFrom(at.service.greet('Hello! How can I help you?').pipe(toArray()));
      expect(frames[0]?.format.sampleRateHz).toBe(rateHz);
      const endsMs = frames.map(
        ({ timestampMs, samplesPerChannel }) => timestampMs + (samplesPerChannel * 1000) / rateHz,
      );
      for (const [index, frame] of frames.entries()) {
        if (index > 0) expect(frame.timestampMs).toBeCloseTo(endsMs[index - 1] ?? 0, 6);
      }
      expect(endsMs.at(-1)).toBeGreaterThan(1000);

      at.service.greet().subscribe().unsubscribe();
      await until('the server', () => at.server.openStreams() === 0, 1000);
    });
  });

  it('a greeting that fails after audio is an error', async () => {
    await during({ profile }, {}, async (at) => {
      let framesSeen = 0;
      const failure = await new Promise((resolve) =>
        at.service.greet('fault: fails-after-audio').subscribe({
          next: () => {
            framesSeen += 1;
          },
          error: resolve,
          complete: () => resolve('complete'),
        }),
      );

      expect(failure).toMatchObject({
        code: 'UPSTREAM_FAULT',
        grpcStatus: 13,
        message: expect.stringMatching(/voice was lost/),
      });
      expect(framesSeen).toBeGreaterThan(0);
    });
  });

  it('usage is reported, or the service is too old for it', async () => {
    await during({ profile }, {}, async (at) => {
      const usage = { sessionId: randomUUID(), source: 'local', inputTokens: 3, outputTokens: 4, model: 'm' };
      const reported = lastValueFrom(at.service.reportUsage(usage));

      if (knowsUsage) expect(await reported).toMatchObject({ success: true, message: 'Usage recorded' });
      else await expect(reported).rejects.toMatchObject({ code: 'UPSTREAM_INCOMPATIBLE', grpcStatus: 12 });
    });
  });
});

describe.concurrent.each(real)('%s: the block after an interrupt', (profile) => {
  it("6: a turn after somebody else's interrupt is asked until the block is over", async () => {
    await during({ profile }, asItsOwn, async (at) => {
      await interruptBare(at.stranger, hardwareId);
      const seen = await at.ended(at.ask('Hello.'));

      expect(seen).toMatchObject({ events: whole.events, outcome: 'complete' });
      expect(seen.attempts).toBeGreaterThanOrEqual(5);
    });
  });

  it('the interrupt of another device lifts the block of ours', async () => {
    await during({ profile }, asItsOwn, async (at) => {
      await interruptBare(at.stranger, hardwareId);
      await interruptBare(at.stranger, 'other');

      expect(await at.ended(at.ask('Hello.'))).toMatchObject(whole);
    });
  });
});

describe.concurrent('whatever the generation', () => {
  it('1 and 8: what a server would refuse is not sent', async () => {
    for (const bad of ['', '  ', 'unknown', 'Unknown']) {
      await expect(visit({}, { hardwareId: bad })).rejects.toMatchObject({ code: 'OPTION_INVALID' });
    }
    await during({}, {}, async (at) => {
      expect(await at.ended(at.ask('  '))).toMatchObject({ events: 'failed:UPSTREAM_REJECTED', attempts: 0 });
      expect(at.server.counts().begun).toBe(0);
    });
  });

  it('metadata goes with every call', async () => {
    await during({}, { metadata: { authorization: 'Bearer 123' } }, async (at) => {
      await at.ended(at.ask('Hello.'));
      await lastValueFrom(at.service.greet('Hello! How can I help you?'));
      await lastValueFrom(at.service.interruptSession());

      const sent = at.server
        .calls()
        .map(({ method, metadata: { authorization } }) => [method, authorization]);
      expect(sent).toEqual(
        ['StreamAudio', 'GenerateWelcomeAudio', 'InterruptSession'].map((method) => [method, 'Bearer 123']),
      );
    });
  });

  it('unsubscribing from the session cancels everything under way', async () => {
    await during(slowly, {}, async (at) => {
      at.ask('Hello.');
      at.ask('fault: never-answers');
      await firstEvent(at, 'reply-audio');
      await at.leave();

      expect(at.server.counts()).toMatchObject({ open: 0, cancelled: 2 });
    });
  });

  it('a cancel is at the server within 50 ms', async () => {
    const tookMs: number[] = [];
    await during(slowly, {}, async (at) => {
      for (let round = 0; round < 10; round += 1) {
        const turnId = at.ask('Hello.');
        await until('audio', () => at.events.at(-1)?.type === 'reply-audio', 5000);
        const cancelledAtMs = performance.now();
        at.send({ type: 'reply-cancelled', turnId, revision: 1, replyId: null, heardMs: 0, heardText: '' });
        await at.ended(turnId);
        tookMs.push((at.server.calls().at(-1)?.endedMs ?? Number.POSITIVE_INFINITY) - cancelledAtMs);
      }
    });
    // The median, because this test shares its processor with others.
    expect(tookMs.sort((a, b) => a - b)[5]).toBeLessThan(50);
  });

  it('ten minutes of audio at once are taken no faster than they are played', async () => {
    await during({}, { maxAheadMs: 1000 }, async (at) => {
      const turnId = at.ask(scenario('ten-minutes-at-once'));
      await firstEvent(at, 'reply-audio');
      const sinceMs = performance.now();
      await new Promise((resolve) => setTimeout(resolve, 2000));
      const passedMs = performance.now() - sinceMs;
      const receivedMs = at.events.reduce(
        (sum, event) => sum + (event.type === 'reply-audio' ? event.frame.samplesPerChannel / 48 : 0),
        0,
      );
      at.send({ type: 'reply-cancelled', turnId, revision: 1, replyId: null, heardMs: 0, heardText: '' });
      await at.ended(turnId);

      // What may be ahead, what was played meanwhile, and messages that were in the stream's own queue of 16.
      expect(receivedMs).toBeLessThan(1000 + passedMs + 17 * 40);
      expect(receivedMs).toBeGreaterThan(1000);
    });
  });
});
