import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Pactl } from './pactl.js';
import type { KioskServer } from './problem.js';
import { runInRealTime } from './real-time.js';
import { quantum } from './room.js';
import type { Warden } from './warden.js';

/** A private sound server, empty when it starts. */
export interface SoundServer {
  /** What reaches it, for whoever plays or records. */
  readonly env: Readonly<Record<string, string>>;
  /** Start it and wait until it answers. */
  start(pactl: Pactl): Promise<void>;
  /** SIGKILL. Resolves when it is gone; what it was told last is done by then. */
  kill(): Promise<void>;
  /** Stop it where it is, or let it go on. */
  freeze(isFrozen: boolean): void;
}

/** Waits for a server at most this long. Units: ms. PipeWire takes 800 on an idle 2-core machine. */
const startTimeoutMs = 20_000;

/** @param warden - runs it, and gives it its folder. */
export function createSoundServer(kind: KioskServer, rateHz: number, warden: Warden): SoundServer {
  const { folder } = warden;
  const home = join(folder, 'home');
  const runtime = join(folder, 'runtime');
  const socket = join(runtime, 'pulse', 'native');
  mkdirSync(join(runtime, 'pulse'), { recursive: true, mode: 0o700 });
  mkdirSync(home, { mode: 0o700 });
  writeFileSync(join(home, '.asoundrc'), asoundrc);
  const env = {
    HOME: home,
    XDG_CONFIG_HOME: join(home, '.config'),
    XDG_STATE_HOME: join(home, '.state'),
    XDG_RUNTIME_DIR: runtime,
    PULSE_RUNTIME_PATH: join(runtime, 'pulse'),
    PULSE_SERVER: `unix:${socket}`,
  };
  const launch =
    kind === 'pulseaudio'
      ? pulseAudioPrograms(socket, rateHz, env.XDG_CONFIG_HOME)
      : pipeWirePrograms(runtime, rateHz, env);
  let pids: number[] = [];

  return {
    env,
    async start(pactl) {
      rmSync(socket, { force: true });
      for (const { program, args, extraEnv, makes } of launch) {
        // What a server left that was killed would pass for the new one's.
        if (makes) rmSync(makes, { force: true });
        pids.push(await warden.run(program, args, { ...env, ...extraEnv }, `${program}.log`));
        if (makes) await exists(makes);
      }
      await pactl.insist(startTimeoutMs, 'info');
      // Not before: PulseAudio begins by giving up what precedence it was started with.
      for (const pid of pids) runInRealTime(pid, 'server');
    },
    async kill() {
      const doomed = pids;
      pids = [];
      await Promise.all(doomed.map((pid) => warden.kill(pid)));
    },
    freeze(isFrozen) {
      for (const pid of pids) process.kill(pid, isFrozen ? 'SIGSTOP' : 'SIGCONT');
    },
  };
}

async function exists(path: string): Promise<void> {
  const untilMs = performance.now() + startTimeoutMs;
  while (!existsSync(path)) {
    if (performance.now() > untilMs) throw new Error(`${path} has not appeared in ${startTimeoutMs} ms`);
    await sleep(5);
  }
}

interface Program {
  readonly program: string;
  readonly args: readonly string[];
  readonly extraEnv: Readonly<Record<string, string>>;
  /** The socket that the next program needs. */
  readonly makes?: string;
}

function pulseAudioPrograms(socket: string, rateHz: number, configFolder: string): readonly Program[] {
  mkdirSync(join(configFolder, 'pulse'), { recursive: true });
  writeFileSync(join(configFolder, 'pulse', 'daemon.conf'), oneRate(rateHz));
  const args = [
    '-n',
    '--daemonize=no',
    '--use-pid-file=no',
    '--exit-idle-time=-1',
    '--realtime=no',
    '--high-priority=no',
    '--disable-shm=yes',
    '--log-target=stderr',
    '--log-level=2',
    '-L',
    `module-native-protocol-unix auth-anonymous=1 socket=${socket}`,
  ];
  return [{ program: 'pulseaudio', args, extraEnv: {} }];
}

