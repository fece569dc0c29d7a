import type { Level } from '../index.js';
import { isVoiceError } from '../index.js';
import { isDigitalSilence, silenceCure } from './digital-silence.js';
import { printable } from './printable.js';
import type { DeviceRole, TrialEvent } from './try-devices.js';

/** What is known of a trial so far. Levels are in dB below full scale. */
export interface Trial {
  readonly opened: readonly DeviceRole[];
  readonly failures: readonly { readonly device: DeviceRole; readonly problem: string }[];
  readonly tone: 'none' | 'playing' | 'heard';
  /** Levels before the tone, and while it was heard. */
  readonly quiet: readonly number[];
  readonly loud: readonly number[];
  readonly peakDb: number;
}

export const beginTrial: Trial = {
  opened: [],
  failures: [],
  tone: 'none',
  quiet: [],
  loud: [],
  peakDb: -120,
};

/** A microphone that hears the tone gets louder by so much at least. Units: dB. */
const heardDb = 6;

export function stepTrial(trial: Trial, event: TrialEvent): Trial {
  switch (event.type) {
    case 'opened':
      return { ...trial, opened: [...trial.opened, event.device] };
    case 'failed':
      return {
        ...trial,
        failures: [...trial.failures, { device: event.device, problem: sentence(event.error) }],
      };
    case 'tone-begins':
      return { ...trial, tone: 'playing' };
    case 'tone-heard':
      return { ...trial, tone: 'heard' };
    case 'level': {
      const { rmsDb, peakDb } = event.level;
      const peak = Math.max(trial.peakDb, peakDb);
      if (trial.tone === 'none') return { ...trial, peakDb: peak, quiet: [...trial.quiet, rmsDb] };
      return { ...trial, peakDb: peak, loud: [...trial.loud, rmsDb] };
    }
  }
}

/** What is said of an event as it happens. */
export function trialWords(event: TrialEvent): readonly string[] {
  switch (event.type) {
    case 'opened': {
      const { sampleRateHz, channels } = event.format;
      return [
        `${event.device}: open, ${sampleRateHz} Hz, ${channels} ${channels === 1 ? 'channel' : 'channels'}`,
      ];
    }
    case 'failed':
      return [`${event.device}: ${sentence(event.error)}`];
    case 'tone-begins':
      return ['two beeps now'];
    default:
      return [];
  }
}

/** One line of a meter: 0 dB is at the right end, -60 dB at the left. */
export function meter({ rmsDb, peakDb }: Level, quiet: readonly number[]): string {
  const width = 40;
  const at = (db: number) => Math.max(0, Math.min(width, Math.round(((db + 60) / 60) * width)));
  const bar = '#'.repeat(at(rmsDb)).padEnd(width, '.');
  const peak = Math.min(width - 1, at(peakDb));
  const drawn = `${bar.slice(0, peak)}|${bar.slice(peak + 1)}`;
  const room = quiet.length > 0 ? `, room ${Math.round(median(quiet))} dB` : '';
  return `  [${drawn}] ${Math.round(rmsDb)} dB${room}`;
}

/** What a test came to. */
export interface TrialReport {
  readonly ok: boolean;
  readonly verdict: string;
  readonly capture: string;
  readonly playout: string;
  readonly failures: Trial['failures'];
  /** Whether all of the tone left the loudspeaker. */
  readonly tonePlayed: boolean;
  /** Whether the microphone got louder by it. Null where that cannot be said. */
  readonly toneHeard: boolean | null;
  /** Medians, of the room and of the loudest moments after the tone began. Units: dB; null when nothing was captured. */
  readonly roomDb: number | null;
  readonly toneDb: number | null;
  readonly peakDb: number | null;
}

/** @param names - the device that was to be tried, and the two that took part. */
export function trialReport(
  trial: Trial,
  { name, capture, playout }: { readonly name: string; readonly capture: string; readonly playout: string },
): TrialReport {
  const { quiet, loud, failures, tone, opened } = trial;
  const roomDb = quiet.length > 0 ? median(quiet) : null;
  const toneDb = loud.length > 0 ? Math.max(...loud) : null;
  const toneHeard = roomDb === null || toneDb === null ? null : toneDb - roomDb >= heardDb;
  const tonePlayed = tone === 'heard';
  const loudspeakerWorks = playout !== name || tonePlayed;
  const isSilent = quiet.length + loud.length > 0 && isDigitalSilence(trial.peakDb);
  const microphoneWorks = capture !== name || (opened.includes('microphone') && !isSilent);
  const ok =
    loudspeakerWorks &&
    microphoneWorks &&
    failures.every(({ device }) => (device === 'microphone' ? capture : playout) !== name);
  const parts = [
    tonePlayed ? 'the loudspeaker played the tone' : 'the loudspeaker played no tone',
    roomDb === null
      ? 'the microphone delivered nothing'
      : isSilent
        ? `the microphone gives digital silence (${silenceCure})`
        : `the microphone hears the room at ${Math.round(roomDb)} dB`,
    ...(toneHeard === null || toneDb === null || isSilent
      ? []
      : [toneHeard ? `and the tone at ${Math.round(toneDb)} dB` : 'and not the tone']),
    ...(trial.peakDb > -1 ? ['it clips: turn its gain down'] : []),
  ];
  return {
    ok,
    verdict: `${ok ? 'works' : 'does not work'}: ${parts.join(', ')}`,
    capture,
    playout,
    failures,
    tonePlayed,
    toneHeard,
    roomDb,
    toneDb,
    peakDb: quiet.length + loud.length > 0 ? trial.peakDb : null,
  };
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}

function sentence(error: unknown): string {
  return printable(isVoiceError(error) || error instanceof Error ? error.message : String(error));
}
