/**
 * What a StreamingService costs beside bare grpc-js calls, and what it leaves behind: nothing.
 *
 * Run: npx tsx bench/streaming-service.bench.ts
 * The server is the reference server in a process of its own. 10,000 conversations one after the other, each with a
 * session and a connection of its own; then 50 at once, 20 times; then turns of one long session. Ours and the peer's
 * by turns, in the same run. Takes about a minute. Ends with 1 when something grew.
 */
import { fork } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { cpus } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { Client, credentials } from '@grpc/grpc-js';
import { Subject } from 'rxjs';
import { streamingService, streamingServiceDefinition } from '../src/adapters/streaming-service/index.js';
import type { UpstreamRequest } from '../src/index.js';

const conversations = 10_000;
const batch = 100;
const parallel = 50;
const parallelRounds = 20;
const turns = 2000;
const warmUp = 500;
/** Two messages of text, so that what is measured is the client and not the making of audio. */
const shortPrompt = 'scenario: text-only';
/** A second and a half of speech in some fifty messages. */
const spokenPrompt = 'Hello.';
/** More than this is growth. One conversation that leaves 500 bytes behind would be 5 MB. */
const limits = { heapMb: 3, rssMb: 60, timers: 0, sockets: 0, listeners: 0 };

/** One way to hold conversations. */
interface Contender {
  /** One conversation from nothing to nothing. @returns ms from the question to the first message, and to the end */
  converse(prompt: string): Promise<Timing>;
  /** Turns of one long conversation. */
  open(): { ask(prompt: string): Promise<Timing>; close(): void };
}

interface Timing {
  readonly firstMs: number;
  readonly endMs: number;
}

function earshot(target: string): Contender {
  const service = streamingService({ target, hardwareId: 'bench' });
  const open = () => {
    const requests$ = new Subject<UpstreamRequest>();
    let onFirst = (): void => undefined;
    let onEnd: (problem?: string) => void = () => undefined;
    const session = service.openSession(requests$).subscribe((event) => {
      if (event.type === 'reply-started') onFirst();
      else if (event.type === 'reply-ended') onEnd(event.reason === 'complete' ? undefined : event.reason);
      else if (event.type === 'turn-failed') onEnd(event.error.message);
    });
    let asked = 0;
    return {
      ask(prompt: string): Promise<Timing> {
        asked += 1;
        const turn = { turnId: `turn-${asked}`, revision: 1 };
        const startMs = performance.now();
        let firstMs = Number.NaN;
        return new Promise((resolve, reject) => {
          onFirst = () => {
            firstMs = performance.now() - startMs;
          };
          onEnd = (problem) =>
            problem === undefined
              ? resolve({ firstMs, endMs: performance.now() - startMs })
              : reject(new Error(problem));
          requests$.next({ type: 'turn-text', ...turn, text: prompt });
          requests$.next({ type: 'turn-ended', ...turn });
        });
      },
      close: () => session.unsubscribe(),
    };
  };
  return { open, converse: (prompt) => converseOnce(open(), prompt) };
}

function bareGrpc(target: string): Contender {
  const { path, requestSerialize, responseDeserialize } = streamingServiceDefinition.streamAudio;
  const open = () => {
    const client = new Client(target, credentials.createInsecure(), { 'grpc.use_local_subchannel_pool': 1 });
    return {
      ask(prompt: string): Promise<Timing> {
        const startMs = performance.now();
        let firstMs = Number.NaN;
        const request = { prompt, hardwareId: 'bench', sessionId: randomUUID() };
        const call = client.makeServerStreamRequest(path, requestSerialize, responseDeserialize, request);
        call.once('data', () => {
          firstMs = performance.now() - startMs;
        });
        call.on('data', () => undefined);
        return new Promise((resolve, reject) => {
          call.on('error', reject);
          call.on('end', () => resolve({ firstMs, endMs: performance.now() - startMs }));
        });
      },
      close: () => client.close(),
    };
  };
  return { open, converse: (prompt) => converseOnce(open(), prompt) };
}

async function converseOnce(conversation: ReturnType<Contender['open']>, prompt: string): Promise<Timing> {
  try {
    return await conversation.ask(prompt);
  } finally {
    conversation.close();
  }
}

/** What this process holds. */
interface Holding {
  readonly heapMb: number;
  readonly rssMb: number;
  readonly timers: number;
  readonly sockets: number;
  readonly listeners: number;
}

setFlagsFromString('--expose-gc');
const collectGarbage: () => void = runInNewContext('gc');

async function holding(): Promise<Holding> {
  // Sockets close behind a FIN that has to come back, and garbage of garbage needs a second round.
  for (let round = 0; round < 4; round += 1) {
    await sleep(250);
    collectGarbage();
  }
  const { heapUsed, external, rss } = process.memoryUsage();
  const active = process.getActiveResourcesInfo();
  const emitters = [process, process.stdout, process.stderr];
  return {
    heapMb: (heapUsed + external) / 1e6,
    rssMb: rss / 1e6,
    timers: active.filter((name) => name === 'Timeout' || name === 'Immediate').length,
    sockets: active.filter((name) => name.startsWith('TCP')).length,
    listeners: emitters.reduce(
      (sum, emitter) =>
        sum + emitter.eventNames().reduce((more, name) => more + emitter.listenerCount(name), 0),
      0,
    ),
  };
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}

