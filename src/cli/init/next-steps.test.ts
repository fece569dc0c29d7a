import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { packageFolder } from '../package-folder.js';
import { nextSteps, type StepsSite, serviceOfFolder } from './next-steps.js';
import { schemaPlace } from './schema-place.js';
import { isShippedConfig } from './shipped-config.js';

const siteWith = (...there: readonly string[]): StepsSite => ({
  home: '/home/pi',
  packageFolder: '/srv/kiosk/node_modules/earshot',
  version: '1.2.3',
  has: (path) => there.includes(path),
});
const written = { file: 'earshot.yaml', path: '/srv/kiosk/earshot.yaml', beside: ['a.pem'] } as const;
const trials = (file: string) => ['run --check', 'doctor', 'run'].map((what) => `earshot ${what} ${file}`);

describe('the steps after a config', () => {
  it('are three without a service', () => {
    expect(nextSteps({ ...written, service: undefined }, siteWith())).toEqual(trials('earshot.yaml'));
  });

  it('bring the config to where the unit looks, install the unit, and start it', () => {
    expect(nextSteps({ ...written, service: 'system' }, siteWith())).toEqual([
      ...trials('earshot.yaml'),
      'sudo install -D -m 644 earshot.yaml /etc/earshot/earshot.yaml',
      'sudo install -m 644 -t /etc/earshot a.pem',
      'sudo sh /srv/kiosk/node_modules/earshot/examples/raspberry-pi/install.sh earshot-1.2.3.tgz',
      'sudo systemctl start earshot',
    ]);
    expect(nextSteps({ ...written, beside: [], service: 'user' }, siteWith()).slice(3)).toEqual([
      'install -D -m 644 earshot.yaml /home/pi/.config/earshot/earshot.yaml',
      'sudo sh /srv/kiosk/node_modules/earshot/examples/raspberry-pi/install.sh earshot-1.2.3.tgz --user',
      'systemctl --user start earshot',
    ]);
    const extras = ['kokoro', 'prometheus'] as const;
    expect(nextSteps({ ...written, service: 'system', extras }, siteWith()).at(-2)).toMatch(
      /install\.sh earshot-1\.2\.3\.tgz --with=kokoro,prometheus$/,
    );
    expect(existsSync(join(packageFolder(), 'examples/raspberry-pi/install.sh'))).toBe(true);
  });

  it('are a start alone where unit and config are in their places, whoever asks', () => {
    const system = '/etc/earshot/earshot.yaml';
    const unit = '/etc/systemd/system/earshot.service';
    const ofSystem = { file: system, path: system, beside: [], service: 'system' } as const;
    expect(nextSteps(ofSystem, siteWith(unit))).toEqual([
      ...trials(system),
      'sudo systemctl restart earshot',
    ]);

    // With sudo, home is that of root.
    const user = '/home/ann/.config/earshot/earshot.yaml';
    const userUnit = '/home/ann/.config/systemd/user/earshot.service';
    const ofUser = { file: user, path: user, beside: [], service: 'user' } as const;
    expect(nextSteps(ofUser, siteWith(userUnit)).at(-1)).toBe('systemctl --user restart earshot');
    expect(nextSteps(ofUser, siteWith(userUnit))).toHaveLength(4);
  });

  it('know whose service a folder is for', () => {
    const folders = ['/etc/earshot', '/home/ann/.config/earshot', '/srv/kiosk'];
    expect(folders.map(serviceOfFolder)).toEqual(['system', 'user', undefined]);
  });
});

describe('what lies around a config', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'around-config-'));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));
  const put = (path: string, text: string | Buffer) => {
    mkdirSync(join(folder, path, '..'), { recursive: true });
    writeFileSync(join(folder, path), text);
    return join(folder, path);
  };

  it('is the schema of the package beside it, or of the one that runs', () => {
    expect(schemaPlace(folder)).toBe(join(packageFolder(), 'assets/earshot.schema.json'));
    expect(existsSync(schemaPlace(folder))).toBe(true);
    expect(schemaPlace(folder, '/opt/my packages')).toBe(
      'file:///opt/my%20packages/assets/earshot.schema.json',
    );
    put('node_modules/earshot/assets/earshot.schema.json', '{}');
    expect(schemaPlace(folder)).toBe('./node_modules/earshot/assets/earshot.schema.json');
  });

  it('is the config that ships, to the byte, or the one that the installer made of it', () => {
    const shipped = readFileSync(join(packageFolder(), 'examples/raspberry-pi/earshot.yaml'));
    const own = join(folder, 'node_modules/earshot');
    const other = put('other.yaml', 'api: auto\n');

    expect(isShippedConfig(put('a.yaml', shipped))).toBe(true);
    expect(isShippedConfig(put('b.yaml', `${shipped} `))).toBe(false);
    expect([isShippedConfig(join(folder, 'none')), isShippedConfig(other, own)]).toEqual([false, false]);
    put('written/ann-earshot.yaml', 'api: auto\n');
    expect(isShippedConfig(other, own)).toBe(true);
  });
});
