import { setTimeout as sleep } from 'node:timers/promises';
import type { DeviceEntry, Pactl, StreamEntry } from './pactl.js';
import { rigClients } from './room.js';

/** A server that is busy may forget what it was told; so it is told again. Units: ms. */
const repeatMs = 500;
const moveTimeoutMs = 10_000;

/** Streams of applications, which is not what the rig itself plays and records. */
export async function applicationStreams(
  pactl: Pactl,
  direction: 'playout' | 'capture',
): Promise<readonly StreamEntry[]> {
  const streams = await pactl.list<StreamEntry>(direction === 'playout' ? 'sink-inputs' : 'source-outputs');
  const rig: readonly string[] = Object.values(rigClients);
  return streams.filter(({ properties }) => {
    const name = properties['application.name'];
    return name !== undefined && !rig.includes(name);
  });
}

/** Moves the streams of applications to a device. Returns how many there were, once they are there. */
export async function moveStreams(
  pactl: Pactl,
  direction: 'playout' | 'capture',
  to: string,
): Promise<number> {
  const streams = await applicationStreams(pactl, direction);
  const command = direction === 'playout' ? 'move-sink-input' : 'move-source-output';
  const untilMs = performance.now() + moveTimeoutMs;
  for (const { index } of streams) {
    let toldMs = -Infinity;
    while (!(await isOn(pactl, direction, index, to))) {
      if (performance.now() > untilMs) throw new Error(`the stream ${index} does not move to ${to}`);
      if (performance.now() - toldMs > repeatMs) {
        toldMs = performance.now();
        await pactl(command, String(index), to);
      }
      await sleep(10);
    }
  }
  return streams.length;
}

/** Whether a stream is on a device, or has ended. */
async function isOn(
  pactl: Pactl,
  direction: 'playout' | 'capture',
  stream: number,
  name: string,
): Promise<boolean> {
  const device = (await pactl.list<DeviceEntry>(direction === 'playout' ? 'sinks' : 'sources')).find(
    (entry) => entry.name === name,
  );
  const entry = (await applicationStreams(pactl, direction)).find(({ index }) => index === stream);
  return entry === undefined || (entry.sink ?? entry.source) === device?.index;
}

/** What a device does (`RUNNING`, `IDLE`, `SUSPENDED`); undefined when it is not there. */
export async function deviceState(pactl: Pactl, name: string): Promise<string | undefined> {
  const [sinks, sources] = await Promise.all([
    pactl.list<DeviceEntry>('sinks'),
    pactl.list<DeviceEntry>('sources'),
  ]);
  return [...sinks, ...sources].find((device) => device.name === name)?.state;
}
