import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { listing, type PlayedMachine, playInit } from '../../../test/support/played-init.js';

const target = '127.0.0.1:50051';
/** An answer to each question, to keep every default: token, devices, beeps, microphone, echo, language and so on. */
const enter = (count: number): readonly string[] => Array<string>(count).fill('');

describe('the questions of earshot init', () => {
  it('need an address alone: every other one has a default, and what comes of it holds', async () => {
    const { config, reading, asked, unasked, warnings } = await playInit([target, ...enter(11)]);

    expect(reading.problems).toBeUndefined();
    expect(config).toEqual({
      upstream: { target },
      devices: { capture: { device: 'default' }, playout: { device: 'default' } },
      echoCancellers: { linear: {} },
      transcriber: { engine: 'moonshine', recogniser: 'moonshine-tiny' },
    });
    expect(asked.slice(1).every((question) => /\? \[[^\]]+\]$/.test(question))).toBe(true);
    expect([asked.length, unasked, warnings]).toEqual([12, [], []]);
  });

  it('are answered by defaults where nobody is asked, and by options, which are as good', async () => {
    const alone = await playInit(null, {}, { target });
    expect(alone.config).toEqual((await playInit([target, ...enter(11)])).config);

    const options = {
      target: 'voice.example.com:443',
      token: 'env:TOKEN',
      microphone: 'plughw:CARD=Mic,DEV=0',
      loudspeaker: 'plughw:CARD=Amp,DEV=0',
      echo: 'speakerphone',
      language: 'ru',
      voice: 'espeak-ng',
      button: 'GPIO17',
      light: 'GPIO27',
      'runs-as': 'service',
      metrics: '9464',
    };
    const { config, next, reading } = await playInit(null, { hasPins: true, env: { TOKEN: 'abc' } }, options);

    expect(reading.problems).toBeUndefined();
    expect(config).toEqual({
      upstream: {
        target: 'voice.example.com:443',
        metadata: { authorization: { env: 'TOKEN', prefix: 'Bearer ' } },
      },
      devices: {
        api: 'alsa',
        capture: { device: 'plughw:CARD=Mic,DEV=0' },
        playout: { device: 'plughw:CARD=Amp,DEV=0' },
      },
      echoCancellers: { linear: 'off' },
      transcriber: { engine: 'moonshine', recogniser: 'whisper-tiny', language: 'ru' },
      voice: { ladder: [{ engine: 'espeak-ng', voice: 'ru' }, { engine: 'earcon' }] },
      fillers: { directory: 'fillers', language: 'ru' },
      floor: { kind: 'push-to-talk', button: { kind: 'gpio', line: 'GPIO17' } },
      lights: { show: [{ kind: 'gpio', lines: { white: 'GPIO27' } }] },
      logs: { format: 'journal' },
      metrics: { port: 9464 },
    });
    expect(next).toEqual(['earshot fillers render --out fillers --language ru']);
  });

  it('are put again with the reason when an answer cannot be used', async () => {
    const answers = [
      'voice.example.com',
      'voice.example.com:99999',
      target,
      'sk_live_0123456789abcdef0123',
      'env:NOT A NAME',
      '',
      '9',
      'telescope',
      '3',
      'none',
      'hdmi',
      'perhaps',
      'y',
      'y',
      'loud',
      'headphones',
      'english',
      'en',
      'siri',
      '',
      'parrot',
      '',
      '',
      'moon',
      'container',
      'http',
      '70000',
      '9464',
    ];
    const { config, said, unasked } = await playInit(answers);

    expect(unasked).toEqual([]);
    expect(config).toMatchObject({
      devices: { api: 'pulse', capture: { device: 'array-mic' }, playout: { device: 'hdmi' } },
      echoCancellers: { linear: 'off' },
      logs: { format: 'json' },
      metrics: { port: 9464 },
    });
    const reasons = said.filter((line) => line.startsWith('  This '));
    expect(reasons).toHaveLength(15);
    expect(reasons[0]).toContain('must be host:port');
    // What was typed where a token belongs may be one.
    expect(said.join()).not.toContain('sk_live');
    expect(reasons.slice(4, 7)).toEqual([
      '  This must be a number from 1 to 3, or a name.',
      '  This is no microphone of the list; a name of ALSA, such as plughw:CARD=Device, is taken too.',
      '  This cannot be none; recordings stand in for both devices, or for neither.',
    ]);
  });

  it('offer the next device when one was not heard, and try again', async () => {
    const trial: PlayedMachine['trial'] = ({ capture, playout }) => ({
      tonePlayed: playout !== 'default',
      peakDb: capture === 'default' ? -120 : -30,
    });
    // Both defaults are refused by the defaults of the answers: no beeps, and a microphone that is muted.
    const { tried, config, said } = await playInit([target, ...enter(15)], { trial });

    expect(tried.map(({ capture, playout }) => `${capture} ${playout}`)).toEqual([
      'default default',
      'desk-mic speaker',
    ]);
    expect(config['devices']).toEqual({
      api: 'pulse',
      capture: { device: 'desk-mic' },
      playout: { device: 'speaker' },
    });
    expect(said).toContain('The microphone heard silence: it is muted, or another one.');
  });

  it('end when there is no other device to offer, and look again when somebody wants that', async () => {
    const devices = [listing('playout', 'speaker', { isDefault: true })];
    const failures = [
      { device: 'microphone', problem: '[DEVICE_NOT_FOUND] it is not there (a; b); plug it in' },
    ];
    const of = { devices, trial: () => ({ failures, peakDb: null }) } as const;
    const once = await playInit([target, ...enter(11)], of as PlayedMachine);
    const twice = await playInit(
      [target, '', '', '', 'y', 'y', 'none', '', 'y', ...enter(8)],
      of as PlayedMachine,
    );

    expect([once.tried.length, twice.tried.length]).toEqual([1, 2]);
    expect(once.warnings).toEqual(['the microphone "default" does not work yet.']);
    expect(once.said).toContain('The microphone fails: it is not there; plug it in');
    expect([once.reading.problems, twice.reading.problems]).toEqual([undefined, undefined]);
  });

  it('list for the loudspeaker only what is reached in the way of the microphone', async () => {
    const devices = [
      listing('capture', 'hw:CARD=Mic', { api: 'alsa' }),
      listing('playout', 'speaker', { isDefault: true }),
      listing('playout', 'hw:CARD=Amp', { api: 'alsa' }),
      listing('playout', 'The amplifier', { api: 'alsa', backend: 'audify' }),
    ];
    const { said, config } = await playInit([target, '', 'hw:CARD=Mic', 'hw:CARD=Amp', ...enter(9)], {
      devices,
    });

    expect(said.filter((line) => /^ {2}\d/.test(line)).slice(2)).toEqual([
      '  1  default: what the sound system takes by itself',
      '  2  hw:CARD=Amp: hw:CARD=Amp of a test; works',
    ]);
    expect(config['devices']).toMatchObject({ api: 'alsa', playout: { device: 'hw:CARD=Amp' } });
  });

  it('go on without devices, and say so', async () => {
    const { config, warnings } = await playInit([target, ...enter(9)], { devices: [] });

    expect(config['devices']).toEqual({ capture: { device: 'default' }, playout: { device: 'default' } });
    expect(warnings.join()).toContain('no device here can be used at the moment');
  });

  it('take recordings in the place of devices', async () => {
    const files = { 'q.wav': '', 'q.json': '[]' };
    const answers = [
      target,
      '',
      'none',
      'missing.wav',
      'q.wav',
      'q.wav',
      '',
      '',
      'scripted:q.json',
      ...enter(3),
    ];
    const { config, reading, unasked } = await playInit(answers, { files });

    expect([reading.problems, unasked]).toEqual([undefined, []]);
    expect(config).toMatchObject({
      devices: { kind: 'wav-file', microphone: 'q.wav', loudspeaker: 'played.wav' },
      transcriber: { engine: 'scripted', sidecarPath: 'q.json' },
    });
  });

  it('tell an option that goes with nothing, instead of doing nothing with it', async () => {
    const options = { target, microphone: 'none', heard: 'q.wav', echo: 'open' };
    await expect(playInit(null, { files: { 'q.wav': '' } }, options)).rejects.toThrow(
      '--echo does not go with the other answers; leave it out',
    );
    await expect(playInit(null, {}, {})).rejects.toThrow('--target has to be given');
    await expect(playInit(null, {}, { target, language: 'klingon' })).rejects.toThrow('--language must be');
    const one = { target, button: 'GPIO17', light: 'GPIO17' };
    await expect(playInit(null, { hasPins: true }, one)).rejects.toThrow(/--light .*choose another/);
    const mixed = { target, transcriber: 'moonshine-tiny', language: 'ru' };
    await expect(playInit(null, {}, mixed)).rejects.toThrow('knows English only');
  });

  it('write what explains itself, and reads back as what was answered', async () => {
    const { text, config } = await playInit(null, {}, { target, voice: 'kokoro', fillers: 'off' });

    expect(text.split('\n')[0]).toBe('# yaml-language-server: $schema=./earshot.schema.json');
    expect(parse(text)).toEqual(config);
    expect(text).toContain('# Where the service is, as `host:port`;');
    // Names of types are for programs.
    expect(text).toContain('# The microphone: its `device` (`default`), its `format` (48 kHz mono).\n');
    expect(text).not.toMatch(/#.*\w+Options/);
    expect(Math.max(...text.split('\n').map((line) => line.length))).toBeLessThanOrEqual(105);
  });
});
