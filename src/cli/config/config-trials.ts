import { EMPTY, NEVER, throwError } from 'rxjs';
import { runCommandHooks } from '../../adapters/command-hooks/index.js';
import { streamingService } from '../../adapters/streaming-service/index.js';
import { monotonicScheduler } from '../../devices/clock/index.js';
import { openDevices } from '../../devices/index.js';
import {
  createVoicePipeline,
  earcon,
  linearEchoCanceller,
  type PipelinePorts,
  parseCalibration,
  type Synthesizer,
  type Upstream,
  voiceLadder,
  withSpeech,
} from '../../index.js';
import { composeButton, composeLight } from './compose-controls.js';
import type { ConfigPath } from './config-check.js';
import { deviceSettings, echoCancellersOf } from './device-options.js';
import type { EarshotConfig } from './earshot-config.js';
import { type ConfigSurroundings, whyNot } from './referenced-text.js';
import { serviceInit } from './service-init.js';

/** One part of a config, made as `composePipeline` makes it, without opening anything. */
export interface Trial {
  readonly path: ConfigPath;
  make(): unknown;
}

const scheduler = monotonicScheduler();

/** Every part of a config that can be made without opening anything. What the schema refused is not in it. */
export function trialsOf(config: Partial<EarshotConfig>, surroundings: ConfigSurroundings): readonly Trial[] {
  const { upstream, devices, voice, pipeline } = config;
  const trials: Trial[] = [];
  if (upstream) {
    const { trust, target = 'some.host:1', hardwareId = 'some-device', ...rest } = upstream;
    const make = (of: Partial<typeof upstream>) =>
      streamingService({ ...serviceInit({ ...of, target }, hardwareId), scheduler }).close();
    trials.push({ path: ['upstream'], make: () => make(rest) });
    if (trust) trials.push({ path: ['upstream', 'trust'], make: () => make({ trust }) });
  }
  if (devices && devices.kind !== 'wav-file') {
    const { calibration } = devices;
    const { devices: options } = deviceSettings(devices, {}, undefined);
    const one = (role: 'capture' | 'playout') => ({
      path: ['devices', role],
      make: () => openDevices({ scheduler, [role]: options[role] ?? {} }),
    });
    trials.push(one('capture'), one('playout'));
    if (calibration !== undefined) {
      const path = ['devices', 'calibration'];
      trials.push({ path, make: () => parseCalibration(readNamed(calibration, surroundings)) });
    }
  }
  const { linear } = echoCancellersOf(config);
  if (linear && linear !== 'off') {
    trials.push({ path: ['echoCancellers', 'linear'], make: () => linearEchoCanceller(linear) });
  }
  if (voice) {
    const { ladder = [], speech = {}, ...options } = voice;
    trials.push({
      path: ['voice'],
      make: () => voiceLadder([{ name: 'silent', open: () => EMPTY }], options),
    });
    trials.push({ path: ['voice', 'speech'], make: () => withSpeech(silentService, silentVoice, speech) });
    for (const [index, rung] of ladder.entries()) {
      // What the schema refused is not there.
      if (rung?.engine !== 'earcon') continue;
      const { engine: _, ...notes } = rung;
      trials.push({ path: ['voice', 'ladder', index], make: () => earcon(notes) });
    }
  }
  if (pipeline) trials.push({ path: ['pipeline'], make: () => createVoicePipeline(silentPorts, pipeline) });
  return [...trials, ...controlTrials(config)];
}

function controlTrials({ floor, mute, lights, hooks }: Partial<EarshotConfig>): readonly Trial[] {
  const parts = { scheduler, keyboard: { keys$: EMPTY } };
  const trials: Trial[] = [];
  const talk = floor?.kind === 'push-to-talk' ? floor.button : undefined;
  // What the schema refused of a group is not there.
  if (talk?.kind) trials.push({ path: ['floor', 'button'], make: () => composeButton(talk, 'push', parts) });
  const silence = mute?.button;
  if (silence?.kind)
    trials.push({ path: ['mute', 'button'], make: () => composeButton(silence, 'push', parts) });
  for (const [index, light] of (lights?.show ?? []).entries()) {
    const path = ['lights', 'show', index];
    if (light?.kind && Object.keys(light).length > 1)
      trials.push({ path, make: () => composeLight(light, scheduler) });
  }
  for (const [index, hook] of (hooks?.run ?? []).entries()) {
    const make = () => runCommandHooks([hook]);
    if (hook?.command && hook.on) trials.push({ path: ['hooks', 'run', index], make });
  }
  return trials;
}

function readNamed(path: string, { readFile }: ConfigSurroundings): string {
  try {
    return readFile(path);
  } catch (cause) {
    throw new UnreadableFile(`names the file ${path}, which cannot be read (${whyNot(cause)})`, { cause });
  }
}

/** A file that the config names. */
export class UnreadableFile extends Error {}

const format = { sampleRateHz: 16_000, channels: 1 };
const silent$ = () => throwError(() => new Error('only to be checked, never to be opened'));
const silentService: Upstream = { accepts: 'audio', format, openSession: silent$ };
const silentVoice: Synthesizer = { format, engine: 'silent', voice: 'silent', speed: 1, synthesize: silent$ };
/** Ports to check options against; nothing of them is ever opened. */
const silentPorts: PipelinePorts = {
  microphone: { format, capture: silent$ },
  loudspeaker: { openSink: silent$ },
  detector: { format, windowSamples: 512, scoreSpeech: () => () => NEVER },
  upstream: silentService,
};
