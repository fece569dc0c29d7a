import type { WrittenConfig } from './written-config.js';

/** The groups of a config for microphone and loudspeaker. */
export interface SoundAnswers {
  readonly groups: WrittenConfig;
  /** Whether recordings stand in for them. */
  readonly isRecorded: boolean;
  /** Whether a sound server reaches them that runs for a user, as PulseAudio and PipeWire do. */
  readonly ofUser: boolean;
}
