import { type ChildProcess, fork } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { audioFrame, decodePcm, OptionError, type Upstream, UpstreamError } from 'earshot';
import { streamingService } from 'earshot/adapters/streaming-service';
import { scriptedUpstream, spokenSentence } from 'earshot/testing';
import type { SchedulerLike } from 'rxjs';
import { answersFrom } from '../reference-server/answers.js';
import { promptVoice } from '../reference-server/prompt-voice.js';
import { speechRateHz } from '../reference-server/speech.js';
import type { DemoOptions } from './demo-options.js';
import { answersPath } from './dialogue.js';

/** The service, and how to end it. */
export interface Backend {
  readonly upstream: Upstream;
  close(): Promise<void>;
}

/** How long a server may take to start. Units: ms. */
const startTimeoutMs = 20_000;

/** The reference server in a process of its own, over a real socket. */
export async function startBackend(options: DemoOptions, scheduler: SchedulerLike): Promise<Backend> {
  const main = fileURLToPath(new URL('../reference-server/main.ts', import.meta.url));
  const server = fork(
    main,
    [
      ...[`--port=${options.port}`, '--voice=prompts', `--answers=${answersPath}`],
      `--time-to-first-byte=${options.timeToFirstByteMs}`,
    ],
    { execArgv: ['--import', 'tsx'], stdio: ['ignore', 'ignore', 'pipe', 'ipc'] },
  );
  const port = await portOf(server);
  return {
    upstream: streamingService({ target: `127.0.0.1:${port}`, hardwareId: 'earshot-demo', scheduler }),
    close: () =>
      new Promise((resolve) => {
        if (server.exitCode !== null) return resolve();
        const kill = setTimeout(() => server.kill('SIGKILL'), 3000);
        server.once('exit', () => {
          clearTimeout(kill);
          resolve();
        });
        if (server.connected) server.disconnect();
      }),
  };
}

function portOf(server: ChildProcess): Promise<number> {
  return new Promise((resolve, reject) => {
    let said = '';
    server.stderr?.on('data', (bytes: Buffer) => {
      said = (said + bytes.toString()).slice(-4000);
    });
    const late = setTimeout(() => {
      server.kill('SIGKILL');
      reject(
        new UpstreamError(
          'UPSTREAM_UNREACHABLE',
          `the reference server did not start within ${startTimeoutMs} ms`,
        ),
      );
    }, startTimeoutMs);
    server.once('message', (message: { readonly port: number }) => {
      clearTimeout(late);
      resolve(message.port);
    });
    server.once('exit', (code) => {
      clearTimeout(late);
      const sentence = said
        .trim()
        .split('\n')
        .at(-1)
        ?.replace(/^\[\w+\] /, '');
      reject(new OptionError('OPTION_INVALID', sentence || `the reference server ended with code ${code}`));
    });
  });
}

/** The same answers in the same voice at the same pace, in this process and in virtual time. */
export async function scriptedBackend(options: DemoOptions, scheduler: SchedulerLike): Promise<Backend> {
  const written = JSON.parse(readFileSync(answersPath, 'utf8')) as Record<string, readonly string[]>;
  const answers = answersFrom(written, answersPath);
  const voice = promptVoice(fileURLToPath(new URL('../reference-server/prompts', import.meta.url)));
  const format = { sampleRateHz: speechRateHz, channels: 1 };
  const spoken = new Map(
    await Promise.all(
      Object.values(written)
        .flat()
        .map(async (text) => {
          const speech = await voice.speak(text);
          const bytes = new Uint8Array(speech.buffer, speech.byteOffset, speech.byteLength);
          return [text, audioFrame(format, decodePcm(bytes, 's16'), 0)] as const;
        }),
    ),
  );
  const upstream = scriptedUpstream({
    scheduler,
    answer: ({ text }) => {
      const { sentences = [] } = answers(text) ?? {};
      return [
        ...sentences.flatMap((sentence, index) => {
          const audio = spoken.get(sentence);
          if (!audio)
            throw new OptionError(
              'OPTION_INVALID',
              `demo: there is no prompt for ${JSON.stringify(sentence)}`,
            );
          return spokenSentence({
            text: sentence,
            audio,
            afterMs: index === 0 ? options.timeToFirstByteMs : 0,
          });
        }),
        { type: 'end' as const },
      ];
    },
  });
  return { upstream, close: () => Promise.resolve() };
}
