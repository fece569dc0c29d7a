import { describe, expect, it } from 'vitest';
import { makeCertificate } from '../../../test/support/certificates.js';
import { codeBlocks } from '../../../test/support/markdown.js';
import { readProjectFile } from '../../../test/support/project.js';
import { problemLine } from './config-problem.js';
import { readConfig } from './read-config.js';
import type { ConfigSurroundings } from './referenced-text.js';

const outside: ConfigSurroundings = {
  env: { TOKEN: 'abc-secret-123' },
  readFile(path) {
    if (path === 'token') return 'from-a-file\n';
    throw Object.assign(new Error(`no such file ${path}`), { code: 'ENOENT' });
  },
};

const kiosk = makeCertificate({ commonName: 'kiosk', authority: true });

const least = `upstream:
  target: 127.0.0.1:50051
transcriber:
  engine: moonshine
`;
const read = (text: string, surroundings = outside) => readConfig(text, surroundings);
/** Each problem as the command would print it, without the name of the file. */
const problemsOf = (text: string): string[] =>
  (read(text).problems ?? []).map((problem) => problemLine('f', problem).slice(2));

describe('a config', () => {
  it('is read with what it says and nothing else', () => {
    expect(read(least)).toEqual({
      config: { upstream: { target: '127.0.0.1:50051' }, transcriber: { engine: 'moonshine' } },
    });
  });

  it('may have groups of which every line is commented out', () => {
    expect(read(`${least}pipeline:\n  # endpointing:\nlogs:\n`).config).toMatchObject({
      pipeline: {},
      logs: {},
    });
  });

  it('takes lists, switches and null where an option does', () => {
    const text = `${least}fillers: off
echoCancellers: { linear: off, webrtc: { sampleRateHz: 48000 } }
voice:
  ladder:
    - engine: kokoro
      voice: bf_emma
    - { engine: espeak-ng, voice: ru, env: { LANG: C } }
    - engine: earcon
      notesHz: [440, 330]
`;
    expect(read(text.replace('50051', '50051\n  keepaliveMs: null'))).toMatchObject({
      config: {
        upstream: { keepaliveMs: null },
        fillers: 'off',
        echoCancellers: { linear: 'off', webrtc: { sampleRateHz: 48_000 } },
        voice: {
          ladder: [
            { engine: 'kokoro', voice: 'bf_emma' },
            { engine: 'espeak-ng', voice: 'ru', env: { LANG: 'C' } },
            { engine: 'earcon', notesHz: [440, 330] },
          ],
        },
      },
    });
  });

  it('that is the example for the Raspberry Pi holds', () => {
    const text = readProjectFile('examples/raspberry-pi/earshot.yaml');
    const surroundings = { env: {}, readFile: () => 'a-token\n' };
    expect(read(text, surroundings).problems).toBeUndefined();

    // What is commented out in it holds as well, once it is not.
    const [, ...lines] = text.split('\n');
    const whole = lines
      .join('\n')
      .replace(/^( *)# (?=(?: {2})*[a-zA-Z-]+:(?: |$)|(?: {2})+- |(?: {2})+\w+:)/gm, '$1');
    const files: Record<string, string> = {
      'calibration.json': calibration,
      'service-root.pem': kiosk.pem,
    };
    const used = read(whole, { env: {}, readFile: (path) => files[path] ?? 'a-token' });
    expect(used.problems?.map((problem) => problemLine('f', problem))).toBeUndefined();
    expect(Object.keys(used.config ?? {})).toEqual(
      expect.arrayContaining(['fillers', 'floor', 'lights', 'hooks', 'metrics']),
    );
    expect(used.config?.devices).toMatchObject({ calibration: 'calibration.json', playout: { cut: 'soft' } });
    expect(used.config?.upstream.metadata?.['authorization']?.reveal()).toBe('Bearer a-token');
  });
});

describe('the guide', () => {
  const blocks = codeBlocks(readProjectFile('docs/guides/configure.md')).filter(
    ({ language }) => language === 'yaml',
  );

  it('has a piece of a config for each group', () => {
    expect(blocks.length).toBeGreaterThan(6);
  });

  it.each(blocks)('shows on line $line what is read', ({ code }) => {
    const [upstream, transcriber] = least.split(/(?=^transcriber)/m);
    const whole = [
      ...(/^upstream:/m.test(code) ? [] : [upstream]),
      ...(/^transcriber:/m.test(code) ? [] : [transcriber]),
    ].join('');
    const files: Record<string, string> = {
      'service-root.pem': kiosk.pem,
      'kiosk.pem': kiosk.pem,
      'kiosk.key': kiosk.keyPem,
    };
    const surroundings = { env: { VOICE_TOKEN: 'a-token' }, readFile: (path: string) => files[path] ?? '' };
    expect(readConfig(whole + code, surroundings).problems).toBeUndefined();
  });
});

describe('what is wrong with a config', () => {
  it('is told all at once, each with line, column, value, range and way out', () => {
    const text = `upstream:
  target: nowhere
  maxRetries: 11
  firstMesageMs: 100
devices:
  capture: { frameMs: 3, channel: 40 }
transcriber:
  engine: moonshine
  recogniser: moonshine-tinny
pipeline:
  endpointing:
    minSilenceMs: 50
  bargeIn:
    minPressMs: 150ms
    replying:
      startThreshold: "0.4"
`;
    expect(problemsOf(text)).toEqual([
      '2:11: upstream.target must be host:port with a port from 1 to 65535, such as 127.0.0.1:50051, but is "nowhere"',
      '3:15: upstream.maxRetries must be a whole number from 0 to 10, but is 11',
      '4:3: upstream.firstMesageMs is not known here; is firstMessageMs meant?',
      '6:23: devices.capture.frameMs must be a number from 5 to 100, but is 3',
      '6:35: devices.capture.channel must be "mix" or a whole number from 0 to 31, but is 40',
      '9:15: transcriber.recogniser must be one of moonshine-base, moonshine-tiny, whisper-tiny, whisper-tiny.en, but is "moonshine-tinny"; is moonshine-tiny meant?',
      '12:19: pipeline.endpointing.minSilenceMs must be a whole number from 100 to 10000, but is 50',
      '14:17: pipeline.bargeIn.minPressMs must be a whole number from 0 to 2000, but is "150ms"; the unit is in the name, so write the number alone',
      '16:23: pipeline.bargeIn.replying.startThreshold must be a number from 0.01 to 1, but is "0.4"; write it without quotes',
    ]);
  });

  it('is also what does not fit together, found by the library itself', () => {
    const text = `${least}pipeline:
  utterances:
    startThreshold: 0.2
  bargeIn:
    filling: { stopThreshold: 0.9 }
  playout: { pollMs: 150, leadMs: 100 }
`;
    expect(problemsOf(text)).toEqual([
      expect.stringMatching(/^7:5: pipeline\.utterances cannot be used: stopThreshold .* must not be above/),
      expect.stringMatching(
        /^9:31: pipeline\.bargeIn\.filling\.stopThreshold \(0\.9\) must not be above startThreshold/,
      ),
      expect.stringMatching(/^10:22: pipeline\.playout\.pollMs /),
    ]);
  });

  it('tells what is missing, and where a name belongs that stands elsewhere', () => {
    expect(problemsOf('reopenWindowMs: 800\n')).toEqual([
      '1:1: reopenWindowMs is not known here; it belongs into pipeline',
      expect.stringMatching(/^1:1: upstream is missing; give a group of target, hardwareId/),
      '1:1: transcriber is missing; give a group with engine: moonshine, or a group with engine: scripted',
    ]);
    expect(problemsOf('')).toHaveLength(2);
  });

  it('tells of a kind that there is not which there are, and not what each of them lacks', () => {
    expect(
      problemsOf(
        `${least}voice:\n  ladder:\n    - engine: expeak-ng\n      voice: ru\n      x: { y: [1] }\n`,
      ),
    ).toEqual([
      '7:15: voice.ladder[0].engine must be one of kokoro, espeak-ng, flite, espeak-ng-wasm, service, rendered, earcon, but is "expeak-ng"; is espeak-ng meant?',
    ]);
    expect(problemsOf(`${least}devices: { kind: wav-file, microphone: a.wav }\n`)).toEqual([
      '5:10: devices.loudspeaker is missing; give a text with something in it',
    ]);
  });

  it.each([
    [
      'yes',
      'fillers: { voice: yes }\nlogs: { showText: yes }',
      'logs.showText must be true or false, but is "yes"; write true',
    ],
    [
      'a number with underscores',
      'metrics: { port: 9_464 }',
      'metrics.port must be a whole number from 0 to 65535, but is "9_464"; write 9464',
    ],
    [
      'a number that is none',
      'metrics: { port: .nan }',
      'metrics.port must be a whole number from 0 to 65535, but is NaN',
    ],
    [
      'a fraction',
      'metrics: { port: 80.5 }',
      'metrics.port must be a whole number from 0 to 65535, but is 80.5',
    ],
    [
      'a name without a value',
      'metrics:\n  port:',
      'metrics.port has no value; give a whole number from 0 to 65535, or leave the line out',
    ],
    [
      'a list',
      'logs: [info]',
      'logs is a list, but must be a group of minLevel, showText, format, maxRepeatsPerMinute',
    ],
    [
      'a group',
      'fillers: { directory: { a: b } }',
      'fillers.directory is a group, but must be a text with something in it',
    ],
    [
      'too many entries',
      `hooks: { run: [{ on: level, command: [] }] }`,
      'hooks.run[0].command has 0 entries, but must be a list (1 to 100) of texts with something in it',
    ],
    ['kebab case', 'echo-cancellers: {}', 'echo-cancellers is not known here; is echoCancellers meant?'],
    ['a name that every object has', 'constructor: {}\n__proto__: {}', '__proto__ is not known here'],
  ])('says of %s what to write', (_, text, expected) => {
    const problems = problemsOf(`${least}${text}\n`).map((line) => line.replace(/^\d+:\d+: /, ''));
    expect(problems.some((problem) => problem.startsWith(expected))).toBe(true);
  });

  it.each([
    [
      'that knows English only',
      'recogniser: moonshine-base\n  language: ru',
      'transcriber.language is "ru", but moonshine-base knows English only',
    ],
    [
      'whose language is a word',
      'recogniser: whisper-tiny\n  language: Russian',
      'transcriber.language must be a code such as en or ru',
    ],
  ])('is found of a recogniser %s without loading it', (_, lines, expected) => {
    expect(problemsOf(`${least}  ${lines}\n`)).toEqual([expect.stringContaining(expected)]);
  });

  it('is that one GPIO line is used twice, or that a voice is below one that always sounds', () => {
    const text = `${least}floor: { kind: push-to-talk, button: { kind: gpio, line: GPIO17 } }
lights: { show: [{ kind: gpio, lines: { white: GPIO27, red: GPIO17 } }, { kind: led, leds: {} }] }
voice: { ladder: [{ engine: earcon }, { engine: espeak-ng }] }
echoCancellers: { webrtc: { echoCancellation: false, highPass: false } }
`;
    expect(problemsOf(text)).toEqual([
      expect.stringContaining(
        'lights.show[0].lines.red is the line GPIO17, which floor.button.line uses, too',
      ),
      expect.stringContaining('lights.show[1].leds must have at least one of white, red, green, blue'),
      expect.stringContaining('voice.ladder[0].engine is never silent'),
      expect.stringContaining('echoCancellers.webrtc would do nothing'),
    ]);
  });

  it('is a button, a light or a command that its maker would refuse', () => {
    const text = `${least}floor: { kind: push-to-talk, button: { kind: gpio, line: gpiochip0 } }
mute: { button: { kind: keyboard, key: m }, mode: switch }
lights: { show: [{ kind: gpio, lines: { white: "27" } }, { kind: command, command: [led on] }] }
hooks: { run: [{ on: [device-lost, barge-in], where: { device: microphone }, command: ["{program}"] }] }
`;
    expect(problemsOf(text)).toEqual([
      expect.stringMatching(/^5:58: floor\.button\.line must be/),
      expect.stringMatching(/^6:51: mute\.mode is switch, and a key is none/),
      expect.stringMatching(/^7:\d+: lights\.show\[0\]\.lines/),
      expect.stringMatching(/^7:\d+: lights\.show\[1\]\.command must be a list/),
      expect.stringMatching(/^8:\d+: hooks\.run\[0\]\.command must name its program itself/),
    ]);
  });

  it('is told of the first 50, and that there are more', () => {
    const many = Array.from({ length: 5000 }, (__, at) => `name${at}: 1`).join('\n');
    const { problems } = read(many);
    expect(problems).toHaveLength(51);
    expect(problems?.at(-1)?.message).toContain('more');
  });

  it('is what a calibration says that is none', () => {
    expect(problemsOf(`${least}devices: { calibration: token }\n`)).toEqual([
      '5:25: devices.calibration cannot be used: the text is no JSON; measure again with earshot doctor --acoustics',
    ]);
    expect(problemsOf(`${least}devices: { calibration: there-is-none }\n`)).toEqual([
      '5:25: devices.calibration names the file there-is-none, which cannot be read (it does not exist)',
    ]);
  });
});

describe('YAML', () => {
  it.each([
    ['a tab', 'upstream:\n\ttarget: x', 2, 'tab'],
    ['a bracket that is not closed', 'a: [1, 2', 1, 'bracket'],
    ['a second document', `${least}---\n${least}`, 5, 'second document'],
    ['a name that comes twice', `${least}logs: {}\nlogs: {}`, 6, 'is there twice, first on line 5'],
    ['an alias', `${least}logs: &a {}\nmetrics: *a`, 5, 'anchor'],
    ['a tag', `${least}logs: !!js/function "x"`, 5, 'tag'],
    ['a merge', `${least}logs:\n  <<: { minLevel: info }`, 6, '<< is not known here'],
    ['a name that is a list', `${least}? [a]\n: b`, 5, 'has a name that is no text'],
    ['a text alone', 'hello', 1, 'must be a group'],
    ['bytes', '\u0000\u0001\ufffd', 1, ''],
  ])('with %s is refused with its line', (_, text, line, expected) => {
    const { problems = [] } = read(text);
    expect(problems.map((problem) => problem.line)).toContain(line);
    expect(problems.map((problem) => problemLine('f', problem)).join('\n')).toContain(expected);
  });

  it('that grows, or is nested without end, is refused at once', () => {
    const bomb = [
      'a: &a [x,x,x,x,x,x,x,x,x]',
      ...'bcdefghi'.split('').map((name, at) => `${name}: &${name} [${`*${'abcdefghi'[at]},`.repeat(9)}]`),
    ].join('\n');
    for (const text of [
      bomb,
      '['.repeat(100_000),
      '{a: '.repeat(30_000),
      'a: '.repeat(40_000),
      '- '.repeat(60_000),
      'x'.repeat(200_000),
    ]) {
      const { problems = [] } = read(text);
      expect(problems.length).toBeGreaterThan(0);
      expect(problems[0]?.line).toBeGreaterThanOrEqual(1);
    }
  });
});

describe('a secret', () => {
  const withMetadata = (value: string) =>
    `${least.replace('50051', `50051\n  metadata:\n    authorization: ${value}`)}`;

  it('comes from the environment or a file, and is shown nowhere', () => {
    const { config } = read(withMetadata('{ env: TOKEN, prefix: "Bearer " }'));
    expect(config?.upstream.metadata?.['authorization']?.reveal()).toBe('Bearer abc-secret-123');
    expect(JSON.stringify(config)).not.toContain('abc-secret');
    expect(JSON.stringify(config)).toContain('(from the environment variable TOKEN)');
    expect(read(withMetadata('{ file: token }')).config?.upstream.metadata?.['authorization']?.reveal()).toBe(
      'from-a-file',
    );
  });

  it.each([
    [
      'written in plain',
      '"my-password"',
      'is written in the config, which gets copied; give { env: NAME } or { file: PATH }',
    ],
    [
      'of a variable that is not set',
      '{ env: NO_SUCH }',
      'names the environment variable NO_SUCH, which is not set',
    ],
    [
      'of a file that is not there',
      '{ file: none }',
      'names the file none, which cannot be read (it does not exist)',
    ],
    ['of two places', '{ env: TOKEN, file: token }', 'exactly one of env, file and public'],
    ['called public and looking like none', '{ public: "Bearer abcdefgh12345" }', 'looks like a secret'],
    ['of a misspelt place', '{ evn: TOKEN }', 'exactly one of env, file and public'],
  ])('%s is refused without being shown', (_, value, expected) => {
    const [problem = '', ...others] = problemsOf(withMetadata(value));
    expect(others).toEqual([]);
    expect(problem).toMatch(/^4:\d+: upstream\.metadata\.authorization/);
    expect(problem).toContain(expected);
    expect(problem).not.toMatch(/my-password|abcdefgh12345|abc-secret/);
  });

  it.each([
    [
      'hooks:\n  run:\n  - on: level\n    command: [curl, -H, "Authorization: Bearer abcdef123456"]',
      'hooks.run[0].command[2]',
    ],
    ['devices: { env: { PULSE_COOKIE_PASSWORD: "password=hunter22" } }', 'devices.env.PULSE_COOKIE_PASSWORD'],
    ['transcriber2: https://user:hunter22@example.com', 'transcriber2'],
    ['detector: { modelPath: "sk-abcdefghijklmnopqrstuv" }', 'detector.modelPath'],
  ])('in any other place is refused, too: %s', (text, path) => {
    const problems = problemsOf(`${least}${text}\n`);
    expect(problems.join('\n')).toContain(path);
    expect(problems.join('\n')).not.toMatch(/hunter22|abcdef/);
  });

  it('that is empty, as a unit leaves it, is no secret', () => {
    const surroundings = { ...outside, env: { TOKEN: '' } };
    expect(read(withMetadata('{ env: TOKEN }'), surroundings).problems?.[0]?.message).toContain(
      'which is empty',
    );
  });

  it('for anybody to read is said to be that', () => {
    const { config } = read(withMetadata('{ public: lobby }'));
    expect(config?.upstream.metadata?.['authorization']?.reveal()).toBe('lobby');
  });
});

const calibration = JSON.stringify({
  earshot: 'calibration',
  version: 1,
  measuredAt: '2026-03-01T12:00:00Z',
  devices: { capture: 'default', playout: 'default' },
  figures: {
    ...{
      delayMs: 40,
      delaySpreadMs: 2,
      returnLossDb: 10,
      noiseDb: -60,
      reverberationMs: 300,
      clippedShare: 0,
    },
    ...{ driftPpm: 10, driftErrorPpm: 2, wakeLossMs: 0, wakeSilenceMs: null },
  },
});
