import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Subject } from 'rxjs';
import { describe, expect, it } from 'vitest';
import type { Light } from '../../core/ports/indicator.js';
import { describeIndicatorContract } from '../../testing/contracts/indicator.contract.js';
import { commandIndicator } from './command-indicator.js';

/** A lamp that is a program: it writes what it shows into a file. */
function lamp() {
  const folder = mkdtempSync(join(tmpdir(), 'lamp-'));
  const at = (name: string) => join(folder, name);
  writeFileSync(
    at('lamp'),
    `#!/bin/sh\nif [ -e ${at('away')} ]; then echo "no lamp" >&2; exit 1; fi\necho "$*" >> ${at('shown')}\n`,
    { mode: 0o755 },
  );
  writeFileSync(at('shown'), '');
  return {
    command: [at('lamp'), '{indication}', '{hex}', '{red},{green},{blue}'],
    shown: () => readFileSync(at('shown'), 'utf8').split('\n').slice(0, -1),
    vanish: () => writeFileSync(at('away'), ''),
    comeBack: () => existsSync(at('away')) && rmSync(at('away')),
    // Which puts itself out may still be running.
    dispose: () => rmSync(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 50 }),
  };
}

async function until(isDone: () => boolean): Promise<void> {
  for (let waitedMs = 0; !isDone(); waitedMs += 5) {
    if (waitedMs > 10_000) throw new Error('not within 10 s');
    await sleep(5);
  }
}

for (const at of ['indication', 'colour'] as const) {
  describeIndicatorContract(
    { describe, it, expect },
    {
      name: `commandIndicator at each ${at}`,
      create: () => {
        const { command, shown, vanish, comeBack, dispose } = lamp();
        return {
          indicator: commandIndicator({ command, at }),
          isLit: () => shown().at(-1)?.startsWith('listening') ?? false,
          changes: () => shown().length,
          vanish,
          comeBack: () => void comeBack(),
          now: () => performance.now(),
          advance: (ms) => sleep(ms),
          teardown: dispose,
        };
      },
      createBroken: () => ({
        indicator: commandIndicator({ command: ['/nowhere/at-all'], at }),
        isLit: () => false,
        changes: () => 0,
        now: () => performance.now(),
        advance: (ms) => sleep(ms),
      }),
      vanishes: true,
      withinMs: 10_000,
    },
  );
}

describe('commandIndicator', () => {
  const breathing = (level: number): Light => ({ indication: 'speaking', red: 0, green: level, blue: 1 });

  it('runs when there is something else to tell, with its name and colour, and with off at the end', async () => {
    const { command, shown, dispose } = lamp();
    const lights$ = new Subject<Light>();
    const subscription = commandIndicator({ command }).show(lights$).subscribe();

    for (const level of [0.5, 0.6, 0.7]) {
      lights$.next(breathing(level));
      await sleep(30);
    }
    lights$.next({ indication: 'muted', red: 1, green: 0, blue: 0 });
    await until(() => shown().length === 2);
    subscription.unsubscribe();
    await until(() => shown().length === 3);

    expect(shown()).toEqual(['speaking 0080ff 0,128,255', 'muted ff0000 255,0,0', 'off 000000 0,0,0']);
    dispose();
  });

  it('says what to do where there is no program, and what is wrong with its command', async () => {
    const lights$ = new Subject<Light>();
    const error = await new Promise((resolve) => {
      commandIndicator({ command: ['/nowhere/at-all'] })
        .show(lights$)
        .subscribe({ error: resolve });
      lights$.next(breathing(1));
    });
    expect(String(error)).toMatch(
      /\[DEVICE_BACKEND\] the light cannot be shown: \/nowhere\/at-all could not be started \(ENOENT\); try/,
    );
    expect(() => commandIndicator({})).toThrow(/command must be a list of 1 to 100 strings/);
    expect(() => commandIndicator({ command: ['x'], at: 'never' as never })).toThrow(
      /at must be "indication" or/,
    );
  });
});
