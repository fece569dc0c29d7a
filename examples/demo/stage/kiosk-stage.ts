import { join } from 'node:path';
import { audioFrame, DeviceError } from 'earshot';
import { openDevices } from 'earshot/devices';
import { AsyncSubject, defer, from, map, type SchedulerLike, tap } from 'rxjs';
import { kioskProblem } from '../../../test/virtual-kiosk/problem.js';
import type { Recording } from '../../../test/virtual-kiosk/recorder.js';
import { createVirtualKiosk } from '../../../test/virtual-kiosk/virtual-kiosk.js';
import type { KioskPlace } from '../demo-options.js';
import { format } from '../format.js';
import { recordedMicrophone } from './device-stage.js';
import type { Stage } from './stage.js';
import { createTape } from './tape.js';

/**
 * How much of the loudspeaker the microphone hears unless told otherwise: as with a closed headset. Speech that is
 * played at -20 dB full scale comes back at -80, which is below the noise of any room and no speech to the detector. Units: dB.
 */
const headsetDb = -60;

/** What the kiosk records is gone through in frames. Units: sample frames. */
const recordedFrame = 480;

export interface KioskStageInput {
  readonly scheduler: SchedulerLike;
  readonly place: KioskPlace;
  readonly out: string;
  /** How much less of the loudspeaker the microphone hears, or null: as with a headset. Units: dB. */
  readonly echoDb: number | null;
}

/**
 * A sound server of its own with a loudspeaker, a room, a microphone, and somebody in the room who says what the dialogue says. The
 * devices are reached as those of any machine.
 *
 * It leaves `loudspeaker.wav` as the kiosk recorded it, so what was truly audible; `microphone.wav` as the devices captured and stamped
 * it; `room.wav`, what the kiosk itself recorded at the microphone; and with an echo `person.wav`, what was said alone.
 *
 * @throws DeviceError `DEVICE_BACKEND` where there can be none.
 */
export async function kioskStage({ scheduler, place, out, echoDb }: KioskStageInput): Promise<Stage> {
  requireKiosk(place);
  const { server, backend } = place;
  const kiosk = await createVirtualKiosk({ server, echoDb: echoDb ?? headsetDb });
  try {
    const { env } = kiosk;
    const devices = openDevices({ scheduler, capture: { format }, playout: { format }, backend, env });
    const recorders = await Promise.all([kiosk.recordLoudspeaker(), kiosk.recordMicrophone()]);
    // The kiosk tells times of `performance.now()`.
    const aheadMs = performance.now() - scheduler.now();
    const originMs = scheduler.now();
    const tapeOf = (name: string) => createTape(join(out, name), format, originMs);
    const heard = tapeOf('microphone.wav');
    const person = echoDb === null ? undefined : tapeOf('person.wav');
    const hungUp$ = new AsyncSubject<true>();
    return {
      microphone: recordedMicrophone(devices.microphone, heard, hungUp$),
      loudspeaker: devices.loudspeaker,
      originMs,
      notices: [
        `A virtual kiosk on ${server}: the dialogue is spoken into its room, and its microphone hears ${-(echoDb ?? headsetDb)} dB less of the loudspeaker${echoDb === null ? ', as with a headset' : ''}.`,
      ],
      say: (samples) =>
        defer(() => from(kiosk.say({ samples, rateHz: format.sampleRateHz }))).pipe(
          map(({ beganMs, endsMs }) => ({ startMs: beganMs - aheadMs, endMs: endsMs - aheadMs })),
          tap(({ startMs }) => person?.add(audioFrame(format, samples, startMs))),
        ),
      hangUp() {
        hungUp$.next(true);
        hungUp$.complete();
      },
      async finish() {
        const untilMs = scheduler.now();
        heard.finish(untilMs);
        person?.finish(untilMs);
        const [audible, room] = await Promise.all(recorders.map((recorder) => recorder.stop()));
        for (const [name, recording] of [
          ['loudspeaker.wav', audible],
          ['room.wav', room],
        ] as const) {
          const tape = tapeOf(name);
          if (recording) for (const frame of framesOf(recording, aheadMs)) tape.add(frame);
          tape.finish(untilMs);
        }
      },
      async close() {
        heard.close();
        person?.close();
        await kiosk.teardown();
      },
    };
  } catch (error) {
    await kiosk.teardown();
    throw error;
  }
}

/** @throws DeviceError `DEVICE_BACKEND`, in one sentence that names what to install. */
export function requireKiosk({ server }: KioskPlace): void {
  const problem = kioskProblem(server);
  if (problem !== null) throw new DeviceError('DEVICE_BACKEND', problem);
}

/** The first channel of a recording, stamped on the clock of the pipeline. */
function* framesOf(recording: Recording, aheadMs: number) {
  const { samples, channels } = recording;
  const count = samples.length / channels;
  for (let at = 0; at < count; at += recordedFrame) {
    const length = Math.min(recordedFrame, count - at);
    const mono = Float32Array.from({ length }, (_, i) => samples[(at + i) * channels] as number);
    yield audioFrame(format, mono, recording.msAt(at) - aheadMs);
  }
}
