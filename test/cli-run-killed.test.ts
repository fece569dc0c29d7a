import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type ReferenceServer, startReferenceServer } from '../examples/reference-server/reference-server.js';
import { readWav } from '../src/core/audio/wav.js';
import { projectFolder } from './support/project.js';
import { randomOf } from './support/random.js';
import { killCommands, startEarshot } from './support/run-command.js';
import { syntheticKokoro } from './support/synthetic-models/kokoro-model.js';
import { type ModelHub, startModelHub } from './support/synthetic-models/model-hub.js';
import { padded } from './support/synthetic-models/onnx-writer.js';

/** How often it is killed. Each kill takes some 3 s; 50 of them are a matter of `EARSHOT_KILLS=50`. */
const kills = Number(process.env['EARSHOT_KILLS'] ?? 3);
/** So long a run takes when nobody kills it, about. Units: ms. */
const lifeMs = 6000;
/** After so many the model is gone again, and has to be downloaded anew. */
const killsPerDownload = 4;

const repo = 'someone/Kokoro-small';
const quick = syntheticKokoro();
const files = {
  ...quick,
  'onnx/model_quantized.onnx': padded(quick['onnx/model_quantized.onnx'] as Uint8Array, 30_000_000),
};
const folder = mkdtempSync(join(tmpdir(), 'earshot-killed-'));
const at = (name: string): string => join(folder, name);
const store = at('store');
const question = join(projectFolder, 'examples/demo/assets/go-forward');

let hub: ModelHub;
let server: ReferenceServer;
beforeAll(async () => {
  hub = await startModelHub({ repo, files });
  server = await startReferenceServer({
    ...{ voice: 'prompts', isTextOnly: true, timeToFirstByteMs: 100 },
    answers: () => ({ sentences: ['I am on my way.'] }),
  });
  const config = {
    upstream: { target: `127.0.0.1:${server.port}`, hardwareId: 'kiosk-1' },
    transcriber: { engine: 'scripted', sidecarPath: `${question}.transcript.json` },
    devices: { kind: 'wav-file', microphone: `${question}.wav`, loudspeaker: at('answer.wav') },
    // JSON is YAML.
    voice: {
      ladder: [{ engine: 'kokoro', model: repo, store, source: hub.source, dtype: 'q8', threads: 1 }],
    },
    pipeline: { endpointing: { minSilenceMs: 400 } },
  };
  writeFileSync(at('earshot.yaml'), JSON.stringify(config));
});
afterAll(async () => {
  killCommands();
  await server.close();
  await hub.close();
  rmSync(folder, { recursive: true, force: true });
});

const run = (life: string) =>
  startEarshot(['run', at('earshot.yaml'), '--json'], undefined, { ...process.env, EARSHOT_LIFE: life });

/** Processes that were started in this life and are still there. */
function left(life: string): readonly string[] {
  return readdirSync('/proc').filter((pid) => {
    if (!/^\d+$/.test(pid)) return false;
    try {
      return readFileSync(`/proc/${pid}/environ`, 'latin1').includes(`EARSHOT_LIFE=${life}\0`);
    } catch {
      return false;
    }
  });
}

/** Files that have the name of a whole one and are not what the hub has; what is being written has another name. */
function spoilt(): readonly string[] {
  const root = join(store, repo, 'main');
  if (!existsSync(root)) return [];
  return readdirSync(root, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(root, join(entry.parentPath, entry.name)))
    .filter((name) => {
      const whole = (files as Readonly<Record<string, Uint8Array>>)[name];
      return whole !== undefined && !readFileSync(join(root, name)).equals(whole);
    });
}

it.runIf(process.platform === 'linux')(
  'is killed at any moment of a conversation, while a model comes and a recording is written: no file is half written, nothing is left running, and the next start is clean',
  async () => {
    const random = randomOf(Date.now());
    const log: string[] = [];
    for (let kill = 0; kill < kills; kill += 1) {
      if (kill % killsPerDownload === 0) rmSync(store, { recursive: true, force: true });
      const life = `${process.pid}-${kill}`;
      const { child, finished, said } = run(life);
      const afterMs = random.integer(0, lifeMs);
      await Promise.race([wait(afterMs), finished]);
      child.kill('SIGKILL');
      const { code } = await finished;
      const stage = said.stdout.match(/"type":"(\w+-\w+)"/g)?.at(-1) ?? 'before the loop ran';
      log.push(`killed after ${afterMs} ms (${stage})`);
      expect([null, 0], `${log.join('\n')}\n${said.stderr}`).toContain(code);
      expect(said.stderr, log.join('\n')).not.toMatch(/level=ERROR scope=(run|engine)/);
      expect(spoilt(), log.join('\n')).toEqual([]);
      if (existsSync(at('answer.wav'))) {
        const bytes = readFileSync(at('answer.wav'));
        if (bytes.length > 0) expect(readWav(bytes).warnings, log.join('\n')).toEqual([]);
      }
      await expect.poll(() => left(life), { timeout: 10_000, message: log.join('\n') }).toEqual([]);
    }
    if (process.env['EARSHOT_KILLS']) console.log(log.join('\n'));

    const { code, stdout, stderr } = await run('the last').finished;
    expect(code, stderr).toBe(0);
    expect(stdout).toMatch(/"type":"playout-ended".*"reason":"heard"/);
    expect(readdirSync(join(store, repo, 'main'), { recursive: true })).toContain(
      'onnx/model_quantized.onnx',
    );
    expect(spoilt()).toEqual([]);
  },
  60_000 + 20_000 * kills,
);
