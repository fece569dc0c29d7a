import { EMPTY, NEVER, throwError } from 'rxjs';
import { streamingService } from '../../adapters/streaming-service/index.js';
import { monotonicScheduler } from '../../devices/clock/index.js';
import { openDevices } from '../../devices/index.js';
import {
  createVoicePipeline,
  earcon,
  isVoiceError,
  linearEchoCanceller,
  type PipelineOptions,
  type PipelinePorts,
  parseCalibration,
  type Synthesizer,
  type Upstream,
  voiceLadder,
  withSpeech,
} from '../../index.js';
import type { ConfigPath } from './check-value.js';
import { deviceSettings } from './device-options.js';
import type { EarshotConfig } from './earshot-config.js';
import { type ConfigSurroundings, whyNot } from './referenced-text.js';
import { rulesAcross } from './rules-across.js';
import { serviceInit } from './service-init.js';

/** What the library would refuse. */
export interface LibraryProblem {
  readonly path: ConfigPath;
  readonly message: string;
}

/** One part of a config, made as `composePipeline` makes it, without opening anything. */
interface Trial {
  readonly path: ConfigPath;
  make(): unknown;
}

/**
 * What the library refuses although the schema allows it: what has to fit together, and texts with a form of their own.
 *
 * @param config - what is right of it; what the schema refused is left out.
 * @param spoilt - top-level groups in which something is wrong already; what has to fit together with them is not looked at.
 */
export function libraryProblems(
  config: Partial<EarshotConfig>,
  spoilt: ReadonlySet<string>,
  surroundings: ConfigSurroundings,
): readonly LibraryProblem[] {
  const whole = Object.entries(config).filter(([name]) => !spoilt.has(name));
  const refused = trialsOf(config, surroundings).flatMap(({ path, make }) => refusedBy(config, path, make));
  return [...refused, ...rulesAcross(Object.fromEntries(whole))];
}

const scheduler = monotonicScheduler();

function trialsOf(config: Partial<EarshotConfig>, surroundings: ConfigSurroundings): readonly Trial[] {
  const { upstream, devices, echoCancellers, voice, pipeline } = config;
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
  const linear = echoCancellers?.linear;
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
  return [...trials, ...pipelineTrials(pipeline ?? {})];
}

/** Group by group, so that what is wrong with one does not hide the next. */
function pipelineTrials(pipeline: Partial<PipelineOptions>): readonly Trial[] {
  const { utterances } = pipeline;
  const make = (options: Partial<PipelineOptions>) => createVoicePipeline(silentPorts, options);
  // What counts as speech while the agent speaks is a change of what counts as speech.
  const isBase = utterances !== undefined && refusedBy({}, [], () => make({ utterances })).length === 0;
  const base = isBase ? { utterances } : {};
  return Object.entries(pipeline).map(([name, value]) => {
    const path = ['pipeline', ...(typeof value === 'object' ? [name] : [])];
    return { path, make: () => make({ ...(name === 'bargeIn' && base), [name]: value }) };
  });
}

function readNamed(path: string, { readFile }: ConfigSurroundings): string {
  try {
    return readFile(path);
  } catch (cause) {
    throw new UnreadableFile(`names the file ${path}, which cannot be read (${whyNot(cause)})`, { cause });
  }
}

class UnreadableFile extends Error {}

function refusedBy(
  config: Partial<EarshotConfig>,
  path: ConfigPath,
  make: () => unknown,
): readonly LibraryProblem[] {
  try {
    make();
    return [];
  } catch (error) {
    if (error instanceof UnreadableFile) return [{ path, message: error.message }];
    if (!isVoiceError(error)) return [{ path, message: `cannot be used (${String(error)})` }];
    const said = error.message
      .replace(/^\[\w+\] /, '')
      .replace(/^[\w. -]+: (?=\S+ )/, '')
      // What a parser shows of a file, which may be any file, and of an object, which is nothing.
      .replace(/ \(Unexpected .*?\)(?=; )/s, '')
      .replace(/, but is \[object Object\]/, '');
    const parts = said.split(/; (?=[\w.]+ (?:must|is|has|cannot|\())/);
    return parts.map((part) => placed(valueAt(config, path), path, part));
  }
}

/** The words of the library begin with the name of the option; where there is one, that is where it is. */
function placed(group: unknown, path: ConfigPath, said: string): LibraryProblem {
  const [, name = '', rest = ''] = /^([\w.]+) (.*)$/s.exec(said) ?? [];
  const steps = name.split('.');
  const found = valueAt(group, steps) !== undefined ? steps : inside(group, steps);
  return found ? { path: [...path, ...found], message: rest } : { path, message: `cannot be used: ${said}` };
}

/** The same name one level deeper, where only one group has it. */
function inside(group: unknown, steps: readonly string[]): ConfigPath | undefined {
  if (typeof group !== 'object' || group === null) return undefined;
  const homes = Object.entries(group).filter(([, value]) => valueAt(value, steps) !== undefined);
  return homes.length === 1 ? [homes[0]?.[0] ?? '', ...steps] : undefined;
}

function valueAt(value: unknown, path: ConfigPath): unknown {
  let found = value;
  for (const step of path) {
    if (typeof found !== 'object' || found === null || !Object.hasOwn(found, step)) return undefined;
    found = (found as Readonly<Record<string | number, unknown>>)[step];
  }
  return found;
}

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
