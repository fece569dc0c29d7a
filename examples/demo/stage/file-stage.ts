import { join } from 'node:path';
import { createTimeBase } from 'earshot';
import { wavFileLoudspeaker, wavFileMicrophone } from 'earshot/devices/wav-file';
import { AsyncSubject, defer, of, type SchedulerLike } from 'rxjs';
import { format } from '../format.js';
import { recordedMicrophone } from './device-stage.js';
import { withEchoPath } from './echo-path.js';
import type { Stage } from './stage.js';
import { createTape } from './tape.js';

/** Noise of a quiet room; digital silence exists nowhere. Units: dB below full scale. */
const roomNoiseDb = -70;

export interface FileStageInput {
  readonly scheduler: SchedulerLike;
  /** A recording to play, or null: then only what is said is heard. */
  readonly recording: string | null;
  /** Folder of what is left behind. */
  readonly out: string;
  /** How much less of the loudspeaker the microphone hears, or null: nothing of it, as with a headset. Units: dB. */
  readonly echoDb: number | null;
}

/** A microphone that plays files and a loudspeaker that writes one, in real or virtual time. Its time begins with this call. */
export function fileStage({ scheduler, recording, out, echoDb }: FileStageInput): Stage {
  const timeBase = createTimeBase(scheduler);
  const microphone = wavFileMicrophone({
    timeBase,
    format,
    path: recording,
    noiseDb: roomNoiseDb,
    recordTo: join(out, echoDb === null ? 'microphone.wav' : 'person.wav'),
  });
  const loudspeaker = wavFileLoudspeaker({ timeBase, format, path: join(out, 'loudspeaker.wav') });
  const stage: Stage = {
    microphone,
    loudspeaker,
    originMs: timeBase.originMs,
    notices: [],
    say: (samples) => defer(() => of(microphone.say(samples))),
    hangUp: () => microphone.hangUp(),
    // Both write while they run, and are complete when they are closed.
    finish: () => Promise.resolve(),
    close: () => Promise.resolve(),
  };
  if (echoDb === null) return stage;
  const heard = createTape(join(out, 'microphone.wav'), format, stage.originMs);
  const open = withEchoPath(stage, echoDb);
  return {
    ...stage,
    ...open,
    microphone: recordedMicrophone(open.microphone, heard, new AsyncSubject()),
    async finish() {
      heard.finish(scheduler.now());
    },
    async close() {
      heard.close();
    },
  };
}
