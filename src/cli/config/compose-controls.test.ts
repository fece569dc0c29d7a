import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { lastValueFrom, of, Subject, toArray } from 'rxjs';
import { afterAll, describe, expect, it, vi } from 'vitest';
import { createFakeGpio } from '../../../test/support/fake-gpio.js';
import { monotonicScheduler } from '../../devices/clock/index.js';
import type { PipelineEvent } from '../../index.js';
import { composeControls } from './compose-controls.js';
import type { EarshotConfig } from './earshot-config.js';
import { readConfig } from './read-config.js';

const folder = mkdtempSync(join(tmpdir(), 'earshot-controls-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function configOf(text: string): EarshotConfig {
  const least = 'upstream: { target: "127.0.0.1:9" }\ntranscriber: { engine: moonshine }\n';
  const { config, problems } = readConfig(least + text, { env: {}, readFile: () => '' });
  expect(problems).toBeUndefined();
  return config as EarshotConfig;
}

const scheduler = monotonicScheduler();

describe('the controls of a config', () => {
  it('are none where it names none', async () => {
    const { keyboard, keys$ } = terminal();
    const controls = composeControls(configOf(''), { scheduler, keyboard });
    expect(Object.keys(controls).sort()).toEqual(['reports$', 'runHooks', 'showLights']);
    expect(controls.runHooks).toBeUndefined();
    expect(await lastValueFrom(of<PipelineEvent>().pipe(controls.showLights, toArray()))).toEqual([]);
    expect(keys$.observed).toBe(false);
  });

  it('give the floor by a key and mute by another, each press turning it over, also for who asks later', () => {
    const { keyboard, keys$ } = terminal();
    const text =
      'floor: { kind: push-to-talk, button: { kind: keyboard } }\nmute: { button: { kind: keyboard, key: m } }\n';
    const { floor, mute$ } = composeControls(configOf(text), { scheduler, keyboard });
    expect(keys$.observed).toBe(false);

    const [pressed, muted, later] = [[], [], []] as [boolean[], boolean[], boolean[]];
    const subscription = mute$?.subscribe((is) => muted.push(is));
    if (floor?.kind === 'push-to-talk') subscription?.add(floor.pressed$.subscribe((is) => pressed.push(is)));
    keys$.next('m');
    keys$.next('space');
    keys$.next('x');
    subscription?.add(mute$?.subscribe((is) => later.push(is)));

    expect({ pressed, muted, later }).toEqual({
      pressed: [false, true],
      muted: [false, true],
      later: [true],
    });
    subscription?.unsubscribe();
    expect(keys$.observed).toBe(false);
  });

  it('tell whoever comes late how a button stands that was busy before', async () => {
    const gpio = createFakeGpio(2);
    try {
      gpio.fail("gpiomon: unable to request lines on chip '/dev/gpiochip0': Device or resource busy");
      const button = `{ kind: gpio, line: GPIO17, maxReopenDelayMs: 250, env: { PATH: "${gpio.env.PATH}" } }`;
      const { floor, reports$ } = composeControls(
        configOf(`floor: { kind: push-to-talk, button: ${button} }\n`),
        { scheduler, keyboard: terminal().keyboard },
      );
      if (floor?.kind !== 'push-to-talk') throw new Error('there is no button');
      const reportsOf = (reports: unknown[]) => reports$.subscribe((report) => reports.push(report));
      const early: unknown[] = [];
      const listening = reportsOf(early);
      const pressing = floor.pressed$.subscribe();
      await vi.waitFor(() => expect(early.length).toBeGreaterThan(0), 10_000);
      listening.unsubscribe();
      const late: unknown[] = [];
      reportsOf(late).unsubscribe();
      expect(late).toMatchObject([
        { type: 'lost', control: 'the gpio button', error: { code: 'DEVICE_BUSY' } },
      ]);

      gpio.fail(null);
      const back: { readonly type?: string }[] = [];
      const waiting = reportsOf(back);
      await vi.waitFor(() => expect(back.at(-1)).toMatchObject({ type: 'opened' }), 10_000);
      waiting.unsubscribe();
      const after: unknown[] = [];
      reportsOf(after).unsubscribe();
      expect(after).toMatchObject([{ type: 'opened', control: 'the gpio button' }]);
      pressing.unsubscribe();
    } finally {
      gpio.dispose();
    }
  }, 30_000);

  it('run what the config says at the events that it names, and light up by a program', async () => {
    const [hooked, lit] = [join(folder, 'hooked'), join(folder, 'lit')];
    const text = `hooks:
  timeLimitMs: 10000
  run:
    - on: device-lost
      where: { device: microphone }
      command: [tee, ${hooked}]
      input: event
lights:
  show:
    - { kind: command, command: [sh, -c, 'echo "$1" >> ${lit}', sh, '{indication}'], timeLimitMs: 10000 }
`;
    const { runHooks, showLights } = composeControls(configOf(text), {
      scheduler,
      keyboard: terminal().keyboard,
    });
    const lost = {
      type: 'device-lost',
      device: 'microphone',
      atMs: 5,
      retryInMs: 100,
    } as unknown as PipelineEvent;
    const other = { ...lost, device: 'loudspeaker' } as PipelineEvent;

    if (!runHooks) throw new Error('there are no hooks');
    const ran = await lastValueFrom(of(other, lost).pipe(runHooks, toArray()));
    expect(ran).toEqual([expect.objectContaining({ type: 'hook-ran', hook: 0 })]);
    expect(JSON.parse(readFileSync(hooked, 'utf8'))).toMatchObject({
      type: 'device-lost',
      device: 'microphone',
    });

    await lastValueFrom(of(other, lost).pipe(showLights, toArray()));
    // The program is told at the end, and takes a moment.
    await vi.waitFor(
      () => expect(readFileSync(lit, 'utf8').split('\n')).toEqual(['starting', 'off', '']),
      30_000,
    );
  }, 60_000);
});

/** Keys in our hand. */
function terminal() {
  const keys$ = new Subject<string>();
  return { keys$, keyboard: { keys$ } };
}
