import { join } from 'node:path';
import { createTimeBase } from 'earshot';
import { wavFileLoudspeaker, wavFileMicrophone } from 'earshot/devices/wav-file';
import { defer, of, type SchedulerLike } from 'rxjs';
import { format } from '../format.js';
import type { Stage } from './stage.js';

/** Noise of a quiet room; digital silence exists nowhere. Units: dB below full scale. */
const roomNoiseDb = -70;

export interface FileStageInput {
  readonly scheduler: SchedulerLike;
  /** A recording to play, or null: then only what is said is heard. */
  readonly recording: string | null;
  /** Folder of what is left behind. */
  readonly out: string;
}

/** A microphone that plays files and a loudspeaker that writes one, in real or virtual time. Its time begins with this call. */
export function fileStage({ scheduler, recording, out }: FileStageInput): Stage {
  const timeBase = createTimeBase(scheduler);
  const microphone = wavFileMicrophone({
    timeBase,
    format,
    path: recording,
    noiseDb: roomNoiseDb,
    recordTo: join(out, 'microphone.wav'),
  });
  return {
    microphone,
    loudspeaker: wavFileLoudspeaker({ timeBase, format, path: join(out, 'loudspeaker.wav') }),
    originMs: timeBase.originMs,
    notices: [],
    say: (samples) => defer(() => of(microphone.say(samples))),
    hangUp: () => microphone.hangUp(),
    // Both write while they run, and are complete when they are closed.
    finish: () => Promise.resolve(),
    close: () => Promise.resolve(),
  };
}
