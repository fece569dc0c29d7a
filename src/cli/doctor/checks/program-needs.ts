import type { EarshotConfig } from '../../config/earshot-config.js';
import { type Need, needOfVoice } from './package-needs.js';

/** Programs that are needed together. */
export interface WantedPrograms extends Need {
  /** What brings them, as `gpiod`; for a program of the user itself. */
  readonly name: string;
  readonly programs: readonly string[];
  /** What to do when one is missing. */
  readonly cure: string;
}

const fromApt = (name: string): string => `run: sudo apt install ${name}`;

/** What is known of the machine beforehand. */
export interface ProgramSurroundings {
  readonly platform: string;
  /** Whether systemd is what started this machine. */
  readonly hasSystemd: boolean;
}

/** The programs that a config runs, or that a loop runs where nothing else is said. */
export function wantedPrograms(
  config: EarshotConfig | undefined,
  { platform, hasSystemd }: ProgramSurroundings,
): readonly WantedPrograms[] {
  if (platform !== 'linux')
    return [...voicePrograms(config, 'brew install espeak-ng'), ...userPrograms(config)];
  return [
    ...soundPrograms(config),
    ...voicePrograms(config, fromApt('espeak-ng')),
    ...gpioPrograms(config),
    ...(hasSystemd ? [systemdPrograms] : []),
    ...userPrograms(config),
  ];
}

/** Of PulseAudio and PipeWire. */
export const pulsePrograms = { name: 'pulseaudio-utils', programs: ['pactl', 'parec', 'pacat'] } as const;
/** Of ALSA. */
export const alsaPrograms = { name: 'alsa-utils', programs: ['arecord', 'aplay'] } as const;

function soundPrograms(config: EarshotConfig | undefined): readonly WantedPrograms[] {
  const { devices = {} } = config ?? {};
  if (devices.kind === 'wav-file' || devices.backend === 'audify') return [];
  const { api = 'auto' } = devices;
  return [pulsePrograms, alsaPrograms].map((one) => {
    const own = one === pulsePrograms ? 'pulse' : 'alsa';
    const why = own === 'pulse' ? 'devices by PulseAudio or PipeWire' : 'devices by ALSA';
    // With `auto` one of the two is enough, and opening the devices tells whether it is there.
    const when = api === own ? 'config' : 'never';
    return { ...one, why, when, cure: fromApt(one.name) };
  });
}

function voicePrograms(config: EarshotConfig | undefined, cure: string): readonly WantedPrograms[] {
  const rungs = config?.voice?.ladder.filter((rung) => rung.engine === 'espeak-ng') ?? [];
  const commands = rungs.map((rung) => rung.command ?? 'espeak-ng');
  const why = 'the voice espeak-ng';
  const when = needOfVoice(config, rungs);
  const names = new Set(commands.length === 0 ? ['espeak-ng'] : commands);
  return [...names].map((name) => ({
    name,
    programs: [name],
    why,
    when,
    cure: name === 'espeak-ng' ? cure : 'correct the command of that voice, or install the program',
  }));
}

function gpioPrograms(config: EarshotConfig | undefined): readonly WantedPrograms[] {
  const { floor, mute, lights } = config ?? {};
  const hasButton =
    (floor?.kind === 'push-to-talk' && floor.button.kind === 'gpio') || mute?.button.kind === 'gpio';
  const hasLight = lights?.show.some(({ kind }) => kind === 'gpio') ?? false;
  const when = hasButton || hasLight ? 'config' : 'never';
  const why = 'buttons and lights on GPIO lines';
  return [
    { name: 'gpiod', programs: ['gpiomon', 'gpioget', 'gpioset'], why, when, cure: fromApt('gpiod') },
    { name: 'util-linux', programs: ['setpriv'], why, when, cure: fromApt('util-linux') },
  ];
}

const systemdPrograms: WantedPrograms = {
  name: 'systemd',
  programs: ['systemd-notify'],
  why: 'the watchdog of a service',
  when: 'choice',
  cure: fromApt('systemd'),
};

/** What hooks and lights run is the user's own. */
function userPrograms(config: EarshotConfig | undefined): readonly WantedPrograms[] {
  const hooks = (config?.hooks?.run ?? []).map(({ on, command: [program = ''] }) => ({
    program,
    why: `the hook on ${on}`,
  }));
  const lights = (config?.lights?.show ?? []).flatMap((light) =>
    light.kind === 'command' ? [{ program: light.command[0] ?? '', why: 'a light' }] : [],
  );
  return [...hooks, ...lights].map(({ program, why }) => ({
    name: program,
    programs: [program],
    why,
    when: 'config',
    cure: 'install it, let this account run it, or correct the command in the config',
  }));
}
