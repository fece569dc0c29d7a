import { type ChildProcess, fork } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { audioFrame, decodePcm, OptionError, type Upstream, UpstreamError } from 'earshot';
import { streamingService } from 'earshot/adapters/streaming-service';
import { scriptedUpstream, spokenSentence } from 'earshot/testing';
import type { SchedulerLike } from 'rxjs';
import { answersFrom } from '../reference-server/answers.js';
import { promptVoice } from '../reference-server/prompt-voice.js';
import { speechRateHz } from '../reference-server/speech.js';
import { promptsFolder, referenceServer } from './demo-files.js';
import type { DemoOptions } from './demo-options.js';
import { answersPath } from './dialogue.js';

/** The service, and how to end it. */
export interface Backend {
  readonly upstream: Upstream;
  close(): Promise<void>;
}

/** How long a server may take to start. Units: ms. */
const startTimeoutMs = 20_000;

/**
 * The reference server in a process of its own, over a real socket.
 *
 * @param isTextOnly - whether it sends text without audio, since something else speaks it.
 */
export async function startBackend(
  options: DemoOptions,
  scheduler: SchedulerLike,
  isTextOnly: boolean,
): Promise<Backend> {
  const { file, nodeOptions } = referenceServer();
  const server = fork(
    file,
    [
      ...[
        `--port=${options.port}`,
        '--voice=prompts',
        `--prompts=${promptsFolder}`,
        `--answers=${answersPath}`,
      ],
      `--time-to-first-byte=${options.timeToFirstByteMs}`,
      ...(isTextOnly ? ['--text-only'] : []),
    ],
    { execArgv: [...nodeOptions], stdio: ['ignore', 'ignore', 'pipe', 'ipc'] },
  );
  const port = await portOf(server);
  return {
    upstream: streamingService({ target: `127.0.0.1:${port}`, hardwareId: 'earshot-demo', scheduler }),
    close: () =>
      new Promise((resolve) => {
        // Ended already; by a signal, it has no exit code.
        if (server.exitCode !== null || server.signalCode !== null) return resolve();
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
    server.once('error', (cause) => {
      clearTimeout(late);
      const what = `the reference server could not be started (${cause.message})`;
      reject(new UpstreamError('UPSTREAM_UNREACHABLE', what, { cause }));
    });
    server.once('exit', (code, signal) => {
      const fail = () => {
        clearTimeout(late);
        reject(whyItEnded(said, code === null ? `by ${signal}` : `with code ${code}`));
      };
      // What it said may still be in the pipe.
      if (server.stderr?.readableEnded === false) server.stderr.once('end', fail);
      else fail();
    });
  });
}

/** Its own sentence where it gave one; a stack trace is none. */
function whyItEnded(said: string, how: string): OptionError | UpstreamError {
  const sentence = said.split('\n').findLast((line) => /^\[[A-Z_]+\] /.test(line));
  return sentence === undefined
    ? new UpstreamError('UPSTREAM_UNREACHABLE', `the reference server ended ${how}`)
    : new OptionError('OPTION_INVALID', sentence.replace(/^\[[A-Z_]+\] /, ''));
}

/** The same answers in the same voice at the same pace, in this process and in virtual time. */
export async function scriptedBackend(options: DemoOptions, scheduler: SchedulerLike): Promise<Backend> {
  const written = JSON.parse(readFileSync(answersPath, 'utf8')) as Record<string, readonly string[]>;
  const answers = answersFrom(written, answersPath);
  const voice = promptVoice(promptsFolder);
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
