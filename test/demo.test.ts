import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readWav, writeWav } from '../src/index.js';

const root = fileURLToPath(new URL('..', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'earshot-demo-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

interface Place {
  readonly cwd?: string;
  /** A module that is loaded into the process first. */
  readonly preload?: string;
  readonly timeout?: number;
  readonly env?: Readonly<Record<string, string>>;
}

function run(script: string, args: readonly string[], place: Place = {}): Promise<Ended> {
  const { cwd = root, preload, timeout = 120_000, env = {} } = place;
  const imports = [import.meta.resolve('tsx'), ...(preload === undefined ? [] : [preload])];
  return new Promise((resolve) => {
    execFile(
      process.execPath,
      [...imports.flatMap((module) => ['--import', module]), join(root, script), ...args],
      // The paths of the project's tsconfig hold wherever the command is started.
      {
        cwd,
        timeout,
        killSignal: 'SIGKILL',
        maxBuffer: 1 << 24,
        env: { ...process.env, TSX_TSCONFIG_PATH: join(root, 'tsconfig.json'), ...env },
      },
      (error, stdout, stderr) =>
        resolve({ code: typeof error?.code === 'number' ? error.code : error ? -1 : 0, stdout, stderr }),
    );
  });
}
const demo = (...args: string[]) => run('examples/demo/main.ts', args);

describe('the demo, in virtual time', () => {
  const out = join(folder, 'fast');
  let first: Ended;
  let summary: { readonly [key: string]: never };
  beforeAll(async () => {
    first = await demo('--fast', '--json', '--out', out);
    summary = JSON.parse(first.stdout || '{}');
  }, 120_000);

  it('answers every turn and is silenced by every barge-in', () => {
    expect(first.stderr).toBe('');
    expect(first.code).toBe(0);
    expect(summary).toMatchObject({
      ok: true,
      problems: [],
      totals: { turns: 5, answered: 5, bargeIns: 2, coughs: 1, fillers: 5 },
      turns: [
        { outcome: 'answered' },
        { outcome: 'answered', revision: 2, earlierRevisions: [{ outcome: 'reopened' }] },
        { outcome: 'interrupted' },
        { outcome: 'answered' },
        { outcome: 'answered' },
      ],
      bargeIns: [{ kind: 'filler' }, { kind: 'reply' }],
    });
  });

  it('leaves recordings of the same length, events, summary and a page that needs nothing else', () => {
    const length = (name: string) => readFileSync(join(out, name)).length;
    expect(Math.abs(length('microphone.wav') - length('loudspeaker.wav'))).toBeLessThanOrEqual(
      48_000 * 2 * 0.05,
    );
    const events = readFileSync(join(out, 'events.jsonl'), 'utf8')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(events.filter(({ type }) => type === 'barge-in').length).toBeGreaterThanOrEqual(2);
    expect(JSON.parse(readFileSync(join(out, 'summary.json'), 'utf8'))).toEqual(summary);
    expect(readFileSync(join(out, 'timeline.html'), 'utf8')).not.toMatch(/(src|href)="(?!#|data:)/);
  });

  it('holds what the issue of latency asks for, measured in the recordings by code that is not ours', async () => {
    const measured = await run('examples/demo/measure-demo.ts', [out]);
    expect(measured.stdout).not.toContain('FAILED');
    expect(measured.code).toBe(0);
  }, 120_000);

  it('comes out the same every time', async () => {
    const again = join(folder, 'again');
    expect((await demo('--fast', '--json', '--out', again)).code).toBe(0);
    for (const name of ['microphone.wav', 'loudspeaker.wav', 'summary.json']) {
      expect(readFileSync(join(again, name)).equals(readFileSync(join(out, name))), name).toBe(true);
    }
  }, 120_000);
});

describe('the demo with an open loudspeaker', () => {
  const out = join(folder, 'open');
  let ended: Ended;
  let summary: { readonly [key: string]: never };
  beforeAll(async () => {
    ended = await demo('--fast', '--json', '--echo', '0', '--out', out);
    summary = JSON.parse(ended.stdout || '{}');
  }, 120_000);

  it('hears itself as loud as it speaks, and is interrupted by nobody but the person', () => {
    expect([ended.code, ended.stderr]).toEqual([0, '']);
    expect(summary).toMatchObject({
      ok: true,
      echoDb: 0,
      totals: { turns: 5, answered: 5, bargeIns: 2, coughs: 1 },
    });
    const samplesOf = (name: string) => readWav(readFileSync(join(out, name))).samples;
    const [microphone, person, loudspeaker] = ['microphone', 'person', 'loudspeaker'].map((name) =>
      samplesOf(`${name}.wav`),
    ) as [Float32Array, Float32Array, Float32Array];
    const powerOf = (samples: Float32Array) => samples.reduce((sum, sample) => sum + sample ** 2, 0);
    const echo = microphone.map((sample, i) => sample - (person[i] ?? 0));
    expect(10 * Math.log10(powerOf(echo) / powerOf(loudspeaker))).toBeGreaterThan(-3);
  });

  it('keeps what it promises over an echo, measured in the recordings by code that is not ours', async () => {
    const measured = await run('examples/demo/measure-demo.ts', [out]);
    expect(measured.stdout).not.toContain('FAILED');
    expect(measured.code).toBe(0);
    expect(readFileSync(join(out, 'timeline.html'), 'utf8')).toContain('open loudspeaker');
  }, 120_000);
});

describe('the demo with a recording of the user', () => {
  const question = join(root, 'examples/demo/assets/go-forward.wav');

  it('plays it to its end, however long nobody speaks in it', async () => {
    const late = join(folder, 'late.wav');
    const speech = readWav(readFileSync(question));
    const { sampleRateHz } = speech.format;
    const samples = new Float32Array(50 * sampleRateHz + speech.samples.length);
    samples.set(speech.samples, 50 * sampleRateHz);
    writeFileSync(late, writeWav(speech.format, samples));
    const segments = [{ startMs: 50_000, endMs: 51_700, text: 'Go forward ten meters.' }];
    writeFileSync(join(folder, 'late.transcript.json'), JSON.stringify({ segments }));

    const ended = await demo('--fast', '--microphone', late, '--out', join(folder, 'late'));

    expect(ended.stderr).toBe('');
    expect(ended.stdout).toContain('1 turn, 1 answered');
    expect(ended.stdout).toContain('every turn was answered');
    expect(ended.code).toBe(0);
  }, 120_000);

  it('ends when the conversation does, over a real socket, from another working directory', async () => {
    const args = ['--microphone', question, '--time-to-first-byte', '300', '--out', 'elsewhere'];
    // Less than the patience of the speaker of the dialogue, who is not asked.
    const ended = await run('examples/demo/main.ts', args, { cwd: folder, timeout: 38_000 });

    expect(ended.stderr).toBe('');
    expect(ended.stdout).toContain('1 turn, 1 answered');
    expect(ended.code).toBe(0);
    expect(existsSync(join(folder, 'elsewhere', 'summary.json'))).toBe(true);
  }, 60_000);

  /** Loaded into the demo: does this when the server, `child`, is ready. */
  const whenServed = (what: string) =>
    `data:text/javascript,${encodeURIComponent(`
      import { existsSync } from 'node:fs';
      import { subscribe } from 'node:diagnostics_channel';
      subscribe('child_process', ({ process: child }) => child.once('message', ({ port }) => {
        if (port) { ${what} }
      }));`)}`;

  it('reports, with exit code 1, when the server is killed', async () => {
    const out = join(folder, 'killed');
    const preload = whenServed(`child.kill('SIGKILL')`);
    const ended = await run('examples/demo/main.ts', ['--microphone', question, '--out', out], { preload });

    expect(ended.stdout).toContain('turn-1 was not answered');
    expect(ended.stdout).toContain('1 turn, 0 answered');
    expect(ended.code).toBe(1);
    const failed = readFileSync(join(out, 'events.jsonl'), 'utf8')
      .split('\n')
      .filter((line) => line.includes('"turn-failed"'));
    expect(failed[0]).toContain('"message":"[UPSTREAM_');
    const { degraded } = JSON.parse(readFileSync(join(out, 'summary.json'), 'utf8'));
    expect(degraded).toEqual([
      { fromMs: expect.any(Number), toMs: null, why: expect.stringMatching(/^\[UPSTREAM_/), turnsLost: null },
    ]);
    expect(ended.stdout).toMatch(/lost {4}the service cannot be reached: \[UPSTREAM_/);
    expect(ended.stdout).toMatch(/^the service could not be reached from \d+\.\d s on$/m);
    expect(readFileSync(join(out, 'timeline.html'), 'utf8')).toContain('"label":"service lost"');
  }, 120_000);

  it('writes what there is, with exit code 130, when it is interrupted', async () => {
    const out = join(folder, 'interrupted');
    const preload = whenServed(`
      const opened = setInterval(() => {
        if (!existsSync(${JSON.stringify(join(out, 'loudspeaker.wav'))})) return;
        clearInterval(opened);
        process.kill(process.pid, 'SIGINT');
      }, 20);`);
    const ended = await run('examples/demo/main.ts', ['--out', out], { preload });

    expect(ended.stderr).toBe('');
    expect(ended.code).toBe(130);
    const summary = JSON.parse(readFileSync(join(out, 'summary.json'), 'utf8')) as { problems: string[] };
    expect(summary.problems).toContain('the conversation was stopped by SIGINT');
    for (const name of ['events.jsonl', 'timeline.html'])
      expect(existsSync(join(out, name)), name).toBe(true);
  }, 120_000);
});

describe('the demo refuses what it cannot use, with one sentence and exit code 2', () => {
  const noWav = join(folder, 'no.wav');
  writeFileSync(noWav, 'this is a text, not a sound');
  writeFileSync(join(folder, 'no.transcript.json'), '{ "segments": [] }');
  const untold = join(folder, 'untold.wav');
  writeFileSync(untold, readFileSync(join(root, 'examples/demo/assets/go-forward.wav')));
  const refused = async (pattern: RegExp, ...args: string[]) => {
    const { code, stdout, stderr } = await demo('--json', '--out', join(folder, 'refused'), ...args);
    expect(stderr.trim().split('\n')).toHaveLength(1);
    expect(stderr).toMatch(pattern);
    expect(stdout).toBe('');
    expect(code).toBe(2);
  };

  it(
    'a WAV that is none',
    () => refused(/no\.wav cannot be played: expected a WAV file/, '--fast', '--microphone', noWav),
    60_000,
  );
  it(
    'a recording that is not there, whether or not its transcript is',
    () => refused(/there is no recording .*none\.wav/, '--microphone', join(folder, 'none.wav')),
    60_000,
  );
  it(
    'a recording without a transcript',
    () => refused(/untold\.transcript\.json cannot be read/, '--microphone', untold),
    60_000,
  );
  it(
    'a negative threshold',
    () =>
      refused(/startThreshold must be a number from 0.01 to 1, but is -0.3/, '--fast', '--threshold', '-0.3'),
    60_000,
  );
  it(
    'an unknown voice',
    () => refused(/there is no voice "nobody" .* it has: allison/, '--voice', 'nobody'),
    60_000,
  );
  it(
    'a wait below zero',
    () =>
      refused(/timeToFirstByteMs must be a number from 0 to 600000, but is -1/, '--time-to-first-byte', '-1'),
    60_000,
  );
  it('an option that is none', () => refused(/Unknown option '--bogus'; see --help/, '--bogus'), 60_000);
  it(
    'a folder that cannot be written',
    () => refused(/cannot write to .*; choose another --out/, '--out', join(noWav, 'out')),
    60_000,
  );

  /** A machine on which none of the programs of a sound system is installed. */
  const withoutPrograms = (...args: string[]) =>
    run('examples/demo/main.ts', ['--out', join(folder, 'refused'), ...args], {
      env: { PATH: '', PULSE_SERVER: 'unix:/nowhere' },
    });

  it('a virtual kiosk where there can be none, and names the packages', async () => {
    const { code, stdout, stderr } = await withoutPrograms('--virtual-kiosk');

    expect(stderr.trim().split('\n')).toHaveLength(1);
    expect(stderr).toMatch(/lacks pulseaudio, .*; apt-get install pulseaudio pulseaudio-utils$/m);
    expect(stdout).toBe('');
    expect(code).toBe(2);
  }, 60_000);

  it('devices where there are none, after it has said what it can do with them', async () => {
    const { code, stdout, stderr } = await withoutPrograms('--device', 'auto');

    expect(stdout).toMatch(/^What you say is not understood yet/);
    expect(stderr).toMatch(/^\[[A-Z_]+\] .*; .*\n$/);
    expect(code).toBe(2);
  }, 60_000);

  it(
    'devices in virtual time',
    () => refused(/--fast cannot be combined with --device: virtual time/, '--fast', '--device', 'auto'),
    60_000,
  );

  it('a port in use', async () => {
    const taken = createServer();
    await new Promise<void>((resolve) => taken.listen(0, '127.0.0.1', resolve));
    const { port } = taken.address() as { readonly port: number };
    try {
      await refused(new RegExp(`port ${port} of 127.0.0.1 is in use`), '--port', String(port));
    } finally {
      taken.close();
    }
    expect(existsSync(join(folder, 'refused', 'summary.json'))).toBe(false);
  }, 60_000);
});
