import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { channelMap } from './modules.js';
import { rigClients } from './room.js';
import type { Warden } from './warden.js';

/**
 * Plays a tone into each channel of the array's room, for as long as the server runs.
 *
 * @param tonesHz - whole periods in a second, so that one second follows another without a seam.
 * @returns the ids of the programs that do it.
 */
export async function playTones(
  warden: Warden,
  env: Readonly<Record<string, string>>,
  rateHz: number,
  tonesHz: readonly number[],
): Promise<readonly number[]> {
  const second = join(warden.folder, 'tones.raw');
  const pipe = join(warden.folder, 'tones.pipe');
  const bytes = Buffer.alloc(4 * rateHz * tonesHz.length);
  for (let i = 0; i < rateHz; i += 1) {
    for (const [channel, toneHz] of tonesHz.entries()) {
      bytes.writeFloatLE(
        amplitude * Math.sin((2 * Math.PI * toneHz * i) / rateHz),
        4 * (i * tonesHz.length + channel),
      );
    }
  }
  writeFileSync(second, bytes);
  // Nobody in this process has to be on time for it: one program repeats the second, one plays it.
  const writer = await warden.run(
    '/bin/sh',
    ['-c', '[ -p "$2" ] || mkfifo "$2"; exec >"$2"; while cat "$1"; do :; done', 'sh', second, pipe],
    {},
    'tones.log',
  );
  const player = await warden.run(
    '/bin/sh',
    [
      '-c',
      'until [ -p "$1" ]; do sleep 0.01; done; pipe=$1; shift; exec pacat "$@" <"$pipe"',
      'sh',
      pipe,
      ...['-d', 'array_room', '--raw', '--format=float32le', `--rate=${rateHz}`],
      ...[`--channels=${tonesHz.length}`, `--channel-map=${channelMap(tonesHz.length)}`, '--no-remix'],
      ...['--latency-msec=200', `--client-name=${rigClients.array}`],
    ],
    env,
    'tones.log',
  );
  return [writer, player];
}

/** -12 dB. */
const amplitude = 0.25;
