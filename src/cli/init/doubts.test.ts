import { describe, expect, it } from 'vitest';
import { listing, playInit } from '../../../test/support/played-init.js';

const target = '127.0.0.1:50051';
const enter = (count: number): readonly string[] => Array<string>(count).fill('');
/** Everything up to the fillers, and then up to how it runs. */
const toFillers = [target, ...enter(9)];
const toRunsAs = [target, ...enter(10)];

describe('an answer that is hardly what was meant', () => {
  it('is asked about, and asked for again: a folder without fillers', async () => {
    const { config, said, next, unasked, asked } = await playInit([...toFillers, 'gone', '', 'here', ''], {
      files: { 'here/fillers.json': '' },
    });
    expect([config['fillers'], next, unasked]).toEqual([{ directory: 'here' }, [], []]);
    expect(said.join()).toContain('there are no fillers in "gone" yet');
    expect(asked.filter((question) => question === 'Take it all the same? [no]')).toHaveLength(1);

    const meant = await playInit([...toFillers, 'gone', 'y', '']);
    expect(meant.config['fillers']).toEqual({ directory: 'gone' });
    expect(meant.next).toEqual(['earshot fillers render --out gone --language en']);
  });

  it('is asked about, and asked for again: a port that only root may open', async () => {
    const { config, said, unasked } = await playInit([...toRunsAs, 'container', '80', '', '1024']);
    expect([config['metrics'], unasked]).toEqual([{ port: 1024 }, []]);
    expect(said.join()).toContain('port 80 is below 1024, and only root may open it');

    const meant = await playInit([...toRunsAs, 'container', '443', 'yes']);
    expect(meant.config['metrics']).toEqual({ port: 443 });
    const any = await playInit([...toRunsAs, 'container', '0']);
    expect(any.config['metrics']).toEqual({ port: 0 });
  });

  it('is taken with a warning where nobody is asked', async () => {
    const { config, warnings } = await playInit(null, {}, { target, fillers: 'gone', metrics: '80' });
    expect(config).toMatchObject({ fillers: { directory: 'gone' }, metrics: { port: 80 } });
    expect(warnings).toEqual([
      expect.stringContaining('no fillers in "gone"'),
      expect.stringContaining('port 80'),
    ]);
  });

  it('is not taken where a question needs one and gets Enter, which one sentence says', async () => {
    const { asked, said, config } = await playInit(['', '', target, ...enter(11)]);

    expect(asked[0]).toBe('Where is the service that answers, as host:port, such as voice.example.com:443?');
    expect(asked.slice(0, 3)).toEqual(Array(3).fill(asked[0]));
    expect(said.filter((line) => line.includes('needs an answer'))).toHaveLength(2);
    expect(said.join()).not.toContain('must be a text');
    expect(config['upstream']).toEqual({ target });
  });

  it('is told one of which it must be', async () => {
    const { said } = await playInit([target, ...enter(7), 'parrot', ...enter(4)]);
    expect(said).toContain(
      '  This must be one of moonshine-tiny, moonshine-base, whisper-tiny.en, whisper-tiny.',
    );
    const options = { target, language: 'ru', transcriber: 'parrot' };
    await expect(playInit(null, {}, options)).rejects.toThrow('--transcriber must be whisper-tiny');
  });
});

describe('devices of a sound server', () => {
  const options = (microphone: string) => ({
    target,
    microphone,
    loudspeaker: 'default',
    'runs-as': 'service',
  });
  const alsa = [
    listing('capture', 'hw:CARD=Mic', { api: 'alsa' }),
    listing('playout', 'hw:CARD=Amp', { api: 'alsa' }),
  ];

  it('make the service one of the user, with a warning that names both units', async () => {
    const { service, warnings, config } = await playInit(null, {}, options('desk-mic'));

    expect([service, config['devices']]).toEqual(['user', expect.objectContaining({ api: 'pulse' })]);
    expect(warnings).toHaveLength(1);
    expect(warnings[0]).toMatch(/\(earshot\.service\) cannot reach .*earshot-user\.service.*--api alsa/);
    // `default` is theirs, too, where a sound server answers.
    expect((await playInit([...toRunsAs, 'service', ''])).service).toBe('user');
  });

  it('are no matter for ALSA, in a terminal, or where the config is that of a user', async () => {
    const ofAlsa = await playInit(null, { devices: alsa }, options('hw:CARD=Mic'));
    expect([ofAlsa.service, ofAlsa.warnings]).toEqual(['system', []]);
    const { 'runs-as': _, ...inTerminal } = options('desk-mic');
    const terminal = await playInit(null, {}, inTerminal);
    expect([terminal.service, terminal.warnings]).toEqual([undefined, []]);
    const ofUser = await playInit(null, { serviceOfFolder: 'user', devices: alsa }, options('hw:CARD=Mic'));
    expect([ofUser.service, ofUser.warnings]).toEqual(['user', []]);
  });
});

describe('the look at devices', () => {
  const problem = '[PEER_MISSING] the package audify is not installed; run: npm install audify';
  const problems = [{ backend: 'audify', api: 'pulse', problem }] as const;

  it('tells of a way that is missing only when nothing else was found', async () => {
    const found = await playInit([target, ...enter(11)], { problems });
    const nothing = await playInit([target, ...enter(9)], { problems, devices: [] });

    expect(found.said.join()).not.toContain('audify');
    expect(nothing.said).toContain(
      'audify/pulse could not be asked: the package audify is not installed; run: npm install audify',
    );
  });

  it('is not taken for WAV files', async () => {
    const of = { files: { 'q.wav': '' } };
    const recorded = await playInit(null, of, { target, microphone: 'none', heard: 'q.wav' });
    const asked = await playInit([target, '', '', ...enter(5)], of, { microphone: 'none', heard: 'q.wav' });
    const named = await playInit(null, of, { target, microphone: 'desk-mic' });

    expect([recorded.looks, asked.looks, named.looks]).toEqual([0, 0, 1]);
    expect(asked.said.join()).not.toContain('Looking for microphones');
  });
});