const timingOf = (all: readonly Timing[]) => ({
  firstMs: median(all.map(({ firstMs }) => firstMs)),
  endMs: median(all.map(({ endMs }) => endMs)),
});

async function startServer() {
  const main = fileURLToPath(new URL('../examples/reference-server/main.ts', import.meta.url));
  const options = {
    port: 0,
    voice: 'prompts',
    'time-to-first-byte': 0,
    'delivery-rate': 1000,
    'max-streams': 1000,
  };
  const child = fork(
    main,
    Object.entries(options).map(([name, value]) => `--${name}=${value}`),
    { execArgv: ['--import', 'tsx'], stdio: ['ignore', 'ignore', 'inherit', 'ipc'] },
  );
  const [{ port }] = (await once(child, 'message')) as [{ port: number }];
  return {
    target: `127.0.0.1:${port}`,
    async counts() {
      child.send('counts');
      const [{ counts }] = await once(child, 'message');
      return counts as { open: number; begun: number; cancelled: number; connections: number };
    },
    async close() {
      const exited = once(child, 'exit');
      child.disconnect();
      await exited;
    },
  };
}

type Server = Awaited<ReturnType<typeof startServer>>;
type Contenders = { readonly ours: Contender; readonly peer: Contender };
type Timings = { readonly ours: Timing; readonly peer: Timing };

/** Each contender in batches by turns, so that both see the same machine. */
async function byTurns(
  contenders: Contenders,
  total: number,
  one: (contender: Contender, count: number) => Promise<readonly Timing[]>,
): Promise<Timings> {
  const all = { ours: [] as Timing[], peer: [] as Timing[] };
  for (let done = 0; done < total; done += batch) {
    for (const name of ['ours', 'peer'] as const) all[name].push(...(await one(contenders[name], batch)));
  }
  return { ours: timingOf(all.ours), peer: timingOf(all.peer) };
}

async function inSequence(contender: Contender, count: number): Promise<Timing[]> {
  const timings: Timing[] = [];
  for (let index = 0; index < count; index += 1) timings.push(await contender.converse(shortPrompt));
  return timings;
}

async function inOneSession(contender: Contender, count: number): Promise<Timing[]> {
  const conversation = contender.open();
  const timings: Timing[] = [];
  try {
    // The first one connects.
    await conversation.ask(shortPrompt);
    for (let index = 0; index < count; index += 1) timings.push(await conversation.ask(shortPrompt));
  } finally {
    conversation.close();
  }
  return timings;
}

const atOnce = (contender: Contender) =>
  Promise.all(Array.from({ length: parallel }, () => contender.converse(spokenPrompt)));

/** One kind of use: what it took, and what it left. */
interface Measured {
  readonly use: string;
  readonly ours: Timing;
  readonly peer: Timing;
}

async function bench(server: Server) {
  const ours = earshot(server.target);
  const peer = bareGrpc(server.target);
  const contenders = { ours, peer };
  await inSequence(ours, warmUp);
  await inSequence(peer, warmUp);
  for (let round = 0; round < 3; round += 1) await atOnce(ours);

  // Ours alone between the two looks, so that what grows is ours.
  const before = await holding();
  const alone = timingOf(await inSequence(ours, conversations));
  const afterSequence = await holding();
  for (let round = 0; round < parallelRounds; round += 1) await atOnce(ours);
  const afterParallel = await holding();
  const counts = await server.counts();

  const measured: Measured[] = [];
  const add = (use: string, timings: Timings) => measured.push({ use, ...timings });
  add('a conversation with its own connection', await byTurns(contenders, 2000, inSequence));
  add('a turn of a long session', await byTurns(contenders, turns, inOneSession));
  add(
    `one of ${parallel} spoken answers at once`,
    await byTurns(contenders, 5 * batch, (contender) => atOnce(contender)),
  );
  return { before, afterSequence, afterParallel, counts, alone, measured };
}

const server = await startServer();
const { before, afterSequence, afterParallel, counts, alone, measured } = await bench(server);
const ms = (value: number) => Number(value.toFixed(2));

console.log(`Node ${process.version}, ${cpus()[0]?.model}, ${cpus().length} cores; medians, in ms`);
console.table(
  measured.map(({ use, ours, peer }) => ({
    use,
    'first message': ms(ours.firstMs),
    'bare grpc-js': ms(peer.firstMs),
    ratio: ms(ours.firstMs / peer.firstMs),
    end: ms(ours.endMs),
    'bare grpc-js ': ms(peer.endMs),
    'ratio ': ms(ours.endMs / peer.endMs),
  })),
);
console.log(`${conversations} conversations one after the other: ${ms(alone.endMs)} ms each (median)`);
console.table({
  before,
  [`after ${conversations} one after the other`]: afterSequence,
  [`after ${parallelRounds} times ${parallel} at once`]: afterParallel,
});
console.log(
  `on the server: ${counts.begun} calls, ${counts.open} open, ${counts.cancelled} cancelled, ${counts.connections} connections`,
);

const grown = Object.entries(limits).flatMap(([what, limit]) => {
  const name = what as keyof Holding;
  const growth = Math.max(afterSequence[name], afterParallel[name]) - before[name];
  return growth > limit ? [`${what} grew by ${growth.toFixed(1)}, more than ${limit}`] : [];
});
if (counts.open > 0) grown.push(`${counts.open} calls are open on the server`);
if (grown.length > 0) {
  console.error(grown.join('; '));
  process.exitCode = 1;
}
await server.close();
