import { mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Subject } from 'rxjs';
import { describe, expect, it } from 'vitest';
import type { Light } from '../../core/ports/indicator.js';
import { describeIndicatorContract } from '../../testing/contracts/indicator.contract.js';
import { monotonicScheduler } from '../clock/monotonic-scheduler.js';
import { ledLights } from './led-lights.js';

const scheduler = monotonicScheduler();
const bright: Light = { indication: 'listening', red: 1, green: 1, blue: 1 };

/** A folder that looks like the kernel's. */
function fakeLeds(names: readonly string[], maxBrightness = 1) {
  const folder = mkdtempSync(join(tmpdir(), 'leds-'));
  for (const name of names) {
    mkdirSync(join(folder, name));
    writeFileSync(join(folder, name, 'max_brightness'), `${maxBrightness}\n`);
    writeFileSync(join(folder, name, 'trigger'), 'mmc0');
    writeFileSync(join(folder, name, 'brightness'), '0');
  }
  const read = (name: string, file = 'brightness') =>
    readFileSync(join(folder, name, file), 'utf8').split('\n')[0] ?? '';
  return {
    folder,
    read,
    // As with a device that is unplugged, its file is gone at once.
    vanish: () => renameSync(join(folder, names[0] as string), join(folder, 'away')),
    comeBack: () => {
      // Whatever is plugged in is dark.
      writeFileSync(join(folder, 'away', 'brightness'), '0');
      renameSync(join(folder, 'away'), join(folder, names[0] as string));
    },
    dispose: () => rmSync(folder, { recursive: true, force: true }),
  };
}

async function until(isDone: () => boolean): Promise<void> {
  for (let waitedMs = 0; !isDone(); waitedMs += 5) {
    if (waitedMs > 10_000) throw new Error('not within 10 s');
    await sleep(5);
  }
}

const setupOf = (leds: ReturnType<typeof fakeLeds>, name = 'earshot') => {
  let changes = 0;
  let before = '';
  const look = () => {
    const now = leds.read('earshot');
    if (now !== before) changes += 1;
    before = now;
    return now === '1';
  };
  return {
    indicator: ledLights({ leds: { white: name }, folder: leds.folder, maxReopenDelayMs: 250, scheduler }),
    isLit: look,
    changes: () => changes,
    vanish: leds.vanish,
    comeBack: leds.comeBack,
    now: scheduler.now,
    advance: (ms: number) => sleep(ms),
    teardown: leds.dispose,
  };
};

describeIndicatorContract(
  { describe, it, expect },
  {
    name: 'ledLights',
    create: () => setupOf(fakeLeds(['earshot'])),
    createBroken: () => setupOf(fakeLeds(['earshot']), 'nowhere'),
    vanishes: true,
    withinMs: 10_000,
  },
);

describe('ledLights', () => {
  it('takes each light from what lit it before, and gives each its colour as the eye sees it', async () => {
    const leds = fakeLeds(['r', 'g', 'b'], 255);
    const lights$ = new Subject<Light>();
    const shown = ledLights({ leds: { red: 'r', green: 'g', blue: 'b' }, folder: leds.folder, scheduler })
      .show(lights$)
      .subscribe();
    lights$.next({ indication: 'speaking', red: 1, green: 0.5, blue: 0 });

    await until(() => leds.read('r') === '255' && leds.read('g') === '55');

    expect([leds.read('b'), leds.read('r', 'trigger')]).toEqual(['0', 'none']);
    shown.unsubscribe();
    await until(() => leds.read('r') === '0' && leds.read('g') === '0');
    leds.dispose();
  });

  it('makes no file where a light has vanished', async () => {
    const leds = fakeLeds(['earshot']);
    const lights$ = new Subject<Light>();
    const lost: string[] = [];
    const shown = ledLights({ leds: { white: 'earshot' }, folder: leds.folder, scheduler })
      .show(lights$)
      .subscribe((report) => lost.push(report.type === 'lost' ? report.error.code : report.type));
    await until(() => lost.includes('opened'));

    leds.vanish();
    lights$.next(bright);
    await until(() => lost.includes('DEVICE_LOST'));

    expect(() => leds.read('earshot')).toThrow(/ENOENT/);
    shown.unsubscribe();
    leds.dispose();
  });

  it('says where the names come from when there is no such light', async () => {
    const leds = fakeLeds(['earshot']);
    const error = await new Promise((resolve) => {
      ledLights({ leds: { white: 'nowhere' }, folder: leds.folder, scheduler })
        .show(new Subject())
        .subscribe({ error: resolve });
    });
    expect(String(error)).toMatch(
      /\[DEVICE_NOT_FOUND\].*nowhere is not there; take names from ls \/sys\/class\/leds/,
    );
    leds.dispose();
  });

  it('refuses names that lead out of the folder', () => {
    for (const name of ['..', '.', 'a/b', '', '/etc']) {
      expect(() => ledLights({ leds: { white: name }, scheduler })).toThrow(/leds.white must be a name in/);
    }
    expect(() => ledLights({ scheduler })).toThrow(/leds must have at least one of white, red, green, blue/);
  });
});