function pipeWirePrograms(
  runtime: string,
  rateHz: number,
  env: { readonly XDG_CONFIG_HOME: string },
): readonly Program[] {
  const bus = join(runtime, 'bus');
  const address = `unix:path=${bus}`;
  // WirePlumber takes every sound card of the machine unless told otherwise, and gives a stream the volume that one of its name had;
  // until 0.4 it is told in Lua, since 0.5 in its configuration.
  const wireplumber = join(env.XDG_CONFIG_HOME, 'wireplumber');
  mkdirSync(join(wireplumber, 'main.lua.d'), { recursive: true });
  mkdirSync(join(wireplumber, 'bluetooth.lua.d'), { recursive: true });
  mkdirSync(join(wireplumber, 'wireplumber.conf.d'), { recursive: true });
  writeFileSync(join(wireplumber, 'main.lua.d', '60-kiosk.lua'), sessionInLua);
  writeFileSync(join(wireplumber, 'bluetooth.lua.d', '60-kiosk.lua'), 'bluez_monitor.enabled = false\n');
  writeFileSync(join(wireplumber, 'wireplumber.conf.d', '60-kiosk.conf'), sessionSettings);
  const pipewire = join(env.XDG_CONFIG_HOME, 'pipewire', 'pipewire.conf.d');
  mkdirSync(pipewire, { recursive: true });
  writeFileSync(join(pipewire, '60-kiosk.conf'), fixedPeriod(rateHz));
  const extraEnv = { DBUS_SESSION_BUS_ADDRESS: address, DBUS_SYSTEM_BUS_ADDRESS: address };
  return [
    {
      program: 'dbus-daemon',
      args: ['--session', '--nofork', '--nopidfile', `--address=${address}`],
      extraEnv,
      makes: bus,
    },
    { program: 'pipewire', args: [], extraEnv, makes: join(runtime, 'pipewire-0') },
    { program: 'wireplumber', args: [], extraEnv },
    { program: 'pipewire-pulse', args: [], extraEnv },
  ];
}

/** Two rates that are the same: PulseAudio then takes no other one for an idle device. */
const oneRate = (rateHz: number): string => `default-sample-rate = ${rateHz}
alternate-sample-rate = ${rateHz}
`;

const fixedPeriod = (rateHz: number): string => `context.properties = {
  default.clock.rate = ${rateHz}
  default.clock.allowed-rates = [ ${rateHz} ]
  default.clock.quantum = ${quantum(rateHz)}
  default.clock.min-quantum = ${quantum(rateHz)}
  default.clock.max-quantum = ${quantum(rateHz)}
}
`;

const sessionInLua = `alsa_monitor.enabled = false
v4l2_monitor.enabled = false
libcamera_monitor.enabled = false
stream_defaults.properties["restore-props"] = false
stream_defaults.properties["restore-target"] = false
`;

const sessionSettings = `wireplumber.profiles = {
  main = {
    monitor.alsa = disabled
    monitor.alsa-midi = disabled
    monitor.bluez = disabled
    monitor.bluez-midi = disabled
    monitor.v4l2 = disabled
    monitor.libcamera = disabled
  }
}
wireplumber.settings = {
  node.stream.restore-props = false
  node.stream.restore-target = false
}
`;

/** The names under which ALSA programs reach the server. */
const asoundrc = `pcm.!default { type pulse }
ctl.!default { type pulse }
pcm.kiosk_speaker { type pulse device "speaker" hint { show on description "Kiosk loudspeaker" } }
pcm.kiosk_mic { type pulse device "mic" hint { show on description "Kiosk microphone" } }
ctl.kiosk_speaker { type pulse }
ctl.kiosk_mic { type pulse }
`;
