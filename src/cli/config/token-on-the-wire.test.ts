import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { status } from '@grpc/grpc-js';
import { lastValueFrom, toArray } from 'rxjs';
import { afterEach, describe, expect, it } from 'vitest';
import { projectFolder } from '../../../test/support/project.js';
import { type StreamBehaviour, startStreamServer } from '../../../test/support/stream-server.js';
import { logLines } from '../../adapters/streaming-service/index.js';
import { monotonicScheduler } from '../../devices/clock/index.js';
import { createVoicePipeline, isVoiceError, pipelineLogLines } from '../../index.js';
import { composePipeline } from './compose-pipeline.js';
import type { EarshotConfig } from './earshot-config.js';
import { readConfig } from './read-config.js';
import { secretsOf } from './service-init.js';

const token = 'lobby-7-opens-the-door';
const cleanUps: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp();
});

/** One question, asked of a real server by what a config describes; what came there, and all that was told here. */
async function asked(behaviour: StreamBehaviour) {
  const folder = mkdtempSync(join(tmpdir(), 'earshot-token-'));
  cleanUps.push(() => rmSync(folder, { recursive: true, force: true }));
  for (const name of ['wav', 'transcript.json']) {
    cpSync(`${projectFolder}examples/demo/assets/go-forward.${name}`, join(folder, `question.${name}`));
  }
  const received: unknown[] = [];
  const server = await startStreamServer((call, nth) => {
    received.push(...call.metadata.get('authorization'));
    behaviour(call, nth);
  });
  cleanUps.push(server.close);
  const text = `upstream:
  target: 127.0.0.1:${server.port}
  hardwareId: kiosk-1
  maxRetries: 0
  metadata: { authorization: { env: TOKEN, prefix: 'Bearer ' } }
transcriber: { engine: scripted, sidecarPath: question.transcript.json }
devices: { kind: wav-file, microphone: question.wav, loudspeaker: answer.wav }
fillers: off
`;
  const { config } = readConfig(text, { env: { TOKEN: token }, readFile: () => '' });
  const { composed } = await composePipeline(config as EarshotConfig, {
    scheduler: monotonicScheduler(),
    folder,
  });
  if (!composed) throw new Error('the pipeline was not composed');
  cleanUps.push(composed.close);
  const { ports, options, service } = composed;
  const pipeline = createVoicePipeline(ports, options);
  const serviceEvents: Parameters<ReturnType<typeof logLines>>[0][] = [];
  service.events$.subscribe((event) => serviceEvents.push(event));
  const events = await lastValueFrom(pipeline.events$.pipe(toArray()));

  const logged = { minLevel: 'debug', showText: true, secrets: secretsOf(config as EarshotConfig) } as const;
  const lineOf = pipelineLogLines(logged);
  const serviceLineOf = logLines(logged);
  const lines = [
    ...events.map((event) => lineOf(event, 0)),
    ...serviceEvents.map((event) => serviceLineOf(event, 0)),
  ];
  return {
    config,
    received,
    events,
    serviceEvents,
    lines: lines.filter((line) => line !== undefined),
    server,
  };
}

const isWhole = (text: string) => text.length > 100;

describe('a token that a config takes from the environment', () => {
  it('comes to the service with its prefix, and is in no event, no log line and no config that is printed', async () => {
    const { config, received, events, serviceEvents, lines } = await asked((call) => {
      call.write({ content: { case: 'textChunk', value: 'Here I go.' } });
      call.end();
    });
    expect(received).toEqual([`Bearer ${token}`]);
    expect(events.map(({ type }) => type)).toContain('reply-text');
    expect(lines.length).toBeGreaterThan(10);

    const printed = [
      JSON.stringify(config),
      inspect(config, { depth: 20, showHidden: true }),
      String(config),
      ...lines,
      ...[...events, ...serviceEvents].map((event) => inspect(event, { depth: 20, showHidden: true })),
    ];
    expect(printed.slice(0, 2).every(isWhole)).toBe(true);
    for (const text of printed) expect(text).not.toContain(token);
    expect(printed[0]).toContain('(from the environment variable TOKEN)');
  });

  it('is in no log line even where the service shows it, with its prefix or without', async () => {
    const { received, events, lines } = await asked((call) => {
      const details = `the token ${token} of "Bearer ${token}" has expired`;
      call.emit('error', Object.assign(new Error(details), { code: status.UNAUTHENTICATED, details }));
    });
    expect(received).toEqual([`Bearer ${token}`]);
    const failed = events.find((event) => event.type === 'turn-failed');
    expect(isVoiceError(failed?.error) && failed.error.message).toContain('has expired');
    const line = lines.find((each) => each.includes('method=turn-failed'));
    expect(line).toContain('has expired');
    for (const each of lines) expect(each).not.toContain(token);
  });
});
