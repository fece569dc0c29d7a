import { setTimeout as sleep } from 'node:timers/promises';
import { openDevices } from 'earshot/devices';
import { afterEach, describe, expect, it } from 'vitest';
import { toneAmplitude } from '../virtual-kiosk/find-sound.js';
import { arrayTonesHz, kioskDevices } from '../virtual-kiosk/room.js';
import { createVirtualKiosk, type VirtualKiosk } from '../virtual-kiosk/virtual-kiosk.js';
import { routeProblem, type Visit, visit } from './failing.js';
import { type LiveConversation, recordedClock as scheduler } from './live-conversation.js';
import { kioskPlace } from './places.js';
import { measureLag, resourceUsage } from './resource-usage.js';
import { type Route, routes } from './routes.js';
import { waitUntil } from './wait-until.js';

/** Units: ms. */
const backWithinMs = 1000;

let here: Visit<VirtualKiosk>;
afterEach(() => here.leave());

/** The tone that is loudest in what the microphone captured last. Units: Hz. */
function loudestTone({ frames }: LiveConversation): number | undefined {
  const samples = Float32Array.from(frames.slice(-100).flatMap(({ samples: some }) => [...some]));
  const amplitudes = arrayTonesHz.map((hz) => toneAmplitude(samples, 48_000, hz));
  return Math.max(...amplitudes) > 0.1
    ? arrayTonesHz[amplitudes.indexOf(Math.max(...amplitudes))]
    : undefined;
}

const problem = routeProblem(routes.programsOnPulse, 'pulseaudio');
if (problem !== null) console.warn(`openings: skipped, ${problem}`);

describe.skipIf(problem !== null)('devices that are opened', () => {
  it('wait for a sound server that comes late, and are then used through its programs', async () => {
    const kiosk = await createVirtualKiosk({ echoDb: -Infinity });
    await kiosk.killServer();
    const devices = openDevices({ scheduler, env: kiosk.env });
    here = visit(kiosk, kioskPlace(kiosk), { ...routes.programsOnPulse, open: () => devices });
    const { conversation } = here;
    await waitUntil('they were tried', () => conversation.of('device-lost').length >= 4);
    const before = resourceUsage();
    const fromMs = performance.now();
    await sleep(1000);
    const cpuShare = (resourceUsage().cpuMs - before.cpuMs) / (performance.now() - fromMs);

    const lag = measureLag();
    await kiosk.restartServer();
    const backMs = performance.now();
    await conversation.opened();
    const openedAfterMs = performance.now() - backMs;
    lag.stop();
    for (const { error } of conversation.of('device-lost')) {
      expect(error, error.message).toMatchObject({ retryable: true });
    }
    // Each attempt asks which way there is, and finds ALSA's plugin, which finds no server.
    expect(cpuShare).toBeLessThan(0.6);
    expect(openedAfterMs - lag.worstMs).toBeLessThan(backWithinMs);
    await conversation.converse();
    await sleep(1000);
    expect(devices.chosen.playout?.backend).toBe('process');
  });

  it('take the one channel of an array that was picked', async () => {
    const kiosk = await createVirtualKiosk({ echoDb: -Infinity });
    await kiosk.addMicrophoneArray();
    const channel = 1;
    const route: Route = {
      ...routes.programsOnPulse,
      open: ({ env }) => openDevices({ scheduler, env, capture: { device: kioskDevices.array, channel } }),
    };
    here = visit(kiosk, kioskPlace(kiosk), route);
    const { conversation } = here;
    await conversation.opened();
    await waitUntil('it hears its tone', () => loudestTone(conversation) === arrayTonesHz[channel]);
  });

  it('may run at other rates than each other, and at others again after a restart', async () => {
    const kiosk = await createVirtualKiosk({ echoDb: -Infinity });
    const furnish = async (microphoneHz: number, loudspeakerHz: number): Promise<void> => {
      await kiosk.pactl.load(
        'module-remap-source',
        'source_name=own_mic',
        'master=room.monitor',
        `rate=${microphoneHz}`,
        'channels=1',
        'remix=no',
      );
      await kiosk.pactl.load('module-null-sink', 'sink_name=own_speaker', `rate=${loudspeakerHz}`);
    };
    await furnish(16_000, 48_000);
    const route: Route = {
      ...routes.programsOnPulse,
      open: ({ env }) =>
        openDevices({
          scheduler,
          env,
          backend: 'process',
          api: 'pulse',
          capture: { device: 'own_mic' },
          playout: { device: 'own_speaker' },
        }),
    };
    here = visit(
      kiosk,
      kioskPlace(kiosk, () => 'own_speaker'),
      route,
    );
    const { conversation } = here;
    await conversation.opened();
    expect(await ratesOf(kiosk)).toEqual({ own_mic: 16_000, own_speaker: 48_000 });
    // A tone of the wrong pitch would be no answer.
    await conversation.converse();

    await kiosk.restartServer();
    await furnish(32_000, 44_100);
    await conversation.opened();
    await waitUntil('both were lost', () => conversation.of('device-lost').length >= 2);
    await conversation.opened();
    expect(await ratesOf(kiosk)).toEqual({ own_mic: 32_000, own_speaker: 44_100 });
    await conversation.converse();
  });
});

/** At which rates the streams of the devices run. Units: Hz. */
async function ratesOf(kiosk: VirtualKiosk): Promise<Readonly<Record<string, number>>> {
  const rates: Record<string, number> = {};
  for (const [streams, devices, of] of [
    ['source-outputs', 'sources', 'source'],
    ['sink-inputs', 'sinks', 'sink'],
  ] as const) {
    const found = await kiosk.pactl.list<{
      readonly sink?: number;
      readonly source?: number;
      readonly sample_specification: string;
      readonly properties: Readonly<Record<string, string>>;
    }>(streams);
    const all = await kiosk.pactl.list<{ readonly index: number; readonly name: string }>(devices);
    for (const stream of found.filter(({ properties }) => properties['application.name'] === 'earshot')) {
      const name = all.find(({ index }) => index === stream[of])?.name ?? '';
      rates[name] = Number(/(\d+)Hz/.exec(stream.sample_specification)?.[1]);
    }
  }
  return rates;
}
