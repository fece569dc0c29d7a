import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { Client, credentials } from '@grpc/grpc-js';
import { type StreamRequest, streamingServiceDefinition } from 'earshot/adapters/streaming-service';
import { describe, expect, it, vi } from 'vitest';
import { gatewayFaults } from './gateway.js';
import { type Profile, profiles } from './profiles.js';
import { promptVoice } from './prompt-voice.js';
import { type ReferenceServer, startReferenceServer } from './reference-server.js';
import { scenarioInPrompt, scenarios } from './scenarios.js';
import { keepSpeech } from './speech.js';

const voice = keepSpeech(promptVoice(new URL('prompts', import.meta.url).pathname));

/** Of these the server never ends the call. */
const staysOpen = /^(black-hole|error-without-status|end-without-status|ten-minutes)/;

interface Heard {
  readonly cases: readonly (string | undefined)[];
  readonly error: string | undefined;
  readonly code: number;
  readonly details: string;
}

/** Asks with the bare client of gRPC, and gives up after a while. */
async function ask(
  { port }: ReferenceServer,
  fields: {
    readonly prompt: string;
    readonly sessionId?: string;
    readonly hardwareId?: string;
    readonly phase?: number;
  },
  patienceMs = 10_000,
): Promise<Heard> {
  const client = new Client(`127.0.0.1:${port}`, credentials.createInsecure());
  const { path, requestSerialize, responseDeserialize } = streamingServiceDefinition.streamAudio;
  const request = { hardwareId: 'kiosk', sessionId: randomUUID(), ...fields } as StreamRequest;
  const call = client.makeServerStreamRequest(path, requestSerialize, responseDeserialize, request);
  const cases: (string | undefined)[] = [];
  let error: string | undefined;
  const tired = setTimeout(() => call.cancel(), patienceMs);
  call.on('error', () => {});
  call.on('data', ({ content }: ReturnType<typeof responseDeserialize>) => {
    if (cases.at(-1) !== content.case || cases.length === 0) cases.push(content.case);
    if (content.case === 'errorMessage') error = content.value;
  });
  const status = await new Promise<{ code: number; details: string }>((resolve) => {
    let last = { code: -1, details: '' };
    call.on('status', (given) => {
      last = given;
    });
    call.on('end', () => resolve(last));
  });
  clearTimeout(tired);
  client.close();
  return { cases, error, ...{ code: status.code, details: status.details } };
}

async function withServer(
  options: Parameters<typeof startReferenceServer>[0],
  body: (server: ReferenceServer) => Promise<void>,
): Promise<void> {
  const server = await startReferenceServer({ voice, timeToFirstByteMs: 0, deliveryRate: 1000, ...options });
  try {
    await body(server);
  } finally {
    await server.close();
  }
}

describe('scenarios', () => {
  it.each([
    ['scenario: text-only', { scenario: scenarios['text-only'] }],
    [' Scenario:TEXT-ONLY ', { scenario: scenarios['text-only'] }],
    [
      'scenario: nonsense',
      { problem: expect.stringMatching(/^there is no scenario "nonsense"; there are text-only, /) },
    ],
    ['scenario: toString', { problem: expect.stringMatching(/tostring/) }],
    ['a scenario: text-only', undefined],
    ['scenario', undefined],
  ])('%j asks for one, for none, or for one that is not', (prompt, expected) => {
    expect(scenarioInPrompt(prompt)).toEqual(expected);
  });

  it('that there are not are refused with the names of those that there are', () =>
    withServer({}, async (server) => {
      expect(await ask(server, { prompt: 'scenario: nonsense' })).toMatchObject({
        code: 3,
        details: expect.stringMatching(/^there is no scenario "nonsense"/),
      });
    }));

  it.concurrent.each(Object.keys(scenarios))(
    '%s ends, or stays open until it is cancelled, and leaves nothing',
    (name) =>
      withServer({}, async (server) => {
        const waits = staysOpen.test(name);
        const { code } = await ask(server, { prompt: `scenario: ${name}` }, waits ? 500 : 10_000);

        // Our own cancel, where it was needed, and one scenario that is about this status.
        if (waits || name === 'fails-with-cancelled') expect(code).toBe(1);
        else expect(code).not.toBe(1);
        await vi.waitUntil(() => server.openStreams() === 0, { timeout: 2000 });
      }),
  );

  it.each(Object.keys(profiles) as Profile[])('%s fails before and after data as it is known to', (profile) =>
    withServer({ profile }, async (server) => {
      const before = await ask(server, { prompt: 'scenario: fails-with-unavailable' });
      const after = await ask(server, { prompt: 'scenario: fails-after-data-with-unavailable' });

      const { tellsInMessage, afterData } = profiles[profile];
      expect(before).toMatchObject({ code: 14, details: 'the model failed with unavailable' });
      expect(before.cases).toEqual(tellsInMessage ? ['errorMessage'] : []);
      expect([after.code, ...after.cases]).toEqual(
        {
          silent: [0, 'textChunk', 'audioChunk'],
          message: [0, 'textChunk', 'audioChunk', 'errorMessage'],
          status: [14, 'textChunk', 'audioChunk'],
        }[afterData],
      );
    }),
  );

  it.each<[Profile, readonly (readonly [number, string | undefined])[]]>([
    [
      'jan',
      [
        [0, undefined],
        [0, undefined],
        [0, undefined],
        [0, undefined],
      ],
    ],
    ...(['main', 'v54'] as const).map((profile): [Profile, [number, string][]] => [
      profile,
      [
        [0, "hardware_id is required and must be valid (not empty or 'unknown')"],
        [0, 'session_id is required and must be provided by client'],
        [0, 'session_id is required and must be provided by client'],
        [0, 'unsupported request phase: REQUEST_PHASE_UNSPECIFIED'],
      ],
    ]),
    [
      'docs',
      [
        [3, undefined],
        [0, undefined],
        [0, undefined],
        [3, undefined],
      ],
    ],
  ])('%s checks the fields of a request as it is known to', (profile, expected) =>
    withServer({ profile }, async (server) => {
      const prompt = 'Hello.';
      const seen = [
        await ask(server, { prompt, hardwareId: 'Unknown' }),
        await ask(server, { prompt, sessionId: '' }),
        await ask(server, { prompt, sessionId: 'session-123' }),
        await ask(server, { prompt, phase: 7 }),
      ];

      expect(seen.map(({ code, error }) => [code, error])).toEqual(expected);
    }),
  );

  it('are in the README by their kind, as are profiles and what a proxy may do', () => {
    const readme = readFileSync(new URL('README.md', import.meta.url), 'utf8');

    for (const [name, { what }] of Object.entries(profiles))
      expect(readme).toContain(`- \`${name}\`: ${what}`);
    for (const [name, what] of Object.entries(gatewayFaults))
      expect(readme).toContain(`- \`${name}\`: ${what}`);
    const named = [...readme.matchAll(/`scenario: ([a-z-]+)`/g)].map(([, name]) => name);
    expect(named.length).toBeGreaterThan(5);
    for (const name of named) expect(scenarios).toHaveProperty(String(name));
  });
});
