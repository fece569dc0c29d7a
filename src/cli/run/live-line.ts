import type { KpiEvent, PipelineEvent } from '../../index.js';

/** What the last line of a terminal shows of a loop. */
export interface LiveState {
  /** Peak of the microphone. Units: dB relative to full scale. */
  readonly microphoneDb: number;
  readonly loudspeakerDb: number;
  readonly isSpeech: boolean;
  readonly isMuted: boolean;
  /** Of the conversation, as `listening`. */
  readonly state: string;
  /** Devices that are not there. */
  readonly lost: readonly string[];
  readonly isUnreachable: boolean;
  /** How long the last answer was waited for, and the last barge-in took. Units: ms. */
  readonly answerMs: number | null;
  readonly silenceMs: number | null;
}

export const liveStart: LiveState = {
  microphoneDb: -120,
  loudspeakerDb: -120,
  isSpeech: false,
  isMuted: false,
  state: 'idle',
  lost: ['microphone', 'loudspeaker'],
  isUnreachable: false,
  answerMs: null,
  silenceMs: null,
};

export function followLive(live: LiveState, event: PipelineEvent | KpiEvent): LiveState {
  switch (event.type) {
    case 'level':
      return event.device === 'microphone'
        ? { ...live, microphoneDb: event.peakDb }
        : { ...live, loudspeakerDb: event.peakDb };
    case 'speech-started':
      return { ...live, isSpeech: true };
    case 'speech-misfired':
    case 'speech-ended':
      return { ...live, isSpeech: false };
    case 'microphone-muted':
      return { ...live, isMuted: event.muted };
    case 'state-changed':
      return { ...live, state: event.state.name };
    case 'device-opened':
      return { ...live, lost: live.lost.filter((device) => device !== event.device) };
    case 'device-lost': {
      const others = live.lost.filter((device) => device !== event.device);
      const silent =
        event.device === 'microphone' ? { microphoneDb: -120, isSpeech: false } : { loudspeakerDb: -120 };
      return { ...live, ...silent, lost: [...others, event.device] };
    }
    case 'degraded-mode-entered':
      return { ...live, isUnreachable: true };
    case 'degraded-mode-left':
      return { ...live, isUnreachable: false };
    case 'latency-measured':
      if (event.of === 'reply-heard') return { ...live, answerMs: event.valueMs };
      if (event.of === 'onset-to-silence' || event.of === 'press-to-silence') {
        return { ...live, silenceMs: event.valueMs };
      }
      return live;
    default:
      return live;
  }
}

/** Quietest that a meter shows: the noise of an ordinary room. Units: dB relative to full scale. */
const floorDb = -60;
const meterCells = 12;

/** A level as a bar. */
function meter(db: number): string {
  const filled = Math.round(Math.min(1, Math.max(0, 1 - db / floorDb)) * meterCells);
  return `[${'#'.repeat(filled).padEnd(meterCells, '.')}]`;
}

const decibels = (db: number): string => (db <= -120 ? 'silent' : `${Math.round(db)} dB`).padStart(7);

/** The line: as wide as the terminal at most, so that it stays one. */
export function liveLine(live: LiveState, columns: number): string {
  const { lost, isMuted, isSpeech, isUnreachable, answerMs, silenceMs } = live;
  const microphone = lost.includes('microphone')
    ? 'no microphone'
    : `mic ${meter(live.microphoneDb)} ${decibels(live.microphoneDb)}`;
  const parts = [
    microphone,
    isMuted ? 'muted ' : isSpeech ? 'speech' : '      ',
    live.state.padEnd('awaiting-reply'.length),
    ...(lost.includes('loudspeaker') ? ['no loudspeaker'] : []),
    ...(isUnreachable ? ['service unreachable'] : []),
    ...(answerMs === null ? [] : [`answer ${Math.round(answerMs)} ms`]),
    ...(silenceMs === null ? [] : [`silent after ${Math.round(silenceMs)} ms`]),
  ];
  return parts
    .join('  ')
    .slice(0, Math.max(0, columns - 1))
    .trimEnd();
}
